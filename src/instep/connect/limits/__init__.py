"""What holds the engine back: one writer per connection, and what the remote allows."""
