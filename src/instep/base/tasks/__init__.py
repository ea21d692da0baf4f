"""The door to background work: a task is a row first, and a worker takes it from there."""
