"""What arrives for the engine to look at: our own changes from the outbox, hints from remotes."""
