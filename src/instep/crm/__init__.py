"""Organisations (leads, prospects, clients, suppliers) and the contacts at them."""
