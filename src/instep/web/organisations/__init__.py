"""The pages of organisations: clients, prospects, leads, suppliers."""
