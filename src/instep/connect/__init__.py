"""Floor 3: the sync engine. It knows no word of the trade and no remote's name."""
