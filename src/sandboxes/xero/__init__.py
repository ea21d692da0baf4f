"""A stand-in for Xero: its sign-in, its accounting API over HTTP, and pages to see and edit the books."""
