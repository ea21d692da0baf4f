"""Stories played with real processes."""
