"""What people do with connections: connect, test, preview, start, pause, decide."""
