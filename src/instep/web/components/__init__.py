"""The kit of parts: formats, lists, inline fields, diffs, pictures."""
