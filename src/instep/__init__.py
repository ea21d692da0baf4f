"""Instep: practice management kept in step with the other systems a firm uses."""
