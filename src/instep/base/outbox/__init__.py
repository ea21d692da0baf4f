"""What changed since the engine last looked: one row a record, written in the action's own transaction."""
