"""Keeping the search words of records in step with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from django.db import connection
from django.db.models import Q

from instep.base.records.words import WordRow, words_of

BATCH = 500


def add_words(table: type[WordRow], firm_id: int, kind: str, texts: Mapping[int, Iterable[str | None]]) -> None:
    """Write the words of new records: {record id: its texts}."""
    _insert(
        table,
        [(firm_id, kind, word, record_id) for record_id, found in texts.items() for word in sorted(words_of(found))],
    )


def change_words(table: type[WordRow], firm_id: int, kind: str, texts: Mapping[int, Iterable[str | None]]) -> None:
    """Bring the words of records that are there already to {record id: its texts}."""
    wanted = {record_id: words_of(found) for record_id, found in texts.items()}
    kept: dict[int, set[str]] = {record_id: set() for record_id in wanted}
    gone: list[int] = []
    ids = list(wanted)
    for start in range(0, len(ids), BATCH):
        batch = Q(kind=kind, record_id__in=ids[start : start + BATCH])
        for pk, record_id, word in table.objects.of(firm_id).filter(batch).values_list("pk", "record_id", "word"):
            if word in wanted[record_id]:
                kept[record_id].add(word)
            else:
                gone.append(pk)
    _remove(table, firm_id, gone)
    _insert(
        table,
        [
            (firm_id, kind, word, record_id)
            for record_id, words in wanted.items()
            for word in sorted(words - kept[record_id])
        ],
    )


def remove_words(table: type[WordRow], firm_id: int, kind: str, record_id: int) -> None:
    """Take away the words of a record that is no more."""
    table.objects.of(firm_id).filter(kind=kind, record_id=record_id).delete()


def _insert(table: type[WordRow], rows: Iterable[tuple[int, str, str, int]]) -> None:
    # Half of the rows that a bulk action writes are words: as models they would cost more than all the rest.
    start = f"INSERT INTO {connection.ops.quote_name(table._meta.db_table)} (firm_id, kind, word, record_id) VALUES "
    todo = iter(rows)
    while batch := list(islice(todo, BATCH)):
        with connection.cursor() as cursor:
            values = ", ".join(["(%s, %s, %s, %s)"] * len(batch))
            cursor.execute(start + values, [value for row in batch for value in row])


def _remove(table: type[Any], firm_id: int, pks: list[int]) -> None:
    for start in range(0, len(pks), BATCH):
        table.objects.of(firm_id).filter(pk__in=pks[start : start + BATCH]).delete()
