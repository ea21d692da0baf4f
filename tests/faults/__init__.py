"""What remotes, networks, databases and machines do, and what must then hold (docs/reference/faults.md)."""
