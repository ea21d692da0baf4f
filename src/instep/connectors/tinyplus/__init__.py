"""tiny+: its records, its wire, its sign-in. Written from docs/reference/remotes/tinyplus.md alone."""
