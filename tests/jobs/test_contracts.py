"""Importing a register of contracts: planned, repeatable, cut anywhere, and the real one whole."""

from __future__ import annotations

import os
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db.models import Sum

from instep.base.audit.models import AuditEntry
from instep.base.intake.models import Source, SourceRow
from instep.base.intake.queries import records_of
from instep.base.intake.rows import Tally, Verdict
from instep.base.outbox.models import OutboxRow
from instep.base.ownership.owners import set_owners
from instep.base.settings.declared import set_setting
from instep.base.tasks.runner import run_inline
from instep.crm.actions.organisations import create_organisation, update_organisation
from instep.crm.models import Organisation
from instep.crm.states import Stage
from instep.jobs.actions.jobs import change_job_status, update_job
from instep.jobs.actions.phases import add_phase
from instep.jobs.actions.statuses import make_default_status, retire_status
from instep.jobs.errors import HandlerNeeded, NoSuchStatus
from instep.jobs.intake.contracts import SOURCE, import_contracts, plan_contracts, rows_refused
from instep.jobs.intake.errors import MalformedCsv
from instep.jobs.intake.tasks import request_contracts_import
from instep.jobs.models import Job, JobParty, Phase
from instep.jobs.queries import job_details
from instep.jobs.settings import DEFAULT_HANDLER
from instep.kernel.errors import NotAllowed
from instep.kernel.money import Money
from tests.jobs.conftest import Office
from tests.jobs.test_contract_csv import written

pytestmark = pytest.mark.django_db
MODELS = (Organisation, Job, Phase, JobParty, SourceRow, OutboxRow)


@pytest.fixture
def register(office: Office, tmp_path: Path) -> Path:
    """Three contracts of two directorates; the firm's default handler is Hana."""
    set_setting(DEFAULT_HANDLER, office.hana.pk, by=office.cast.ada)
    return written(
        tmp_path / "register.csv",
        {"suppliers": "Colda Constructions (PICH0001.1)\nOffice of Sport", "amount": "100.5"},
        {"title": "x " * 165, "suppliers": "COLDA CONSTRUCTIONS PTY LTD", "amount": "0.0", "contract_number": "PO_2"},
        {"directorate": "Digital Canberra", "suppliers": "Colda Construction", "amount": "420000000.0"},
    )


def everything() -> list[Any]:
    """All rows that an import may touch."""
    return [list(model.objects.order_by("pk").values_list()) for model in MODELS]


def job_of(office: Office, place: int) -> Job:
    """The job that the row at this place became."""
    key = f"https://register.example/{place}"
    source = Source.objects.of(office.cast.firm).get(key=SOURCE)
    return Job.objects.get(pk=records_of(source, [key])[key])


@pytest.mark.capability("E-27", "T-03")
def test_a_contract_becomes_a_job_of_its_directorate_with_its_suppliers_as_parties(
    office: Office, register: Path
) -> None:
    before = everything()
    plan = plan_contracts(register, by=office.cast.bo)
    assert (plan.jobs.counts, plan.organisations.counts) == ({Verdict.NEW: 3}, {Verdict.NEW: 5})
    assert (plan.shortened, plan.obstacle, rows_refused(plan)) == ([4], "", [])
    assert everything() == before
    assert not Source.objects.exists()

    seen: list[tuple[int, int]] = []
    tally = import_contracts(
        register, by=office.cast.bo, batch=2, progress=lambda done, total, _: seen.append((done, total))
    )
    assert (tally.organisations, tally.jobs) == (Tally(created=5), Tally(created=3))
    assert seen == [(2, 8), (4, 8), (5, 8), (7, 8), (8, 8)]

    details = job_details(office.cast.firm.pk, job_of(office, 1).pk)
    job = details.job
    assert (job.name, job.number, job.external_reference) == ("Year 7 camp", "J0001", "PO_1")
    assert (job.client.name, job.client.stage, job.client.code) == ("Education Directorate", "client", "ED")
    assert (str(job.starts_on), str(job.ends_on), job.status.key) == ("2025-09-15", "2026-10-23", "active")
    assert (job.handler, details.fee) == (office.hana, Money(Decimal("100.50"), "AUD"))
    assert "Register: https://register.example/1" in job.scope
    parties = [(p.organisation.name, p.organisation.stage, p.role, p.reference) for p in details.parties]
    assert parties == [
        ("Colda Constructions", "none", "supplier", "PICH0001.1"),
        ("Office of Sport", "none", "supplier", ""),
    ]
    second = job_details(office.cast.firm.pk, job_of(office, 2).pk)
    # Only names that are equal but for case, punctuation and legal form are one organisation.
    assert second.parties[0].organisation == details.parties[0].organisation
    assert job_details(office.cast.firm.pk, job_of(office, 3).pk).parties[0].organisation.name == "Colda Construction"
    assert second.fee == Money(Decimal(0), "AUD")
    assert second.job.name.endswith("…")
    assert second.job.scope.startswith(("x " * 115).strip())


