"""Migrations of numbering."""
