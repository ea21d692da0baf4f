"""One process tree: children that are started, watched, restarted and ended together."""
