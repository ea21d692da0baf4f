"""The action-level log: who did what to which record, and what changed."""
