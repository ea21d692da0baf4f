"""Floor 1: what every firm's records need."""
