"""The week grid over HTTP."""
