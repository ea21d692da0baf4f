"""Time, rates and the ledger of costs."""
