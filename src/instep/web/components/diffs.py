"""Diffs: what a field was and will be, with the words that differ marked, and the totals of a plan."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Any

from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from instep.web.components.marks import NONE
from instep.web.shell.tones import Tone

# Longer texts are shown whole: comparing them word by word takes longer than it helps.
_LONGEST_COMPARED = 4000
# A number with its marks is one word: half an amount means nothing.
_WORDS = re.compile(r"\s+|\d[\d.,]*\d|\w+|[^\w\s]")


class Verdict(StrEnum):
    """What becomes of a field or record."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    SKIPPED = "skipped"
    ASK = "ask"
    GONE = "gone"
    """Taken off the lists, or out of the sync."""
    FAILED = "failed"


_LOOKS: dict[Verdict, tuple[Tone, str, Any]] = {
    Verdict.NEW: (Tone.OK, "+", _("new")),
    Verdict.CHANGED: (Tone.CHANGED, "~", _("changed")),
    Verdict.SAME: (Tone.NEUTRAL, "=", _("the same")),
    Verdict.SKIPPED: (Tone.NEUTRAL, "–", _("skipped")),
    Verdict.ASK: (Tone.ASK, "?", _("needs a decision")),
    Verdict.GONE: (Tone.ASK, "−", _("taken away")),
    Verdict.FAILED: (Tone.BAD, "!", _("failed")),
}


class _Look:
    verdict: Verdict

    @property
    def tone(self) -> Tone:
        return _LOOKS[self.verdict][0]

    @property
    def mark(self) -> str:
        return _LOOKS[self.verdict][1]

    @property
    def word(self) -> str:
        return str(_LOOKS[self.verdict][2])


@dataclass(frozen=True)
class Change(_Look):
    """One field: `before` and `after` are text, SafeString, or None for nothing; `why` says what to know or decide."""

    label: str
    before: Any
    after: Any
    verdict: Verdict = Verdict.CHANGED
    why: str = ""

    @property
    def before_html(self) -> SafeString:
        """The old value, the words that go struck through."""
        return self._sides()[0]

    @property
    def after_html(self) -> SafeString:
        """The new value, the words that come underlined."""
        return self._sides()[1]

    def _sides(self) -> tuple[SafeString, SafeString]:
        if self.verdict in (Verdict.CHANGED, Verdict.ASK) and _is_plain(self.before) and _is_plain(self.after):
            return compared(self.before, self.after)
        return _shown(self.before), _shown(self.after)


@dataclass(frozen=True)
class Total(_Look):
    """How many of one verdict."""

    verdict: Verdict
    count: int


def totals(verdicts: Iterable[Verdict]) -> list[Total]:
    """How many of each verdict, in the order new, changed, the same, skipped, needs a decision, failed; none of 0."""
    counts = Counter(verdicts)
    return [Total(verdict, counts[verdict]) for verdict in Verdict if counts[verdict]]


def compared(before: str, after: str) -> tuple[SafeString, SafeString]:
    """Both texts as HTML, the differing words in <del> and <ins>; without a word in common, the texts as they are."""
    if len(before) + len(after) > _LONGEST_COMPARED:
        return _shown(before), _shown(after)
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    if matcher.ratio() < 0.3:
        return _shown(before), _shown(after)
    left: list[tuple[str, str]] = []
    right: list[tuple[str, str]] = []
    for step, i1, i2, j1, j2 in matcher.get_opcodes():
        left.append(("del" if step != "equal" else "", "".join(old[i1:i2])))
        right.append(("ins" if step != "equal" else "", "".join(new[j1:j2])))
    return _marked(left), _marked(right)


def _marked(parts: list[tuple[str, str]]) -> SafeString:
    pieces = ((format_html("<{0}>{1}</{0}>", tag, text) if tag and text else escape(text),) for tag, text in parts)
    return format_html('<span class="i-pre">{}</span>', format_html_join("", "{}", pieces))


def _shown(value: Any) -> SafeString:
    if value is None or value == "":
        return NONE
    return value if isinstance(value, SafeString) else format_html('<span class="i-pre">{}</span>', value)


def _is_plain(value: Any) -> bool:
    return isinstance(value, str) and bool(value) and not isinstance(value, SafeString)
