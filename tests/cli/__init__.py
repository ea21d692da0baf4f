"""Tests of the commands, the supervisor, the worker and the demo."""
