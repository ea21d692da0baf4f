"""Floor 4: each remote's side; none knows another."""
