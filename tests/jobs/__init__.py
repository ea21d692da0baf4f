"""Tests of instep.jobs."""
