"""Migrations, named by effect."""
