"""Keeping the house in one file, and putting it back."""
