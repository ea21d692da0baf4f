"""Jobs through their actions."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from instep.base.audit.models import AuditEntry
from instep.base.identity.actor import Actor
from instep.base.numbering.series import change_series
from instep.base.outbox.models import OutboxRow
from instep.base.ownership.errors import FieldOwned
from instep.base.ownership.owners import set_owners
from instep.base.records.outcomes import Edit
from instep.base.settings.declared import set_setting
from instep.crm.actions.organisations import archive_organisation, create_organisation, update_organisation
from instep.crm.errors import NoSuchOrganisation
from instep.jobs.actions.handlers import reassign_handler
from instep.jobs.actions.job_lookups import JobLookups
from instep.jobs.actions.jobs import (
    archive_job,
    change_job_status,
    create_job,
    create_jobs,
    remove_job,
    restore_job,
    set_first_fee,
    update_job,
    update_jobs,
)
from instep.jobs.actions.parts import Party
from instep.jobs.actions.phases import add_phase
from instep.jobs.actions.projects import create_project, update_project
from instep.jobs.errors import (
    ClientArchived,
    ClientMissing,
    HandlerNeeded,
    NoSuchProject,
    NoSuchStatus,
    NoSuchType,
    NumberTaken,
    OtherCurrency,
)
from instep.jobs.models import Job, JobParty, JobWord, Phase
from instep.jobs.queries import job_details, job_list, job_page
from instep.jobs.settings import DEFAULT_HANDLER
from instep.kernel.errors import BadValue, NotAllowed, NotFound, StaleVersion
from instep.kernel.money import Money
from instep.staff.actions.resources import create_staff, deactivate_staff
from tests.jobs.conftest import Office

pytestmark = pytest.mark.django_db


def aud(amount: str) -> Money:
    """Australian dollars."""
    return Money(Decimal(amount), "AUD")


@pytest.mark.capability("E-27", "E-32", "T-03")
def test_a_new_job_has_one_client_a_number_a_handler_and_one_phase(office: Office) -> None:
    job = office.job(
        "Library",
        address="1 Main St\r\nCarlton",
        scope="New wing",
        external_reference="PO 77",
        starts_on="2026-03-01",
        ends_on=dt.date(2026, 12, 24),
        fee=aud("10000.50"),
    )
    details = job_details(office.cast.firm.pk, job.pk)
    assert (job.number, job.client_id, job.handler_id) == ("J0001", office.client.pk, office.hana.pk)
    assert (details.job.address, details.job.starts_on) == ("1 Main St\nCarlton", dt.date(2026, 3, 1))
    (phase,) = details.phases
    assert (phase.number, phase.name, phase.fee_type, phase.status) == (1, "Main", "fixed", "quote")
    assert details.fee == aud("10000.50")
    entry = AuditEntry.objects.of(office.cast.firm).get(event="job.created")
    assert entry.changes["number"] == [None, "J0001"]
    assert entry.changes["fee"] == [None, {"minor": 1_000_050, "currency": "AUD"}]
    assert entry.changes["status"] == [None, "proposal"]
    assert entry.changes["ends_on"] == [None, "2026-12-24"]
    assert OutboxRow.objects.of(office.cast.firm).get(kind="job").record_id == job.pk
    assert office.job("Second", status="active").number == "J0002"


@pytest.mark.capability("T-03")
def test_a_number_is_unique_edited_by_right_and_passed_over_by_the_series(office: Office) -> None:
    bo, firm = office.cast.bo, office.cast.firm
    change_series("job", by=office.cast.ada, prefix="26-", suffix="B", width=3)
    job = office.job("First")
    assert job.number == "26-001B"
    given = office.job("Second", number=" 26-002B ")
    assert (given.number, office.job("Third").number) == ("26-002B", "26-003B")
    with pytest.raises(NumberTaken, match="Second"):
        update_job(job.pk, by=bo, changes={"number": "26-002B"})
    with pytest.raises(NumberTaken):
        office.job("Fourth", number="26-001B")
    with pytest.raises(BadValue, match="empty"):
        update_job(job.pk, by=bo, changes={"number": ""})
    without = Actor(firm.pk, bo.kind, bo.user_id, None, "Bo", bo.permissions - {"edit numbers"})
    with pytest.raises(NotAllowed, match="edit numbers"):
        update_job(job.pk, by=without, changes={"number": "X"})
    with pytest.raises(NotAllowed):
        create_job(name="X", client=office.client.pk, number="X", by=without)
    assert not update_job(job.pk, by=without, changes={"number": "26-001B"}).changed
    assert update_job(job.pk, by=bo, changes={"number": "X-1"}).sure().number == "X-1"
    rows = [{"name": f"Row {n}", "client": office.client.pk} for n in range(3)]
    rows.insert(1, {**rows[0], "number": "26-005B"})
    # A refused row takes no number: the series has no gaps.
    rows.insert(0, {"name": "", "client": office.client.pk})
    outcomes = create_jobs(rows, by=bo)
    assert [outcome.sure().number for outcome in outcomes[1:]] == ["26-004B", "26-005B", "26-006B", "26-007B"]


def test_a_number_that_somebody_else_takes_meanwhile_costs_the_row_not_the_page(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.job("First", number="X1")
    monkeypatch.setattr(JobLookups, "_taken_numbers", lambda self, numbers: {})
    rows = [{"name": name, "client": office.client.pk, "number": number} for name, number in (("A", "X0"), ("B", "X1"))]
    outcomes = create_jobs(rows, by=office.cast.bo)
    assert [outcome.refusal.code if outcome.refusal else "made" for outcome in outcomes] == ["made", "number_taken"]
    assert job_details(office.cast.firm.pk, outcomes[0].id or 0).phases


@pytest.mark.capability("E-23")
def test_a_job_has_a_handler_the_clients_own_by_default(office: Office) -> None:
    bo, client = office.cast.bo, office.client
    ivo = create_staff(first_name="Ivo", by=bo).sure()
    pool = create_staff(first_name="Pool", kind="pool", by=bo).sure()
    gone = create_staff(first_name="Gone", active=False, by=bo).sure()
    foreign = create_staff(first_name="Fay", by=office.cast.odo).sure()
    assert office.job().handler_id == office.hana.pk
    job = office.job(handler=ivo.pk)
    assert job.handler_id == ivo.pk
    for chosen in (pool.pk, gone.pk, foreign.pk, 10**30, "1"):
        with pytest.raises(HandlerNeeded):
            update_job(job.pk, by=bo, changes={"handler": chosen})
    with pytest.raises(HandlerNeeded):
        update_job(job.pk, by=bo, changes={"handler": None})
    # A remote that names nobody changes nothing.
    assert not update_job(job.pk, by=office.cast.system, changes={"handler": None}).changed
    update_organisation(client.pk, by=bo, changes={"default_handler": None})
    with pytest.raises(HandlerNeeded):
        office.job()


@pytest.mark.capability("E-23")
def test_imported_work_falls_back_to_the_firms_handler_then_to_who_imports(office: Office) -> None:
    cast, client = office.cast, office.client
    update_organisation(client.pk, by=cast.bo, changes={"default_handler": None})
    values = {"name": "Library", "client": client.pk}
    for by in (cast.system, cast.bo):
        with pytest.raises(HandlerNeeded):
            create_job(by=by, fill_gaps=True, **values)
    bo = create_staff(first_name="Bo", user=cast.users["bo"].pk, by=cast.bo).sure()
    assert create_job(by=cast.bo, fill_gaps=True, **values).sure().handler_id == bo.pk
    with pytest.raises(HandlerNeeded):
        create_job(by=cast.bo, **values)
    set_setting(DEFAULT_HANDLER, office.hana.pk, by=cast.ada)
    assert create_job(by=cast.bo, fill_gaps=True, **values).sure().handler_id == office.hana.pk
    assert create_job(by=cast.system, **values).sure().handler_id == office.hana.pk
    deactivate_staff(office.hana.pk, by=cast.bo)
    with pytest.raises(HandlerNeeded):
        create_job(by=cast.system, **values)


@pytest.mark.capability("E-23")
def test_who_leaves_hands_over_unfinished_work_and_clients(office: Office) -> None:
    bo, firm = office.cast.bo, office.cast.firm
    ivo = create_staff(first_name="Ivo", by=bo).sure()
    mine, done = office.job("Mine"), office.job("Done", status="complete")
    theirs = office.job("Theirs", handler=ivo.pk)
    phase = add_phase(theirs.pk, name="Mine too", handler=office.hana.pk, by=bo)
    assert reassign_handler(office.hana.pk, ivo.pk, by=bo) == 1
    for row in (mine, done, theirs, phase, office.client):
        row.refresh_from_db()
    assert (mine.handler_id, done.handler_id, phase.handler_id) == (ivo.pk, office.hana.pk, ivo.pk)
    assert (mine.version, theirs.version) == (2, 3)
    assert office.client.default_handler_id == ivo.pk
    entry = AuditEntry.objects.of(firm).get(event="job.handler_reassigned")
    assert entry.changes[str(mine.pk)]["handler"] == [office.hana.pk, ivo.pk]
    assert reassign_handler(office.hana.pk, ivo.pk, by=bo) == 0
    assert AuditEntry.objects.filter(event="job.handler_reassigned").count() == 1
    pool = create_staff(first_name="Pool", kind="pool", by=bo).sure()
    for to in (pool.pk, ivo.pk):
        with pytest.raises(HandlerNeeded):
            reassign_handler(ivo.pk, to, by=bo)
    with pytest.raises(NotFound):
        reassign_handler(ivo.pk, office.hana.pk, by=office.cast.odo)
    set_owners(firm.pk, "job", [mine.pk], ["handler"], owner="tiny+", owner_key="connection:7")
    with pytest.raises(FieldOwned):
        reassign_handler(ivo.pk, office.hana.pk, by=bo)


@pytest.mark.parametrize(
    ("values", "refusal"),
    [
        ({"name": " "}, BadValue),
        ({"name": "x" * 301}, BadValue),
        ({"client": None}, ClientMissing),
        ({"client": 10**30}, ClientMissing),
        ({"client": "1"}, ClientMissing),
        ({"status": "nonsense"}, NoSuchStatus),
        ({"status": ["active"]}, NoSuchStatus),
        ({"job_type": "houses"}, NoSuchType),
        ({"project": 10**30}, NoSuchProject),
        ({"starts_on": "31/3/2026"}, BadValue),
        ({"starts_on": 20260331}, BadValue),
        ({"starts_on": "2026-03-31", "ends_on": "2026-03-30"}, BadValue),
        ({"currency": "XXQ"}, BadValue),
        ({"currency": 7}, BadValue),
        ({"fee": 100}, BadValue),
        ({"fee": Money(Decimal(-1), "AUD")}, BadValue),
        ({"fee": Money(Decimal(10) ** 16, "AUD")}, BadValue),
        ({"fee": Money(Decimal(1), "GBP")}, OtherCurrency),
        ({"parties": [Party(10**30, "supplier")]}, NoSuchOrganisation),
        ({"parties": ["Acme"]}, NoSuchOrganisation),
        ({"colour": "red"}, BadValue),
    ],
)
def test_what_a_job_cannot_hold_is_refused_by_type(
    office: Office, values: dict[str, Any], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        office.job(**values)
    assert not Job.objects.exists()
    assert not Phase.objects.exists()


def test_a_new_job_is_not_for_an_archived_organisation(office: Office) -> None:
    other = create_organisation(name="Other", stage="client", code="O", by=office.cast.bo).sure()
    job = office.job()
    archive_organisation(other.pk, by=office.cast.bo)
    with pytest.raises(ClientArchived):
        office.job(client=other.pk, handler=office.hana.pk)
    with pytest.raises(ClientArchived):
        update_job(job.pk, by=office.cast.bo, changes={"client": other.pk})


def test_a_change_touches_the_fields_given_and_no_change_writes_nothing(office: Office) -> None:
    bo = office.cast.bo
    job = office.job(starts_on="2026-03-01", address="1 Main St")
    changes = {"name": "Town library", "status": "active", "starts_on": None, "ends_on": "2026-12-24"}
    outcome = update_job(job.pk, by=bo, changes=changes, expected_version=1)
    assert outcome.sure().version == 2
    entry = AuditEntry.objects.of(office.cast.firm).get(event="job.updated")
    assert entry.changes == {
        "name": ["Library", "Town library"],
        "status": ["proposal", "active"],
        "starts_on": ["2026-03-01", None],
        "ends_on": [None, "2026-12-24"],
    }
    with pytest.raises(StaleVersion):
        update_job(job.pk, by=bo, changes={"name": "X"}, expected_version=1)
    notices = OutboxRow.objects.of(office.cast.firm).get(kind="job").version
    same = {**changes, "client": office.client.pk, "handler": office.hana.pk, "address": "1 Main St\r\n", "fee": None}
    assert not update_job(job.pk, by=bo, changes=same, expected_version=2).changed
    assert OutboxRow.objects.of(office.cast.firm).get(kind="job").version == notices


def test_fields_kept_elsewhere_are_refused(office: Office) -> None:
    job = office.job()
    set_owners(
        office.cast.firm.pk, "job", [job.pk], ["status", "address", "client"], owner="tiny+", owner_key="connection:7"
    )
    other = create_organisation(name="Other", stage="client", code="O", by=office.cast.bo).sure()
    for changes in ({"status": "active"}, {"address": "x"}, {"client": other.pk}):
        with pytest.raises(FieldOwned):
            update_job(job.pk, by=office.cast.ada, changes=changes)
    with pytest.raises(FieldOwned):
        change_job_status(job.pk, to="active", by=office.cast.ada)
    keeper = Actor.connection(office.cast.firm, 7, "tiny+")
    assert update_job(job.pk, by=keeper, changes={"status": "active", "address": "x"}).changed


@pytest.mark.capability("A-14")
def test_a_first_fee_is_taken_once_and_then_comes_from_phases(office: Office) -> None:
    bo, firm_id = office.cast.bo, office.cast.firm.pk
    job = office.job()
    assert job_details(firm_id, job.pk).fee is None
    assert set_first_fee(job.pk, aud("12000"), by=bo).changed
    details = job_details(firm_id, job.pk)
    assert (details.fee, details.phases[0].fee_type) == (aud("12000"), "fixed")
    assert not set_first_fee(job.pk, aud("12000"), by=bo).changed
    outcomes = update_jobs([Edit(job.pk, {"fee": aud("13000")}), Edit(job.pk, {"name": "Town"})], by=office.cast.system)
    assert [outcome.refusal.code if outcome.refusal else "done" for outcome in outcomes] == [
        "fee_comes_from_phases",
        "done",
    ]
    assert "12,000.00 AUD" in str(outcomes[0].refusal)


def test_parties_are_given_as_a_whole_set(office: Office) -> None:
    bo = office.cast.bo
    builder, other = (create_organisation(name=name, stage=None, by=bo).sure() for name in ("Builder", "Other"))
    job = office.job(parties=[Party(builder.pk, "supplier", "P1"), Party(builder.pk, "supplier", "twice")])
    assert [(p.organisation.name, p.role, p.reference) for p in job_details(job.firm_id, job.pk).parties] == [
        ("Builder", "supplier", "P1")
    ]
    kept = JobParty.objects.get().pk
    wanted = [Party(builder.pk, "supplier", "P2"), Party(other.pk, "consultant")]
    assert update_job(job.pk, by=bo, changes={"parties": wanted}).changed
    assert not update_job(job.pk, by=bo, changes={"parties": wanted[::-1]}).changed
    assert JobParty.objects.get(organisation=builder).pk == kept
    assert [row.pk for row in job_list(job.firm_id, party=other.pk)] == [job.pk]
    update_job(job.pk, by=bo, changes={"parties": [Party(other.pk, "consultant")]})
    assert [row.organisation_id for row in JobParty.objects.all()] == [other.pk]
    with pytest.raises(BadValue):
        update_job(job.pk, by=bo, changes={"parties": [Party(other.pk, " ")]})
    foreign = create_organisation(name="Foreign", by=office.cast.odo).sure()
    with pytest.raises(NoSuchOrganisation):
        update_job(job.pk, by=bo, changes={"parties": [Party(foreign.pk, "supplier")]})


def test_projects_group_the_jobs_of_one_client(office: Office) -> None:
    bo = office.cast.bo
    other = create_organisation(name="Other", stage="client", code="O", by=bo).sure()
    project = create_project(name="Campus", client=office.client.pk, number="P1", by=bo)
    strange = create_project(name="Strange", client=other.pk, by=bo)
    create_project(name="Third", client=other.pk, by=bo)
    job = office.job(project=project.pk)
    assert list(job_list(job.firm_id, project=project.pk)) == [job]
    with pytest.raises(NoSuchProject):
        update_job(job.pk, by=bo, changes={"project": strange.pk})
    with pytest.raises(NoSuchProject):
        update_job(job.pk, by=bo, changes={"client": other.pk})
    both = {"client": other.pk, "project": strange.pk}
    assert update_job(job.pk, by=bo, changes=both).sure().project_id == strange.pk
    with pytest.raises(NumberTaken, match="Campus"):
        update_project(strange.pk, by=bo, number="P1")
    assert update_project(strange.pk, by=bo, name="Known", number="P2", expected_version=1).version == 2
    with pytest.raises(StaleVersion):
        update_project(strange.pk, by=bo, name="X", expected_version=1)
    with pytest.raises(NotFound):
        update_project(strange.pk, by=office.cast.odo, name="X")
    with pytest.raises(ClientMissing):
        create_project(name="X", client=office.client.pk, by=office.cast.odo)


@pytest.mark.capability("E-27")
def test_a_job_made_by_mistake_is_removed_with_what_is_its_own(office: Office) -> None:
    job = office.job(parties=[Party(office.client.pk, "authority")])
    remove_job(job.pk, by=office.cast.bo)
    assert not any(model.objects.exists() for model in (Job, Phase, JobParty, JobWord))
    with pytest.raises(NotFound):
        remove_job(job.pk, by=office.cast.bo)


def test_rows_cost_no_queries_of_their_own_but_their_number(office: Office) -> None:
    def statements(count: int) -> tuple[int, int]:
        rows = [{"name": f"Job {n}", "client": office.client.pk, "fee": aud("1")} for n in range(count)]
        with CaptureQueriesContext(connection) as creating:
            outcomes = create_jobs(rows, by=office.cast.bo)
        edits = [Edit(outcome.id or 0, {"status": "active", "name": f"Job {count}"}) for outcome in outcomes]
        with CaptureQueriesContext(connection) as updating:
            update_jobs(edits, by=office.cast.bo)
        return len(creating) - count, len(updating)

    assert statements(30) == statements(3)


def test_another_firm_sees_and_reaches_nothing(office: Office) -> None:
    job, odo = office.job(), office.cast.odo
    for attempt in (
        lambda: update_job(job.pk, by=odo, changes={"name": "Mine"}),
        lambda: change_job_status(job.pk, to="active", by=odo),
        lambda: set_first_fee(job.pk, None, by=odo),
        lambda: archive_job(job.pk, by=odo),
        lambda: restore_job(job.pk, by=odo),
        lambda: remove_job(job.pk, by=odo),
        lambda: job_details(office.cast.other_firm.pk, job.pk),
        lambda: job_details(office.cast.firm.pk, 10**30),
    ):
        with pytest.raises(NotFound):
            attempt()
    with pytest.raises(ClientMissing):
        create_job(name="X", client=office.client.pk, by=odo)
    with pytest.raises(NotAllowed):
        create_job(name="X", client=office.client.pk, by=office.cast.cy)
    assert job_page(office.cast.other_firm.pk, search="library").rows == []
