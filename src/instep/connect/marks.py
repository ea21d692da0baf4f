"""The mark that we leave on every record that we create at a remote: by it the record is known as ours again."""

from __future__ import annotations

MARK = "instep:"
MOST_DIGITS = 18
"""No id is longer; a database refuses to look for one that is."""


def marker_for(connection_key: str, kind: str, local_id: int, generation: int) -> str:
    """The mark of one creation; it holds nothing secret."""
    return f"{MARK}{connection_key}:{kind}:{local_id}:{generation}"


def read_marker(marker: str) -> tuple[str, str, int] | None:
    """(connection key, kind, our id) of a mark of ours; None for anything else."""
    parts = marker.split(":")
    if len(parts) != 5 or f"{parts[0]}:" != MARK or not parts[3].isascii() or not parts[3].isdecimal():
        return None
    if len(parts[3]) > MOST_DIGITS:
        return None  # anybody may type into the remote's field
    return parts[1], parts[2], int(parts[3])
