"""The states of jobs and phases as truth tables (T-01, 7.2.10, 7.2.11, 7.2.13), through the actions."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from instep.crm.actions.organisations import archive_organisation
from instep.crm.actions.stages import demote_organisation, promote_organisation
from instep.crm.errors import OpenWorkLeft
from instep.crm.states import Stage
from instep.jobs.actions.jobs import archive_job, change_job_status, create_job, restore_job, update_job
from instep.jobs.actions.phases import add_phase, change_phase_status
from instep.jobs.errors import ClientNeeded, OnlyByDocument, ProspectNeeded, ReasonNeeded, StillUnfinished
from instep.jobs.models import Phase
from instep.jobs.queries import job_details, job_list
from instep.jobs.states import (
    IN_WORK,
    PHASE_MOVES,
    STATUS_MOVES,
    TAKES_INVOICE,
    TAKES_TIME,
    PhaseStatus,
    StatusType,
    least_advanced,
    takes_invoice,
    takes_time,
)
from instep.kernel.errors import Refusal, WrongState
from tests.jobs.conftest import Office

TYPES = list(StatusType)
KEY_OF = dict(zip(TYPES, ["proposal", "active", "pending_invoice", "on_hold", "lost", "complete"], strict=True))


@pytest.mark.capability("T-01")
@pytest.mark.parametrize(
    ("kind", "time", "invoice"),
    [
        ("proposal", True, False),
        ("active", True, True),
        ("pending_invoice", False, True),
        ("hold", False, False),
        ("unsuccessful", False, False),
        ("complete", False, False),
    ],
)
def test_each_type_takes_time_and_invoices_as_the_table_says(kind: str, time: bool, invoice: bool) -> None:
    assert (TAKES_TIME[StatusType(kind)], TAKES_INVOICE[StatusType(kind)]) == (time, invoice)


@pytest.mark.capability("T-01", "E-16")
def test_a_job_and_its_phase_must_both_take_it() -> None:
    time = {(kind.value, phase.value) for kind in StatusType for phase in PhaseStatus if takes_time(kind, phase)}
    assert time == {(kind, phase) for kind in ("proposal", "active") for phase in ("quote", "live", "in_house")}
    invoice = {(kind.value, phase.value) for kind in StatusType for phase in PhaseStatus if takes_invoice(kind, phase)}
    assert invoice == {(kind, phase) for kind in ("active", "pending_invoice") for phase in ("live", "complete")}


# From the row to the column; "." stays or changes below the same type, "y" may, "n" may not.
#                     prop act pend hold unsu comp
STATUS_TABLE = {
    "proposal": "       .   y   n    y    y    n",
    "active": "         y   .   y    y    y    y",
    "pending_invoice": "n   y   .    y    n    y",
    "hold": "           y   y   y    .    y    y",
    "unsuccessful": "   y   y   n    n    .    n",
    "complete": "       n   y   y    n    n    .",
}


def _status_cases() -> Iterator[tuple[StatusType, StatusType, str]]:
    for start, marks in STATUS_TABLE.items():
        for wanted, mark in zip(TYPES, marks.split(), strict=True):
            yield StatusType(start), wanted, mark


@pytest.mark.django_db
@pytest.mark.capability("T-01")
@pytest.mark.parametrize(("start", "wanted", "mark"), list(_status_cases()))
def test_a_job_moves_between_types_as_the_table_says(
    office: Office, start: StatusType, wanted: StatusType, mark: str
) -> None:
    job = office.job(status=KEY_OF[start], close_reason="Too dear")
    if mark == "n":
        with pytest.raises(WrongState):
            change_job_status(job.pk, to=KEY_OF[wanted], reason="x", by=office.cast.bo)
        # A remote may have gone there step by step since we looked.
        assert update_job(job.pk, by=office.cast.system, changes={"status": KEY_OF[wanted]}).changed
    else:
        outcome = change_job_status(job.pk, to=KEY_OF[wanted], reason="Because", by=office.cast.bo)
        assert outcome.sure().status.type == wanted
    assert (mark == "y") == (wanted in STATUS_MOVES.allowed(start))


# What a client's stage allows: "y" the job is made, "c" a client is needed, "p" a prospect is.
#              prop act pend hold unsu comp
STAGE_TABLE = {
    "none": "    p   c   c    p    p    c",
    "lead": "    p   c   c    p    p    c",
    "prospect": "y   c   c    y    y    c",
    "client": "  y   y   y    y    y    y",
}


@pytest.mark.django_db
@pytest.mark.capability("E-13", "E-28", "E-36")
@pytest.mark.parametrize("stage", list(Stage))
@pytest.mark.parametrize("kind", TYPES)
def test_a_job_wants_a_client_whose_stage_allows_it(office: Office, stage: Stage, kind: StatusType) -> None:
    mark = STAGE_TABLE[stage.value].split()[TYPES.index(kind)]
    values = {"name": "Library", "client": office.at[stage].pk, "status": KEY_OF[kind], "close_reason": "x"}
    for by in (office.cast.bo, office.cast.system):
        if mark == "y":
            assert create_job(by=by, **values).sure().status.type == kind
        else:
            with pytest.raises(ClientNeeded if mark == "c" else ProspectNeeded) as refusal:
                create_job(by=by, **values)
            assert refusal.value.facts["client_id"] == office.at[stage].pk


@pytest.mark.django_db
@pytest.mark.capability("E-13", "E-36")
def test_an_opportunity_becomes_a_job_once_its_prospect_is_a_client(office: Office) -> None:
    prospect, bo = office.at[Stage.PROSPECT], office.cast.bo
    job = create_job(name="Library", client=prospect.pk, by=bo).sure()
    assert job.status.key == "proposal"
    second = add_phase(job.pk, name="Design", by=bo)
    with pytest.raises(ClientNeeded, match="Promote it to client first"):
        change_job_status(job.pk, to="won", by=bo)
    promote_organisation(prospect.pk, to=Stage.CLIENT, client_code="PRO", by=bo)
    won = change_job_status(job.pk, to="won", by=bo).sure()
    assert (won.pk, won.number, won.status.type) == (job.pk, job.number, "active")
    phases = job_details(office.cast.firm.pk, job.pk).phases
    assert [(phase.number, phase.status) for phase in phases] == [(1, "live"), (2, "live")]
    assert phases[1].pk == second.pk


@pytest.mark.django_db
@pytest.mark.capability("E-13", "E-36")
def test_a_client_with_open_jobs_stays_a_client_and_on_the_lists(office: Office) -> None:
    client, bo = office.client, office.cast.bo
    job = office.job()
    for key in ("proposal", "active", "pending_invoice", "on_hold"):
        update_job(job.pk, by=office.cast.system, changes={"status": key})
        with pytest.raises(OpenWorkLeft, match=job.number):
            demote_organisation(client.pk, to=Stage.PROSPECT, by=bo)
        with pytest.raises(OpenWorkLeft):
            archive_organisation(client.pk, by=bo)
        with pytest.raises(StillUnfinished):
            archive_job(job.pk, by=bo)
    change_job_status(job.pk, to="complete", by=bo)
    # A finished job does not follow its client down; but it cannot be taken up again for a prospect.
    demote_organisation(client.pk, to=Stage.PROSPECT, by=bo)
    with pytest.raises(ClientNeeded):
        change_job_status(job.pk, to="active", by=bo)
    assert update_job(job.pk, by=bo, changes={"name": "Old library"}).changed
    assert archive_job(job.pk, by=bo).changed
    assert restore_job(job.pk, by=bo).changed


@pytest.mark.django_db
@pytest.mark.capability("E-13")
def test_a_live_job_is_not_handed_to_a_prospect_and_a_held_quote_stays_a_quote(office: Office) -> None:
    bo, prospect = office.cast.bo, office.at[Stage.PROSPECT]
    live = office.job(status="active")
    for by in (bo, office.cast.system):
        with pytest.raises(ClientNeeded):
            update_job(live.pk, by=by, changes={"client": prospect.pk})
    quoted = office.job()
    change_job_status(quoted.pk, to="on_hold", by=bo)
    assert update_job(quoted.pk, by=bo, changes={"client": prospect.pk}).changed
    assert [phase.status for phase in job_details(quoted.firm_id, quoted.pk).phases] == ["quote"]


@pytest.mark.django_db
@pytest.mark.capability("T-01")
def test_unsuccessful_work_says_why_and_forgets_it_when_it_is_taken_up_again(office: Office) -> None:
    job, bo = office.job(), office.cast.bo
    with pytest.raises(ReasonNeeded, match="Lost"):
        change_job_status(job.pk, to="lost", by=bo)
    assert change_job_status(job.pk, to="lost", reason="Too dear", by=bo).sure().close_reason == "Too dear"
    # Another status of the same type keeps the reason; taking the job up again drops it.
    assert change_job_status(job.pk, to="cancelled", by=bo).sure().close_reason == "Too dear"
    assert change_job_status(job.pk, to="active", by=bo).sure().close_reason == ""
    assert update_job(job.pk, by=office.cast.system, changes={"status": "lost"}).sure().close_reason == ""
    second = office.job("Second", close_reason="No funds in sight")
    assert change_job_status(second.pk, to="lost", by=bo).sure().close_reason == "No funds in sight"


@pytest.mark.django_db
@pytest.mark.capability("E-16")
def test_work_that_waits_for_its_invoice_is_off_the_open_list_and_comes_back(office: Office) -> None:
    job, bo = office.job(status="active"), office.cast.bo

    def listed() -> bool:
        return job_list(office.cast.firm.pk, types=IN_WORK).exists()

    assert listed()
    for _ in range(2):
        change_job_status(job.pk, to="pending_invoice", by=bo)
        assert not listed()
        assert TAKES_INVOICE[StatusType.PENDING_INVOICE]
        change_job_status(job.pk, to="active", by=bo)
        assert listed()


# --- phases ----------------------------------------------------------------------------------------------------------

#                   quot live in_h comp clos
PHASE_TABLE = {
    "quote": "       .    y    y    n    n",
    "live": "        n    .    y    y    d",
    "in_house": "    n    y    .    y    n",
    "complete": "    n    y    y    .    d",
    "closed": "      n    d    n    n    .",
}


def _phase_cases() -> Iterator[tuple[PhaseStatus, PhaseStatus, str]]:
    for start, marks in PHASE_TABLE.items():
        for wanted, mark in zip(PhaseStatus, marks.split(), strict=True):
            yield PhaseStatus(start), wanted, mark


@pytest.mark.django_db
@pytest.mark.capability("E-32", "E-16")
@pytest.mark.parametrize(("start", "wanted", "mark"), list(_phase_cases()))
def test_a_phase_moves_as_the_table_says_and_is_closed_only_by_a_document(
    office: Office, start: PhaseStatus, wanted: PhaseStatus, mark: str
) -> None:
    job = office.job(status="active")
    (phase,) = job_details(office.cast.firm.pk, job.pk).phases
    Phase.objects.filter(pk=phase.pk).update(status=start)  # as a final document would leave it
    refused: type[Refusal] | None = {"n": WrongState, "d": OnlyByDocument}.get(mark)
    if refused is not None:
        with pytest.raises(refused):
            change_phase_status(phase.pk, to=wanted, by=office.cast.bo)
    else:
        change_phase_status(phase.pk, to=wanted, by=office.cast.bo)
    phase.refresh_from_db()
    job.refresh_from_db()
    assert phase.status == (start if refused else wanted)
    assert job.version == (2 if mark == "y" else 1)
    assert (mark in "yd") == (wanted in PHASE_MOVES.allowed(start))


@pytest.mark.capability("E-32")
def test_a_jobs_progress_is_that_of_its_least_advanced_phase() -> None:
    assert least_advanced([]) is None
    assert least_advanced(["closed", "closed"]) is PhaseStatus.CLOSED
    order = ["quote", "live", "in_house", "complete", "closed"]
    for place, status in enumerate(order):
        for later in order[place:]:
            assert least_advanced([later, status]) == status
