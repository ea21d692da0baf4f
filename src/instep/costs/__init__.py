"""One ledger of costs: time now, with room for material, purchases and expenses; and the rates that price it."""
