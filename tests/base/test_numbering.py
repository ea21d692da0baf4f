"""Numbers: prefix, counter, suffix; none twice, none left out."""

from __future__ import annotations

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from instep.base.audit.queries import history_of
from instep.base.numbering.models import Series
from instep.base.numbering.series import (
    OutsideTransaction,
    change_series,
    make_series,
    next_number,
    preview_number,
    series_of,
)
from instep.kernel.errors import BadValue, NotAllowed, NotFound
from tests.base.threads import together
from tests.cast import Cast


@pytest.mark.capability("T-03")
@pytest.mark.django_db
def test_a_number_is_prefix_counter_and_suffix_of_the_firms_own_series(cast: Cast) -> None:
    make_series(cast.firm, "invoice", prefix="INV-", suffix="/26", width=3, next=99)
    assert preview_number(cast.firm.pk, "invoice") == "INV-099/26"
    with CaptureQueriesContext(connection) as queries:
        taken = [next_number(cast.firm.pk, "invoice") for _ in range(3)]
    assert taken == ["INV-099/26", "INV-100/26", "INV-101/26"]
    assert len(queries) == 3
    make_series(cast.other_firm, "invoice", prefix="Q", width=1)
    assert [next_number(cast.other_firm.pk, "invoice") for _ in range(10)][-1] == "Q10"
    assert make_series(cast.firm, "invoice", prefix="other").prefix == "INV-"
    assert [series.key for series in series_of(cast.firm)] == ["client", "invoice", "job", "project"]
    with pytest.raises(NotFound):
        next_number(cast.firm.pk, "nonsense")


@pytest.mark.capability("T-03")
@pytest.mark.django_db
def test_the_format_changes_by_right_from_the_next_number_on_and_never_goes_back(cast: Cast) -> None:
    assert next_number(cast.firm.pk, "job") == "J0001"
    change_series("job", by=cast.ada, prefix="24-", width=3)
    assert next_number(cast.firm.pk, "job") == "24-002"
    with pytest.raises(BadValue, match="already given"):
        change_series("job", by=cast.ada, next=1)
    change_series("job", by=cast.ada, prefix="25-", next=1)
    assert next_number(cast.firm.pk, "job") == "25-001"
    for bad in ({"width": 0}, {"width": 13}, {"width": True}, {"prefix": "x" * 21}, {"suffix": "a\nb"}, {"next": 0}):
        with pytest.raises(BadValue):
            change_series("job", by=cast.ada, **bad)
    with pytest.raises(NotAllowed):
        change_series("job", by=cast.bo, prefix="B")
    with pytest.raises(NotFound):
        change_series("nonsense", by=cast.ada, prefix="B")
    change_series("job", by=cast.ada)
    series = Series.objects.of(cast.firm).get(key="job")
    changes = [entry.changes for entry in history_of(cast.firm, "series", series.pk)]
    assert changes == [{"prefix": ["24-", "25-"], "next": [3, 1]}, {"prefix": ["J", "24-"], "width": [4, 3]}]
    assert preview_number(cast.other_firm.pk, "job") == "J0001"


@pytest.mark.django_db(transaction=True)
def test_a_number_is_only_taken_in_a_transaction_and_a_rollback_gives_it_back(cast: Cast) -> None:
    with pytest.raises(OutsideTransaction):
        next_number(cast.firm.pk, "job")
    with transaction.atomic():
        assert next_number(cast.firm.pk, "job") == "J0001"
        transaction.set_rollback(True)
    with transaction.atomic():
        assert next_number(cast.firm.pk, "job") == "J0001"


@pytest.mark.django_db(transaction=True)
def test_takers_at_the_same_moment_get_every_number_once_even_when_some_give_theirs_back(cast: Cast) -> None:
    firm_id = cast.firm.pk

    def take(number: int) -> list[str]:
        kept = []
        for turn in range(12):
            with transaction.atomic():
                taken = next_number(firm_id, "job")
                if (number + turn) % 3 == 0:
                    transaction.set_rollback(True)
                else:
                    kept.append(taken)
        return kept

    kept = sorted(taken for taken_by_one in together(4, take) for taken in taken_by_one)
    assert kept == [f"J{n:04d}" for n in range(1, 33)]
