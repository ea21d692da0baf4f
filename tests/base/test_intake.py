"""Imports that can be run again and again, and cut anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from instep.base.audit.models import AuditEntry
from instep.base.intake.apply import make_source, one_by_one, take_in
from instep.base.intake.models import SourceRow
from instep.base.intake.plan import Planner, preview
from instep.base.intake.queries import records_of, refused_rows, rows_of_record, sources_of
from instep.base.intake.rows import Outcome, PlannedRow, Problem, Row, Tally, Verdict
from instep.base.numbering.models import Series
from instep.base.numbering.series import make_series
from instep.kernel.errors import BadValue, NotAllowed, NotFound
from tests.cast import Cast

pytestmark = pytest.mark.django_db


class Cut(BaseException):
    """The plug is pulled."""


def _write(cast: Cast) -> object:
    """Records of the test are number series: key and prefix."""

    def write_one(planned: PlannedRow) -> int:
        prefix = planned.values["prefix"]
        if planned.record_id is None:
            return make_series(cast.firm, f"row {planned.row.row_key}", prefix=prefix).pk
        if prefix == "bad":
            raise BadValue(field="prefix", problem="is bad")
        Series.objects.of(cast.firm).filter(pk=planned.record_id).update(prefix=prefix)
        return planned.record_id

    return one_by_one(write_one)


def _rows(count: int, **changed: str) -> list[Row]:
    return [Row(f"K{n}", n + 2, {"prefix": changed.get(f"K{n}", f"p{n}")}) for n in range(count)]


def _state(cast: Cast) -> tuple[object, object]:
    rows = SourceRow.objects.of(cast.firm).order_by("pk").values_list()
    return list(rows), list(Series.objects.of(cast.firm).order_by("pk").values_list())


def test_a_second_run_changes_nothing_and_a_changed_row_changes_its_record(cast: Cast) -> None:
    source = make_source(cast.firm, "register", "Contract register")
    assert make_source(cast.firm, "register", "Other title") == source
    assert list(sources_of(cast.firm)) == [source]
    rows = _rows(7)
    assert preview(source, rows).counts == {Verdict.NEW: 7}
    done: list[int] = []
    tally = take_in(source, iter(rows), _write(cast), by=cast.bo, kind="series", batch=3, progress=done.append)
    assert tally == Tally(created=7)
    assert done == [3, 6, 7]
    before = _state(cast)
    assert take_in(source, rows, _write(cast), by=cast.bo, kind="series") == Tally(unchanged=7)
    assert _state(cast) == before

    again = _rows(6, K2="new")
    found = preview(source, again)
    assert (found.counts, found.missing) == ({Verdict.UNCHANGED: 5, Verdict.CHANGED: 1}, 1)
    assert take_in(source, again, _write(cast), by=cast.bo, kind="series") == Tally(updated=1, unchanged=5)
    record_id = records_of(source, ["K2", "K99"])["K2"]
    assert Series.objects.get(pk=record_id).prefix == "new"
    assert [row.row_key for row in rows_of_record(cast.firm, "series", record_id)] == ["K2"]
    entries = AuditEntry.objects.of(cast.firm).filter(event="source.taken_in").order_by("id")
    assert [entry.changes["updated"][1] for entry in entries] == [0, 1]


def test_refused_rows_say_why_leave_the_rest_alone_and_are_tried_again(cast: Cast) -> None:
    source = make_source(cast.firm, "register", "Contract register")
    take_in(source, _rows(3), _write(cast), by=cast.bo, kind="series")
    rows = [
        *_rows(2, K0="bad", K1="x" * 21),
        Row("K5", 5, {}, Problem("no_name", "Line 5 has no name.")),
        Row("K6", 6, {"prefix": "x" * 30}),
        Row("K1", 7, {"prefix": "twice"}),
        Row(" ", 8, {"prefix": "no key"}),
        Row("k" * 201, 9, {"prefix": "long key"}),
        Row("K7", 10, {"prefix": "fine"}),
    ]
    found = preview(source, rows)
    assert [planned.problem.code for planned in found.refused if planned.problem] == [
        "no_name",
        "duplicate_key",
        "no_key",
        "bad_key",
    ]
    assert "line 3" in str(found.refused[1].problem)
    # K1 is updated although its prefix is long: the writer of this test writes it as it is told.
    for _ in range(2):
        rows[1] = Row("K1", 3, {"prefix": "fits"})
        tally = take_in(source, rows, _write(cast), by=cast.bo, kind="series")
    assert tally == Tally(unchanged=2, refused=6)
    reasons = {row.row_key: row.reason_code for row in refused_rows(source)}
    assert reasons == {"K0": "bad_value", "K5": "no_name", "K6": "bad_value"}
    kept = SourceRow.objects.of(cast.firm).get(row_key="K0")
    assert Series.objects.get(pk=kept.record_id).prefix == "p0"
    # The same row, when its cause is gone; and the old values again, after a refusal of the new ones.
    mended = [Row("K5", 5, {"prefix": "n"}), Row("K0", 2, {"prefix": "p0"})]
    assert take_in(source, mended, _write(cast), by=cast.bo, kind="series") == Tally(created=1, updated=1)
    assert not refused_rows(source).filter(row_key__in=["K0", "K5"]).exists()


@pytest.mark.parametrize("cut_at", [1, 4, 5, 8])
def test_a_cut_loses_at_most_its_batch_and_the_next_run_ends_as_if_uncut(cast: Cast, cut_at: int) -> None:
    source = make_source(cast.firm, "register", "Contract register")
    written: list[str] = []
    inner = _write(cast)

    def cutting(planned: Sequence[PlannedRow]) -> Sequence[Outcome]:
        outcomes = inner(planned)  # type: ignore[operator]
        written.extend(row.row.row_key for row in planned)
        if len(written) >= cut_at:
            raise Cut
        return outcomes

    with pytest.raises(Cut):
        take_in(source, _rows(10), cutting, by=cast.bo, kind="series", batch=3)
    kept = SourceRow.objects.of(cast.firm).count()
    assert kept == (len(written) - 3 if len(written) % 3 == 0 else len(written) // 3 * 3)
    assert Series.objects.of(cast.firm).filter(key__startswith="row ").count() == kept
    tally = take_in(source, _rows(10), inner, by=cast.bo, kind="series", batch=3)  # type: ignore[arg-type]
    assert tally == Tally(created=10 - kept, unchanged=kept)
    assert Series.objects.of(cast.firm).filter(key__startswith="row ").count() == 10


def test_the_number_of_queries_depends_on_batches_not_on_rows(cast: Cast) -> None:
    source = make_source(cast.firm, "register", "Contract register")

    def bulk(planned: Sequence[PlannedRow]) -> list[Outcome]:
        return [Outcome(record_id=row.row.line) for row in planned]

    def statements(rows: Iterable[Row]) -> int:
        with CaptureQueriesContext(connection) as queries:
            take_in(source, rows, bulk, by=cast.bo, kind="series", batch=100)
        return sum("SAVEPOINT" not in query["sql"] for query in queries)

    first = statements(_rows(100))
    assert first <= 6
    assert statements(_rows(200)) <= first + 4
    with CaptureQueriesContext(connection) as queries:
        verdicts = [planned.verdict for batch in Planner(source).batches(_rows(1000)) for planned in batch]
    assert len(queries) == 2
    assert verdicts == [Verdict.UNCHANGED] * 200 + [Verdict.NEW] * 800


def test_imports_need_the_right_and_the_firm(cast: Cast) -> None:
    source = make_source(cast.firm, "register", "Contract register")
    with pytest.raises(NotAllowed):
        take_in(source, _rows(1), _write(cast), by=cast.cy, kind="series")  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        take_in(source, _rows(1), _write(cast), by=cast.odo, kind="series")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="answered 0"):
        take_in(source, _rows(1), lambda rows: [], by=cast.bo, kind="series")
