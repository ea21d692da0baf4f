"""Floor 4: our side of each synced record."""
