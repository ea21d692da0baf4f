"""The arithmetic of a document and the copies that it keeps: plain rules, no writes."""
