"""Migrations of audit."""
