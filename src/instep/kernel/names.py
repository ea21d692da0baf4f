"""People's names: joining the two parts into one text, and finding them again (A-22).

No rule can split every name, so the parts that are already known decide wherever they can. Joining what was split
gives the text back (up to white space), except for "Last, First", whose order is the comma's doing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_PARTICLES = frozenset(
    {"van", "von", "der", "den", "de", "del", "della", "di", "da", "dos", "das", "du", "la", "le"}
    | {"ter", "ten", "zu", "zur", "zum", "af", "av", "st", "st."}
)
_PARTICLES_LOWER = frozenset({"al", "el", "bin", "ibn", "ben", "bint", "'t", "van't"})
"""These are first names too, so only the lower-case spelling counts."""
_SUFFIXES = frozenset({"jr", "jr.", "jnr", "sr", "sr.", "snr", "ii", "iii", "iv", "esq", "esq.", "phd", "md"})


@dataclass(frozen=True, slots=True)
class PersonName:
    """First and last name; either may be empty text."""

    first: str = ""
    last: str = ""

    @classmethod
    def from_json(cls, value: Mapping[str, Any] | None) -> PersonName:
        """From the JSON value of a name field, None and missing parts being empty."""
        if not value:
            return cls()
        return cls(value.get("first") or "", value.get("last") or "")

    def as_json(self) -> dict[str, str] | None:
        """The JSON value of a name field: trimmed, None when both parts are empty."""
        first, last = " ".join(self.first.split()), " ".join(self.last.split())
        return {"first": first, "last": last} if first or last else None


def merge(name: PersonName, known: str | None = None) -> str:
    """One text, first name first, single spaces; empty text for an empty name.

    `known` is the text that this one would replace: it is kept where it already says the same name in another order
    ("O'Neil, Mary Jane").
    """
    text = " ".join(f"{name.first} {name.last}".split())
    if known and "," in known and split(known, name).as_json() == name.as_json():
        return " ".join(known.split())
    return text


def split(text: str | None, known: PersonName | None = None) -> PersonName:
    """The two parts of `text`. `known` is the name as it was before; the first rule that fits wins:

    1. The words of `known`, in its order or as "Last, First" (case and spaces aside): its parts, in the new spelling.
    2. The words of `known` with the parts changed over, no comma: the parts change over.
    3. The known last name still ends the text: the rest is the first name, particles before it joining the last name.
    4. The known first name still begins the text: the rest is the last name.
    5. "Last, First", unless what follows the comma looks like letters after a name.
    6. One word: a first name. Otherwise the last word is the last name, together with particles before it
       ("van der Berg") and suffixes ("O'Neil Jr").
    """
    words = text.split() if text else []
    if not words:
        return PersonName()
    if known:
        found = _by_known(words, known.first.split(), known.last.split())
        if found:
            return found
    return _by_comma(words) or _by_position(words)


def _join(first: Sequence[str], last: Sequence[str]) -> PersonName:
    return PersonName(" ".join(first), " ".join(last))


def _same(a: Sequence[str], b: Sequence[str]) -> bool:
    return len(a) == len(b) and all(x.casefold() == y.casefold() for x, y in zip(a, b, strict=True))


def _by_known(words: list[str], first: list[str], last: list[str]) -> PersonName | None:
    if not first and not last:
        return None
    return _unchanged(words, first, last) or _half_changed(words, first, last)


def _unchanged(words: list[str], first: list[str], last: list[str]) -> PersonName | None:
    if _same(words, first + last):
        return _join(words[: len(first)], words[len(first) :])
    if not first or not last:
        return None
    comma = _at_comma(words)
    if comma and _same(comma[0], last) and _same(comma[1], first):
        return _join(comma[1], comma[0])
    if _same(words, last + first):
        return _join(words[: len(last)], words[len(last) :])
    return None


def _half_changed(words: list[str], first: list[str], last: list[str]) -> PersonName | None:
    if last and _same(words[-len(last) :], last):
        cut = len(words) - len(last)
        if not (first and _is_particle(first[-1])):
            while cut > 1 and _is_particle(words[cut - 1]):
                cut -= 1
        return _join(words[:cut], words[cut:])
    if first and _same(words[: len(first)], first):
        return _join(words[: len(first)], words[len(first) :])
    return None


def _at_comma(words: list[str]) -> tuple[list[str], list[str]] | None:
    """The words on both sides of the only comma, or None."""
    left, comma, right = " ".join(words).partition(",")
    if not comma or "," in right or not left.strip() or not right.strip():
        return None
    return left.split(), right.split()


def _by_comma(words: list[str]) -> PersonName | None:
    sides = _at_comma(words)
    if sides is None:
        return None
    last, first = sides
    suffixes = all(w.casefold() in _SUFFIXES for w in first)
    # Letters after a name are capitals ("Mary O'Neil, FRAIA"), unless the whole text is.
    capitals = len(last) > 1 and " ".join(first).isupper() and not " ".join(last).isupper()
    return None if suffixes or capitals else _join(first, last)


def _by_position(words: list[str]) -> PersonName:
    end = len(words)
    while end > 2 and (words[end - 1].casefold() in _SUFFIXES or words[end - 2].endswith(",")):
        end -= 1
    cut = end - 1
    while cut > 1 and _is_particle(words[cut - 1]):
        cut -= 1
    return _join(words[:cut], words[cut:]) if cut else _join(words, [])


def _is_particle(word: str) -> bool:
    return word.casefold() in _PARTICLES or word in _PARTICLES_LOWER