def test_a_second_import_changes_nothing(office: Office, register: Path) -> None:
    import_contracts(register, by=office.cast.bo)
    before, journal = everything(), AuditEntry.objects.count()
    tally = import_contracts(register, by=office.cast.bo)
    assert (tally.organisations, tally.jobs) == (Tally(unchanged=5), Tally(unchanged=3))
    assert everything() == before
    assert AuditEntry.objects.count() == journal
    plan = plan_contracts(register, by=office.cast.bo)
    assert (plan.jobs.counts, plan.organisations.counts) == ({Verdict.UNCHANGED: 3}, {Verdict.UNCHANGED: 5})


def test_a_changed_row_changes_its_job_but_not_how_far_it_has_come(
    office: Office, register: Path, tmp_path: Path
) -> None:
    bo = office.cast.bo
    import_contracts(register, by=bo)
    jobs = [job_of(office, place) for place in (1, 2, 3)]
    change_job_status(jobs[0].pk, to="on_hold", by=bo)
    update_organisation(jobs[0].client_id, by=bo, changes={"name": "Schools"})
    add_phase(jobs[2].pk, name="Extra", fee=Money(Decimal(5), "AUD"), by=bo)
    changed = written(
        tmp_path / "later.csv",
        {"title": "Year 8 camp", "amount": "200", "suppliers": "Office of Sport", "expiry_date": "2027-01-01"},
        {"title": "x " * 165, "suppliers": "COLDA CONSTRUCTIONS PTY LTD", "amount": "0.0", "contract_number": "PO_2"},
        {"directorate": "Digital Canberra", "suppliers": "Colda Construction", "amount": "1"},
        {"directorate": "Office of Sport", "title": "New"},
    )
    plan = plan_contracts(changed, by=bo)
    assert plan.jobs.counts == {Verdict.CHANGED: 2, Verdict.UNCHANGED: 1, Verdict.NEW: 1}
    tally = import_contracts(changed, by=bo)
    assert tally.jobs == Tally(created=1, updated=1, unchanged=1, refused=1)
    details = job_details(office.cast.firm.pk, jobs[0].pk)
    assert (details.job.name, details.job.status.key, str(details.job.ends_on)) == (
        "Year 8 camp",
        "on_hold",
        "2027-01-01",
    )
    assert (details.fee, details.job.client.name) == (Money(Decimal(200), "AUD"), "Schools")
    assert [party.organisation.name for party in details.parties] == ["Office of Sport"]
    # A divided job keeps its phases' fees, and the row says why; nothing else of it is half changed.
    refused = SourceRow.objects.of(office.cast.firm).get(state="refused")
    assert (refused.reason_code, refused.line) == ("fee_comes_from_phases", 4)
    assert job_details(office.cast.firm.pk, jobs[2].pk).fee == Money(Decimal(420_000_005), "AUD")
    # A supplier that became a client is both.
    both = job_of(office, 4).client
    assert (both.name, both.stage, both.is_supplier) == ("Office of Sport", "client", True)


