"""The shared record words: the kinds of record that travel, and their fields."""
