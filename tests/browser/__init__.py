"""The whole site under a hand, in Chromium."""