def test_organisations_that_the_firm_knows_are_used_and_given_their_roles(office: Office, register: Path) -> None:
    bo = office.cast.bo
    known = create_organisation(name="EDUCATION DIRECTORATE", stage="lead", by=bo).sure()
    client = create_organisation(name="Office of Sport", stage="client", code="SPORT", by=bo).sure()
    import_contracts(register, by=bo)
    known.refresh_from_db()
    client.refresh_from_db()
    assert (known.name, known.stage, known.code) == ("EDUCATION DIRECTORATE", "client", "ED")
    assert (client.stage, client.code, client.is_supplier) == ("client", "SPORT", True)
    assert job_of(office, 1).client == known


def test_refused_rows_say_why_and_are_taken_once_the_cause_is_gone(
    office: Office, register: Path, tmp_path: Path
) -> None:
    cast = office.cast
    known = create_organisation(name="Digital Canberra", stage="prospect", by=cast.bo).sure()
    set_owners(cast.firm.pk, "organisation", [known.pk], ["stage"], owner="tiny+", owner_key="connection:7")
    path = written(
        tmp_path / "bad.csv",
        {"amount": "lots"},
        {"directorate": "Digital Canberra"},
        {"details_url": ""},
        {"details_url": "https://register.example/2"},
        {},
    )
    plan = plan_contracts(path, by=cast.bo)
    assert plan.jobs.counts == {Verdict.NEW: 2, Verdict.REFUSED: 3}
    assert [line for line, _ in rows_refused(plan)] == [2, 4, 5]
    assert "lots" in rows_refused(plan)[0][1]
    assert import_contracts(path, by=cast.bo).jobs == Tally(created=1, refused=4)
    reasons = dict(SourceRow.objects.filter(state="refused", source__key=SOURCE).values_list("line", "reason_code"))
    assert reasons == {2: "bad_amount", 3: "no_organisation"}
    keeper = cast.system.__class__.connection(cast.firm, 7, "tiny+")
    update_organisation(known.pk, by=keeper, changes={"stage": "client"})
    tally = import_contracts(path, by=cast.bo)
    assert tally.jobs == Tally(created=1, unchanged=1, refused=3)


@pytest.mark.parametrize("cut_at", [1, 2, 3, 4, 5])
def test_an_import_that_is_cut_goes_on_and_ends_as_if_it_had_not_been(
    office: Office, register: Path, cut_at: int
) -> None:
    class Cut(BaseException):
        """The plug is pulled."""

    calls: Counter[str] = Counter()

    def cutting(_done: int, _total: int, _message: str) -> None:
        calls["n"] += 1
        if calls["n"] == cut_at:
            raise Cut

    with pytest.raises(Cut):
        import_contracts(register, by=office.cast.bo, batch=2, progress=cutting)
    import_contracts(register, by=office.cast.bo, batch=2)
    assert Job.objects.count() == 3
    assert sorted(Job.objects.values_list("number", flat=True)) == ["J0001", "J0002", "J0003"]
    assert Organisation.objects.exclude(pk__in=[row.pk for row in office.at.values()]).count() == 5
    assert import_contracts(register, by=office.cast.bo).jobs == Tally(unchanged=3)


