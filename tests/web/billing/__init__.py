"""The pages of money over HTTP."""
