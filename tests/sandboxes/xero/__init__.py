"""The stand-in for Xero, over its real wire."""
