"""Many rows at once: they are what the constructor and `bulk_create` would have made, all or none."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from instep.base.audit.log import record
from instep.base.audit.queries import history_of
from instep.base.identity.inserting import blank_rows, insert_rows
from instep.base.outbox.models import OutboxRow
from instep.costs.models import Cost
from instep.costs.states import OPEN_END
from tests.billing.conftest import Practice, practice

__all__ = ["practice"]


@pytest.mark.django_db
def test_rows_come_back_as_they_were_put_and_ids_go_on_behind_the_last(practice: Practice) -> None:
    before = practice.time(30)
    at = timezone.now()
    values: dict[str, Any] = {"job_id": practice.job.pk, "phase_id": practice.hourly.pk, "staff_id": practice.hana.pk}
    values |= {"on": dt.date(2025, 3, 3), "currency": "AUD", "open_until": OPEN_END, "submitted_at": at}
    rows = blank_rows(Cost, 12, firm_id=practice.firm, state="submitted", **values)
    for minutes, row in enumerate(rows, start=1):
        row.minutes, row.description = minutes, "It's a tab\t, a \\ and\na line, \N{SNOWMAN}"
    with transaction.atomic():
        insert_rows(Cost, rows)
    ids = [row.pk for row in rows]
    assert (ids[0] > before.pk, ids == sorted(set(ids)), rows[0]._state.adding) == (True, True, False)
    names = [field.attname for field in Cost._meta.concrete_fields]
    for kept, row in zip(Cost.objects.filter(pk__in=ids).order_by("pk"), rows, strict=True):
        assert [getattr(kept, name) for name in names] == [getattr(row, name) for name in names]
    assert practice.time(45).pk > ids[-1]


@pytest.mark.django_db
def test_all_or_none(practice: Practice) -> None:
    announced = set(OutboxRow.objects.values_list("record_id", flat=True).filter(kind="again"))
    rows = [OutboxRow(firm_id=practice.firm, kind="again", record_id=number) for number in (1, 2, 2)]
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_rows(OutboxRow, rows)
    assert ([row.pk for row in rows], announced) == ([None] * 3, set())
    assert not OutboxRow.objects.filter(kind="again").exists()
    entry = record("cost.told", by=practice.by, kind="cost", record_id=None, subjects=range(1, 1201))
    assert [history_of(practice.firm, "cost", number)[0].pk for number in (1, 1200)] == [entry.pk] * 2
