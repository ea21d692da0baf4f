"""Migrations of ownership."""
