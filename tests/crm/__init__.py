"""Tests of instep.crm."""
