"""What can be done to firms, users and memberships; one file a theme."""
