"""Word search without full scans: each app keeps the words of its records, and a search is a few index ranges.

One plain table an app instead of FTS5 and PostgreSQL full text: the same rows and the same answers on both databases,
no triggers, no raw SQL. A search for "bel high" finds the records that have a word beginning with "bel" and one
beginning with "high"; words anywhere in a name count, parts from the middle of a word do not.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Any, TypeVar

from django.db import models
from django.db.models import F, Lookup, QuerySet

from instep.base.identity.rows import FirmRow

Rows = TypeVar("Rows", bound=QuerySet[Any, Any])
LONGEST = 60
_TYPOGRAPHY = str.maketrans({"’": "", "'": "", "`": ""})
_PARTS = re.compile(r"[^\W_]+")


def folded(text: str) -> str:
    """Lower case, without accents and apostrophes: "O'Néil" and "oneil" are searched alike."""
    # No database can be asked for half a surrogate pair, and PostgreSQL not for a null.
    text = text.encode("utf-8", "ignore").decode().replace("\0", " ")
    plain = unicodedata.normalize("NFKD", text.translate(_TYPOGRAPHY)).casefold()
    return "".join(char for char in plain if not unicodedata.combining(char))


def words_of(texts: Iterable[str | None]) -> set[str]:
    """The words to keep for a record: each part, and each run without spaces ("PO-21671", "jo@firm.example") whole."""
    words: set[str] = set()
    for text in texts:
        for run in folded(text or "").split():
            parts = _PARTS.findall(run)
            if parts:
                words.update(part[:LONGEST] for part in parts)
                words.add(run.strip("().,;:\"'[]{}")[:LONGEST])
    words.discard("")
    return words


def asked(text: str) -> list[str]:
    """The beginnings of words that a search text asks for; at most eight count."""
    runs = (run.strip("().,;:\"'[]{}")[:LONGEST] for run in folded(text).split())
    return list(dict.fromkeys(run for run in runs if run))[:8]


class WordRow(FirmRow):
    """One word of one record."""

    kind = models.CharField(max_length=40)
    word = models.CharField(max_length=LONGEST)
    record_id = models.BigIntegerField()

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(
                fields=["firm", "kind", "word", "record_id"],
                name="%(app_label)s_word_once",
                # PostgreSQL uses an index for the beginning of a word only in this order.
                opclasses=["int8_ops", "varchar_ops", "varchar_pattern_ops", "int8_ops"],
            )
        ]
        indexes = [models.Index(fields=["firm", "kind", "record_id"], name="%(app_label)s_word_record")]

    def __str__(self) -> str:
        return f"{self.kind} {self.record_id}: {self.word}"


class BeginsWith(Lookup):
    """`word` begins with the text, case and all, in the form that each database answers from its index."""

    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        left, params = self.process_lhs(compiler, connection)
        if connection.vendor == "sqlite":
            return f"({left} >= %s AND {left} < %s)", [*params, self.rhs, *params, self.rhs + "\U0010ffff"]
        escaped = self.rhs.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        return f"{left} LIKE %s", [*params, escaped + "%"]


def ids_of_word(table: type[WordRow], firm: Any, kind: str, beginning: str) -> QuerySet[Any, Any]:
    """The ids of the firm's records of this kind that have a word with this beginning, as a subquery."""
    rows = table.objects.of(firm).filter(BeginsWith(F("word"), beginning), kind=kind)  # type: ignore[arg-type]
    return rows.values("record_id")


def matching(records: Rows, table: type[WordRow], firm: Any, kind: str, text: str) -> Rows:
    """Those of `records` that match every word asked for; all of them when nothing is asked."""
    for beginning in asked(text):
        records = records.filter(pk__in=ids_of_word(table, firm, kind, beginning))
    return records
