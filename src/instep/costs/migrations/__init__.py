"""Migrations of the costs app."""
