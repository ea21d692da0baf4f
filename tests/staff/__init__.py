"""Tests of instep.staff."""
