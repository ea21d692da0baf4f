"""Client codes: their form, and one made from a name."""

from __future__ import annotations

import re
from collections.abc import Collection

from instep.kernel.canonical import canon_name
from instep.kernel.errors import BadValue

LONGEST = 20
_FORM = re.compile(r"[A-Z0-9][A-Z0-9._/-]{0,19}")
_SMALL_WORDS = frozenset({"and", "of", "the", "for", "in", "at", "de", "la"})


def tidy_code(code: str) -> str:
    """The code in capitals, "" when it is empty or no code can be so."""
    tidy = code.strip().upper()
    return tidy if _FORM.fullmatch(tidy) else ""


def clean_code(code: str) -> str:
    """The code in capitals, "" for none. Raises BadValue unless it is letters, digits and . _ / - (20 at most)."""
    tidy = tidy_code(code)
    if code.strip() and not tidy:
        raise BadValue(field="Client code", problem=f"use up to {LONGEST} letters, digits and . _ / -, as in ACME")
    return tidy


def suggested_code(name: str, taken: Collection[str]) -> str:
    """A free code from the name's initials (the first letters of a single word), with a counter where it is taken."""
    ascii_name = (canon_name(name) or "").encode("ascii", "ignore").decode()
    words = [word for word in re.findall(r"[a-z0-9]+", ascii_name) if word not in _SMALL_WORDS]
    letters = "".join(word[0] for word in words) if len(words) > 1 else "".join(words)[:4]
    stem = (letters or "C").upper()[:8]
    if stem not in taken:
        return stem
    counter = 2
    while f"{stem}{counter}" in taken:
        counter += 1
    return f"{stem}{counter}"
