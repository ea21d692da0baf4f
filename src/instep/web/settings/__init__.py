"""The area of settings: the firm, its lists and number formats, its people, the audit log."""
