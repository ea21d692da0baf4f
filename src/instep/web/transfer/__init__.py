"""The transfer to an accounting package: its live preview, what exactly is sent, and letting it go."""
