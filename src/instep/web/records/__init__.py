"""What the pages of organisations, contacts, jobs and staff share: sync marks, history, lists, views, forms."""
