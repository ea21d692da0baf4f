"""What remotes call: no page, no sign-in, an answer at once."""
