"""Stand-ins for the remote systems, over the real wire; standard library only, and never a line of `instep`."""
