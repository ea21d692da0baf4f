"""A firm's settings and the words its pages use."""
