"""The pages of contacts: the people at organisations."""
