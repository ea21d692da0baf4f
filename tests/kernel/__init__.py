"""Tests of the ground floor: values and rules, no database."""
