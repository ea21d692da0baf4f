"""Migrations of settings."""
