"""A stand-in for the CRM tiny+, written from docs/reference/remotes/tinyplus.md."""
