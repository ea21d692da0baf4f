"""Floor 5: pages."""
