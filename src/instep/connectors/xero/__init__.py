"""Xero: its records, its wire, its sign-in. Written from docs/reference/remotes/xero.md alone."""
