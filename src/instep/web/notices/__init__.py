"""Notices: what a person is told."""
