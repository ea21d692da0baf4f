"""Setting up firms, users and memberships. No app: it stands on identity, audit, numbering and settings."""
