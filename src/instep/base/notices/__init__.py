"""Notices to persons: something was decided about what they did."""
