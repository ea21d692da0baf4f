"""Carrying out a plan's rows as they stand, or skipping them as stale; never computing them again (b.7, b.10)."""
