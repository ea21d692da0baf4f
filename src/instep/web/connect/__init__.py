"""The area of connections: joining remotes, previews, runs, what waits for a person."""
