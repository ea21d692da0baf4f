"""Developers' tools: what `run.py` calls, and the rules that hold the house."""
