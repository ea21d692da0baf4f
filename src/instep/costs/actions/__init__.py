"""Actions: the only code that writes."""