def test_what_would_stop_every_row_stops_the_import_before_anything_is_written(office: Office, register: Path) -> None:
    cast = office.cast
    set_setting(DEFAULT_HANDLER, 0, by=cast.ada)
    before = everything()
    assert "handler" in plan_contracts(register, by=cast.bo).obstacle
    with pytest.raises(HandlerNeeded):
        import_contracts(register, by=cast.bo)
    set_setting(DEFAULT_HANDLER, office.hana.pk, by=cast.ada)
    for key in ("won", "active"):
        retire_status(office.statuses[key].pk, by=cast.ada)
    assert "active" in plan_contracts(register, by=cast.bo).obstacle
    with pytest.raises(NoSuchStatus):
        import_contracts(register, by=cast.bo)
    broken = register.with_name("broken.csv")
    broken.write_text(register.read_text() + '"never closed')
    for door in (plan_contracts, import_contracts):
        with pytest.raises(MalformedCsv):
            door(broken, by=cast.bo)
        with pytest.raises(NotAllowed):
            door(register, by=cast.cy)
    assert everything() == before
    make_default_status(office.statuses["on_hold"].pk, by=cast.ada)


def test_a_worker_imports_with_the_rights_of_who_asked_and_shows_progress(office: Office, register: Path) -> None:
    row = request_contracts_import(str(register), by=office.cast.bo, key="first")
    assert request_contracts_import(str(register), by=office.cast.bo, key="first") == row
    done = run_inline(row)
    assert (done.state, done.done_count, done.total_count) == ("done", 8, 8)
    assert done.result["jobs"] == {"created": 3, "updated": 0, "unchanged": 0, "refused": 0}
    assert AuditEntry.objects.get(event="job.created").actor_name == "Bo"
    lost = request_contracts_import(str(register.with_name("gone.csv")), by=office.cast.bo)
    gone = run_inline(lost, reraise=False)
    assert (gone.state, gone.error_code) == ("failed", "no_such_file")
    with pytest.raises(NotAllowed):
        request_contracts_import(str(register), by=office.cast.cy)


def test_two_firms_import_the_same_register_apart(office: Office, register: Path) -> None:
    import_contracts(register, by=office.cast.bo)
    with pytest.raises(NoSuchStatus):
        import_contracts(register, by=office.cast.odo)
    assert plan_contracts(register, by=office.cast.odo).jobs.counts == {Verdict.NEW: 3}


@pytest.mark.capability("A-14", "T-03", "E-27")
def test_the_act_register_of_2025_is_imported_whole_and_exactly(office: Office) -> None:
    folder = Path(os.environ.get("INSTEP_SHARED", Path(__file__).resolve().parents[3] / "shared")) / "data"
    path = folder / "act_contracts_2025.csv"
    if not path.exists():
        pytest.skip(f"no {path.name}: set INSTEP_SHARED")
    set_setting(DEFAULT_HANDLER, office.hana.pk, by=office.cast.ada)
    firm, bo = office.cast.firm, office.cast.bo
    plan = plan_contracts(path, by=bo)
    assert (plan.jobs.counts, len(plan.shortened), plan.obstacle) == ({Verdict.NEW: 1296}, 0, "")
    tally = import_contracts(path, by=bo)
    assert tally.jobs == Tally(created=1296)
    jobs = Job.objects.of(firm)
    assert jobs.count() == jobs.values("number").distinct().count() == 1296
    assert jobs.values("client").distinct().count() == 24
    assert max(len(job.name) for job in jobs) == 229, "the longest title is kept whole"
    assert Organisation.objects.of(firm).filter(stage=Stage.CLIENT).count() == 24 + 1
    assert Phase.objects.of(firm).aggregate(sum=Sum("fee_minor"))["sum"] == 163_904_560_697
    assert Phase.objects.of(firm).filter(fee_minor=None).count() == 0
    assert JobParty.objects.of(firm).exclude(reference="").count() == 50
    before, journal = everything(), AuditEntry.objects.count()
    again = import_contracts(path, by=bo)
    assert (again.jobs, again.organisations.unchanged) == (Tally(unchanged=1296), tally.organisations.created)
    assert everything() == before
    assert AuditEntry.objects.count() == journal
    # One word changed in one row is one change.
    job = jobs.order_by("pk")[0]
    assert not update_job(job.pk, by=bo, changes={"name": job.name}).changed
