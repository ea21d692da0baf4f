"""Tests of the connectors, each over the real wire against its sandbox."""
