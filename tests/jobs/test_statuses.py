"""A firm's own statuses and types of job (T-01)."""

from __future__ import annotations

import pytest

from instep.base.audit.models import AuditEntry
from instep.crm.actions.organisations import create_organisation
from instep.jobs.actions.jobs import change_job_status, create_job, update_job
from instep.jobs.actions.statuses import (
    add_status,
    change_status_row,
    create_default_statuses,
    make_default_status,
    restore_status,
    retire_status,
)
from instep.jobs.actions.types import add_job_type, rename_job_type, restore_job_type, retire_job_type
from instep.jobs.errors import DefaultStatusStays, NoDefaultStatus, NoSuchStatus, NoSuchType
from instep.jobs.queries import counts_by_status, job_types_of, statuses_of
from instep.jobs.states import StatusType
from instep.kernel.errors import BadValue, NotAllowed, NotFound
from tests.cast import Cast
from tests.jobs.conftest import Office

pytestmark = pytest.mark.django_db


@pytest.mark.capability("T-01")
def test_a_new_firm_begins_with_a_set_that_covers_the_six_types(cast: Cast) -> None:
    rows = create_default_statuses(cast.firm, by=cast.ada)
    assert {row.key: row.type for row in rows} == {
        "proposal": "proposal",
        "won": "active",
        "active": "active",
        "pending_invoice": "pending_invoice",
        "on_hold": "hold",
        "lost": "unsuccessful",
        "cancelled": "unsuccessful",
        "complete": "complete",
    }
    assert [(row.key, row.likelihood) for row in rows if row.is_default] == [("proposal", 50)]
    assert create_default_statuses(cast.firm, by=cast.ada) == rows
    assert statuses_of(cast.other_firm.pk) == []
    with pytest.raises(NotFound):
        create_default_statuses(cast.firm, by=cast.odo)
    with pytest.raises(NotAllowed):
        create_default_statuses(cast.firm, by=cast.bo)


@pytest.mark.capability("T-01")
def test_statuses_are_added_below_the_types_renamed_and_retired_without_losing_jobs(office: Office) -> None:
    ada, bo = office.cast.ada, office.cast.bo
    row = add_status("Awaiting  council", type=StatusType.HOLD, by=ada)
    assert (row.key, row.name, row.type, row.likelihood) == ("awaiting_council", "Awaiting council", "hold", None)
    assert add_status("Awaiting Council!", type=StatusType.HOLD, by=ada).key == "awaiting_council_2"
    assert add_status("Überdacht", type=StatusType.PROPOSAL, likelihood=80, by=ada).key == "uberdacht"
    job = office.job()
    change_job_status(job.pk, to="awaiting_council", by=bo)
    renamed = change_status_row(row.pk, name="With council", position=1, by=ada)
    assert (renamed.key, renamed.name) == ("awaiting_council", "With council")
    assert retire_status(row.pk, by=ada).retired
    job.refresh_from_db()
    assert job.status_id == row.pk
    assert update_job(job.pk, by=bo, changes={"name": "Still here", "status": "awaiting_council"}).changed
    with pytest.raises(NoSuchStatus, match="Choose one of: Proposal"):
        office.job(status="awaiting_council")
    assert row.pk not in {status.pk for status in statuses_of(job.firm_id)}
    assert row.pk in {status.pk for status in statuses_of(job.firm_id, retired=True)}
    assert not restore_status(row.pk, by=ada).retired
    assert counts_by_status(job.firm_id) == {row.pk: 1}
    events = AuditEntry.objects.of(office.cast.firm).filter(kind="job_status", record_id=row.pk).order_by("id")
    assert [entry.event for entry in events] == [
        "job_status.created",
        "job_status.changed",
        "job_status.retired",
        "job_status.restored",
    ]


def test_there_is_one_default_and_it_is_one_to_choose(office: Office) -> None:
    ada, statuses = office.cast.ada, office.statuses
    with pytest.raises(DefaultStatusStays):
        retire_status(statuses["proposal"].pk, by=ada)
    make_default_status(statuses["active"].pk, by=ada)
    assert [row.key for row in statuses_of(office.cast.firm.pk) if row.is_default] == ["active"]
    assert office.job().status.key == "active"
    retire_status(statuses["proposal"].pk, by=ada)
    with pytest.raises(BadValue, match="retired"):
        make_default_status(statuses["proposal"].pk, by=ada)


def test_without_statuses_there_is_no_new_job(office: Office) -> None:
    client = create_organisation(name="Quill client", stage="client", code="Q", by=office.cast.odo).sure()
    with pytest.raises(NoDefaultStatus):
        create_job(name="X", client=client.pk, by=office.cast.odo)


@pytest.mark.parametrize("likelihood", [-1, 101, True, "50"])
def test_a_likelihood_is_a_percentage_of_a_proposal(office: Office, likelihood: object) -> None:
    with pytest.raises(BadValue):
        add_status("Sure", type=StatusType.PROPOSAL, likelihood=likelihood, by=office.cast.ada)  # type: ignore[arg-type]
    with pytest.raises(BadValue):
        add_status("Sure", type=StatusType.ACTIVE, likelihood=50, by=office.cast.ada)
    with pytest.raises(BadValue):
        add_status(" ", type=StatusType.ACTIVE, by=office.cast.ada)
    with pytest.raises(BadValue):
        add_status("Odd", type="odd", by=office.cast.ada)  # type: ignore[arg-type]


def test_types_of_job_are_kept_by_key_and_retired_without_losing_jobs(office: Office) -> None:
    ada, bo = office.cast.ada, office.cast.bo
    houses = add_job_type("Houses", by=ada)
    job = office.job(job_type="houses")
    assert job.job_type_id == houses.pk
    rename_job_type(houses.pk, name="Housing", by=ada)
    retire_job_type(houses.pk, by=ada)
    assert not update_job(job.pk, by=bo, changes={"name": "Library"}).changed
    with pytest.raises(NoSuchType):
        office.job(job_type="houses")
    assert job_types_of(job.firm_id) == []
    restore_job_type(houses.pk, by=ada)
    assert [row.name for row in job_types_of(job.firm_id)] == ["Housing"]
    assert update_job(job.pk, by=bo, changes={"job_type": None}).changed
    entry = AuditEntry.objects.of(office.cast.firm).get(event="job.updated")
    assert entry.changes == {"job_type": ["houses", None]}


def test_lists_are_the_firms_own_and_changed_by_right(office: Office) -> None:
    odo, row = office.cast.odo, office.statuses["won"]
    houses = add_job_type("Houses", by=office.cast.ada)
    for attempt in (
        lambda: change_status_row(row.pk, name="X", by=odo),
        lambda: retire_status(row.pk, by=odo),
        lambda: restore_status(row.pk, by=odo),
        lambda: make_default_status(row.pk, by=odo),
        lambda: rename_job_type(houses.pk, name="X", by=odo),
        lambda: retire_job_type(houses.pk, by=odo),
    ):
        with pytest.raises(NotFound):
            attempt()
    with pytest.raises(NotAllowed):
        add_status("X", type=StatusType.ACTIVE, by=office.cast.bo)
    with pytest.raises(NotAllowed):
        add_job_type("X", by=office.cast.bo)
