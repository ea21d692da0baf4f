"""Pages by key: every row once, forward and back, nulls and ties and all, from the middle of an index."""

from __future__ import annotations

import datetime as dt
import itertools
import random
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.signing import Signer
from django.db import connection, models
from django.db.models.functions import Lower
from django.test.utils import CaptureQueriesContext, isolate_apps
from django.utils import timezone

from instep.base.paging import Page, keyset
from instep.base.tasks.models import Task
from instep.kernel.errors import BadValue
from tests.cast import Cast

SECOND = dt.timedelta(seconds=1)


@pytest.fixture
def tasks(cast: Cast) -> Cast:
    """Rows with ties in every column and nulls in two."""
    chance = random.Random(7)
    start = timezone.now().replace(microsecond=123456)
    rows = [
        Task(
            firm=cast.firm if number % 3 else cast.other_firm,
            name=chance.choice(["Éa", "a", "b", "c", "ß", ""]),
            created_kind=chance.choice(["x", "y"]),
            created_name="n",
            created_at=start + chance.randrange(5) * SECOND,
            total_count=chance.choice([None, 1, 2, 3]),
            finished_at=chance.choice([None, start, start + SECOND]),
        )
        for number in range(120)
    ]
    Task.objects.bulk_create(rows)
    return cast


def _walk(rows: Any, order: list[str], size: int, *, back: bool) -> Iterator[Page[Any]]:
    token = None
    if back:
        for page in _walk(rows, order, size, back=False):
            last = page
        yield last
        token = last.previous_token
    else:
        page = keyset(rows, order, None, size)
        yield page
        token = page.next_token
    while token:
        page = keyset(rows, order, token, size)
        yield page
        token = page.previous_token if back else page.next_token


FIELDS = ["name", "created_kind", "created_at", "total_count", "finished_at", "firm__name"]
ORDERS = [
    [],
    ["-pk"],
    *([f"{sign}{field}"] for field in FIELDS for sign in ("", "-")),
    *(
        [f"{a}{x}", f"{b}{y}"]
        for x, y in [("total_count", "name"), ("name", "finished_at")]
        for a in ("", "-")
        for b in ("", "-")
    ),
    ["name", "-created_kind", "total_count", "-id"],
]


@pytest.mark.parametrize("order", ORDERS, ids=",".join)
def test_walking_either_way_meets_every_row_once_in_one_order(tasks: Cast, order: list[str]) -> None:
    rows = Task.objects.select_related("firm")
    forward = [row.pk for page in _walk(rows, order, 7, back=False) for row in page.rows]
    assert len(forward) == len(set(forward)) == 120
    pages = list(_walk(rows, order, 7, back=True))
    assert [row.pk for page in reversed(pages) for row in page.rows] == forward
    assert [row.pk for row in keyset(rows, order, size=500).rows] == forward
    by_key = {row.pk: row for row in rows}
    for name in order[:1]:
        values = [by_key[pk].firm.name if "__" in name else getattr(by_key[pk], name.lstrip("-")) for pk in forward]
        runs = [value for value, _ in itertools.groupby(values)]
        assert len(runs) == len(set(runs))
        if None in runs:  # a null is the largest
            assert runs.index(None) == (0 if name.startswith("-") else len(runs) - 1)


def test_a_page_is_one_query_and_rows_that_come_and_go_do_not_shift_it(tasks: Cast) -> None:
    rows = Task.objects.of(tasks.firm)
    first = keyset(rows, ["-created_at"], size=10)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        second = keyset(rows, ["-created_at"], first.next_token, 10)
    assert len(queries) == 1
    assert first.previous_token is None
    Task.objects.filter(pk__in=[row.pk for row in first.rows]).delete()
    assert [r.pk for r in keyset(rows, ["-created_at"], first.next_token, 10).rows] == [r.pk for r in second.rows]
    # What stood before is gone: the way back leads to the first page instead of nowhere.
    assert keyset(rows, ["-created_at"], second.previous_token, 10).rows == second.rows
    assert keyset(rows.none(), ["name"]) == Page([], None, None)


