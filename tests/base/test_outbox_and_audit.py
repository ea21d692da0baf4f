"""What happened: the outbox for the engine, the audit log for people, both in the action's own transaction."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from instep.base.audit.log import differences, record
from instep.base.audit.models import AppendOnly, AuditEntry
from instep.base.audit.queries import entries_of, history_of
from instep.base.outbox.models import OutboxRow
from instep.base.outbox.notices import announce, announce_many, settle, waiting
from tests.base.threads import together
from tests.cast import Cast


def _rows(firm_id: int) -> dict[int, int]:
    return dict(OutboxRow.objects.of(firm_id).values_list("record_id", "version"))


@pytest.mark.django_db
def test_a_change_is_announced_once_per_record_and_counted(cast: Cast) -> None:
    with CaptureQueriesContext(connection) as queries:
        announce(cast.firm.pk, "job", 7)
        announce(cast.firm.pk, "job", 7)
    assert len(queries) == 2
    announce(cast.firm.pk, "contact", 7)
    announce(cast.other_firm.pk, "job", 7)
    assert OutboxRow.objects.count() == 3
    assert OutboxRow.objects.of(cast.firm).get(kind="job").version == 2


@pytest.mark.django_db
def test_many_records_are_announced_in_one_statement(cast: Cast) -> None:
    announce(cast.firm.pk, "job", 3)
    with CaptureQueriesContext(connection) as queries:
        announce_many(cast.firm.pk, "job", [*range(1, 1001), 5, 5])
        announce_many(cast.firm.pk, "job", [])
    assert len(queries) == 1
    versions = _rows(cast.firm.pk)
    assert len(versions) == 1000
    assert (versions[3], versions[5]) == (2, 1)


@pytest.mark.django_db
def test_a_row_that_moved_on_is_not_taken_away(cast: Cast) -> None:
    announce(cast.firm.pk, "job", 1)
    seen = waiting().get()
    announce(cast.firm.pk, "job", 1)
    assert not settle(seen)
    again = waiting().get()
    assert settle(again)
    assert not settle(again)
    assert not waiting().exists()


@pytest.mark.django_db(transaction=True)
def test_announcers_that_meet_lose_nothing_and_never_deadlock(cast: Cast) -> None:
    firm_id = cast.firm.pk

    def work(number: int) -> None:
        for round_ in range(5):
            ids = range(400) if (number + round_) % 2 else reversed(range(400))
            with transaction.atomic():
                announce_many(firm_id, "job", ids)
                announce(firm_id, "contact", 1)

    together(4, work)
    versions = dict(OutboxRow.objects.of(firm_id).filter(kind="job").values_list("record_id", "version"))
    assert versions == dict.fromkeys(range(400), 20)
    assert OutboxRow.objects.of(firm_id).get(kind="contact").version == 20


@pytest.mark.django_db
def test_an_announcement_is_rolled_back_with_its_action(cast: Cast) -> None:
    with transaction.atomic():
        announce(cast.firm.pk, "job", 1)
        record("job.created", by=cast.ada, kind="job", record_id=1)
        transaction.set_rollback(True)
    assert not waiting().exists()
    assert not history_of(cast.firm, "job", 1).exists()


@pytest.mark.django_db
def test_an_entry_says_who_did_what_and_stays_as_it_was_written(cast: Cast) -> None:
    at = timezone.now() - dt.timedelta(days=3)
    before = {"name": "Old", "due": dt.date(2026, 1, 1), "rate": None, "same": 1}
    after = {"name": "New", "due": dt.date(2026, 2, 1), "rate": Decimal("1.10"), "same": 1}
    entry = record(
        "job.changed", by=cast.bo, kind="job", record_id=9, changes=differences(before, after), note="by phone", now=at
    )
    entry.refresh_from_db()
    assert (entry.actor_name, entry.actor_kind, entry.actor_id, entry.at) == ("Bo", "user", cast.users["bo"].pk, at)
    assert entry.changes == {"name": ["Old", "New"], "due": ["2026-01-01", "2026-02-01"], "rate": [None, "1.10"]}
    assert history_of(cast.firm, "job", 9).get() == entry
    assert not history_of(cast.other_firm, "job", 9).exists()
    assert entries_of(cast.firm).first() == entry

    with pytest.raises(AppendOnly):
        entry.save()
    with pytest.raises(AppendOnly):
        entry.delete()
    with pytest.raises(AppendOnly):
        AuditEntry.objects.of(cast.firm).update(note="never")
    with pytest.raises(AppendOnly):
        AuditEntry.objects.of(cast.firm).delete()
    assert history_of(cast.firm, "job", 9).get().note == "by phone"


@pytest.mark.django_db
@pytest.mark.capability("E-05")
def test_an_entry_about_many_records_is_in_the_history_of_each_of_them(cast: Cast) -> None:
    changes = {"8": {"name": ["a", "b"]}, "9": {"name": ["c", "d"]}}
    entry = record("job.updated", by=cast.ada, kind="job", record_id=None, changes=changes, subjects=[8, 9])
    later = record("job.updated", by=cast.ada, kind="job", record_id=9, changes={"name": ["d", "e"]})

    assert list(history_of(cast.firm, "job", 9)) == [later, entry]
    assert list(history_of(cast.firm, "job", 8)) == [entry]
    assert not history_of(cast.firm, "organisation", 9).exists()
    assert not history_of(cast.other_firm, "job", 9).exists()
