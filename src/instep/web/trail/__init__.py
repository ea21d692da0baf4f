"""The audit log as people read it: who did what to which record, with names instead of keys. Knows no area."""
