"""Tests of the shell and the kit of parts."""
