"""Who acts, for which firm, and what they may do."""
