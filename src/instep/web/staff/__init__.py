"""The pages of staff resources: people and pools whose time is planned and recorded."""
