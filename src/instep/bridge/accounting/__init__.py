"""The accounting half of the bridge: issued documents, the payments that come back, and what both need beside them."""
