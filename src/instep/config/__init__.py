"""The roof: settings, addresses, the list of connectors; nothing imports it."""
