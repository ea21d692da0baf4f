"""The first page: what is out of step, and what waits for me."""
