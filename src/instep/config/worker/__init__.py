"""The worker: runs background tasks and the cycles of connections, on SQLite and PostgreSQL alike."""
