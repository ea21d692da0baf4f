"""Names and keys of a firm's own lists."""

from __future__ import annotations

import re
from collections.abc import Collection

from instep.base.records.texts import one_text
from instep.base.records.words import folded
from instep.kernel.errors import BadValue
from instep.kernel.records.kinds import FieldType, RecordField

_NAME = RecordField("name", FieldType.TEXT, "Name", max_length=100, required=True)


def clean_name(name: str) -> str:
    """The name, trimmed; BadValue when it is empty or too long."""
    text = one_text(name, _NAME)
    if not text:
        raise BadValue(field="Name", problem="it cannot be empty")
    return text


def free_key(text: str, taken: Collection[str]) -> str:
    """A stored key from a name: lower case, digits and underscores, with a counter where it is taken."""
    stem = re.sub(r"[^a-z0-9]+", "_", folded(text)).strip("_")[:50] or "item"
    key, counter = stem, 2
    while key in taken:
        key, counter = f"{stem}_{counter}", counter + 1
    return key