def test_an_annotation_can_order(tasks: Cast) -> None:
    rows = Task.objects.of(tasks.firm).annotate(sort=Lower("name"))
    seen = [row.pk for page in _walk(rows, ["-sort"], 9, back=False) for row in page.rows]
    assert len(seen) == len(set(seen)) == rows.count()


def test_a_token_that_is_not_ours_is_refused_and_never_a_fault(tasks: Cast) -> None:
    rows = Task.objects.of(tasks.firm)
    token = keyset(rows, ["name"], size=3).next_token
    assert token is not None
    forged = [
        "x",
        "1:2",
        "é" * 40,
        token[:-1] + ("A" if token[-1] != "A" else "B"),
        token[1:],
        "\x00",
        Signer().sign_object(["name,pk", 0, ["a", 1]]),
        "a" * 10_000,
    ]
    for bad in forged:
        with pytest.raises(BadValue, match="page"):
            keyset(rows, ["name"], bad)
    for order in (["-name"], ["created_kind"], ["name", "-pk"]):
        with pytest.raises(BadValue, match="order"):
            keyset(rows, order, token)
    for size in (0, -1, True, "5", 2.5):
        with pytest.raises(BadValue, match="size"):
            keyset(rows, ["name"], None, size)  # type: ignore[arg-type]
    assert len(keyset(rows, ["name"], None, 10**9).rows) == rows.count()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("order", [["name"], ["-name"], ["-day", "name"], ["total"], ["-total"]], ids=",".join)
@isolate_apps("instep.base.identity")
def test_a_deep_page_starts_in_the_middle_of_its_index_and_sorts_nothing(order: list[str]) -> None:
    class Record(models.Model):
        firm = models.IntegerField()
        name = models.CharField(max_length=40)
        day = models.DateField()
        total = models.IntegerField(null=True)

        class Meta:
            app_label = "identity"
            indexes = [
                models.Index(fields=["firm", "name", "id"], name="record_name"),
                models.Index(fields=["firm", "-day", "name", "id"], name="record_day"),
                models.Index(fields=["firm", "total", "id"], name="record_total"),
            ]

    with connection.schema_editor() as editor:
        editor.create_model(Record)
    try:
        today = dt.date(2026, 1, 1)
        Record.objects.bulk_create(
            Record(
                firm=n % 2,
                name=f"n{n % 40:05d}",
                day=today + dt.timedelta(days=n % 50),
                total=n % 1000 or None,
            )
            for n in range(6000)
        )
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        rows, token = Record.objects.filter(firm=1), None
        for _ in range(3):
            token = keyset(rows, order, token, 500).next_token
        with CaptureQueriesContext(connection) as queries:
            page = keyset(rows, order, token, 20)
        assert len(page.rows) == 20
        sql = queries[0]["sql"]
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
                plan = "\n".join(str(row[3]) for row in cursor.fetchall())
                assert "TEMP B-TREE" not in plan, plan
                assert "SCAN" not in plan, plan
                assert "USING INDEX record_" in plan, plan
            else:
                cursor.execute("SET enable_seqscan = off")
                cursor.execute(f"EXPLAIN (ANALYZE, COSTS off, TIMING off) {sql}")
                plan = "\n".join(row[0] for row in cursor.fetchall())
                cursor.execute("RESET enable_seqscan")
                assert "Seq Scan" not in plan, plan
                assert "Sort" not in plan, plan
                assert "using record_" in plan, plan
                if order != ["total"]:  # a column with nulls gives no range going up
                    assert int(re.search(r"Removed by Filter: (\d+)", plan + "Removed by Filter: 0")[1]) < 100, plan
    finally:
        with connection.schema_editor() as editor:
            editor.delete_model(Record)
