"""What every sandbox is made of: server, clock, faults, call counts, journal, control door. It knows no remote."""
