"""What all sandboxes share: the server, the faults, the control door."""
