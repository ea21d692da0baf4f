"""Staff resources: the people and pools whose time is planned and recorded."""
