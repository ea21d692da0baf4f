"""Numbers without gaps: prefix, counter, suffix (T-03)."""
