"""The stand-ins for remote systems, tried over real HTTP."""
