"""Repeatable imports: which row of which source became which record, so that a second run changes nothing."""
