"""The demo's firms: invented with care, planted by actions, taken by the sandbox as they are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from instep.base.firms.actions.firms import create_firm
from instep.base.identity.models import User
from instep.cli.demo import stamp
from instep.cli.demo.check.cast import check_firm, planted_of
from instep.cli.demo.check.generated import COLUMNS, write_register
from instep.cli.demo.firms.shape import PASSWORD, DemoFirm
from instep.cli.demo.plant import join, plant
from instep.cli.demo.seeds import seed_of
from instep.cli.demo.start import FIRMS, need_room_of_its_own, take_folder
from instep.cli.refusals import CannotStart
from instep.connect.models import Connection, ConnectionState, Pair
from instep.crm.models import Contact, Organisation
from instep.jobs.fees import fees_of_jobs
from instep.jobs.intake.contract_csv import COLUMNS as REGISTER_COLUMNS
from instep.jobs.intake.contract_csv import read_contracts
from instep.jobs.models import Job, JobStatus
from instep.jobs.states import StatusType
from instep.kernel.canonical import canon_phone, valid_tax_number
from instep.staff.models import StaffResource
from sandboxes.tinyplus.app import start

EVERY_FIRM = pytest.mark.parametrize("firm", [*FIRMS, check_firm(organisations=48, seed=1)], ids=lambda firm: firm.key)


@EVERY_FIRM
def test_numbers_are_right_addresses_are_fictitious_and_names_are_told_apart(firm: DemoFirm) -> None:
    numbers = [company.tax_number for company in firm.companies if company.tax_number]
    assert len(numbers) == len(set(numbers))
    assert "51 824 753 556" not in numbers
    assert all(valid_tax_number(number, firm.country) for number in numbers)
    addresses = [
        *(person.email for person in firm.people),
        *(text for c in firm.companies for text in (c.email, c.website, c.linkedin)),
        *(text for h in firm.humans for text in (h.email, h.linkedin)),
    ]
    assert all(re.search(r"\.example(/|$)", address) for address in addresses if address)
    phones = [phone for c in (*firm.companies, *firm.humans) for phone in (c.phone, c.mobile) if phone]
    assert all(re.match(r"\(0\d\) (5550|7010) \d{4}|0491 57\d \d{3}|020 7946 0\d{3}", phone) for phone in phones)
    assert all((canon_phone(phone, firm.country) or "").startswith("+") for phone in phones)
    names = [human.name for human in firm.humans]
    assert len(names) == len(set(names))
    companies = {company.name for company in firm.companies}
    assert {human.at for human in firm.humans} - {""} <= companies
    assert {work.client for work in firm.work} <= companies


@pytest.mark.django_db
@EVERY_FIRM
def test_a_firm_is_planted_once_whatever_happens(firm: DemoFirm) -> None:
    row = plant(firm)
    assert plant(firm) == row
    assert StaffResource.objects.of(row).count() == len(firm.people)
    assert Organisation.objects.of(row).count() == sum(company.here for company in firm.companies)
    assert Contact.objects.of(row).count() == sum(human.here for human in firm.humans)
    here = [work for work in firm.work if work.here]
    assert Job.objects.of(row).count() == len(here)
    for email in (person.email for person in firm.people if person.role):
        assert User.objects.get(email=email).check_password(PASSWORD)


@pytest.mark.django_db
def test_the_architects_have_work_of_every_kind_with_its_fees() -> None:
    firm = next(one for one in FIRMS if one.key == "banksia-bell")
    row = plant(firm)
    jobs = {job.name: job for job in Job.objects.of(row)}
    used = JobStatus.objects.of(row).filter(pk__in={job.status_id for job in jobs.values()})
    assert set(used.values_list("type", flat=True)) == set(StatusType)
    fees = fees_of_jobs(row.pk, list(jobs.values()))
    clinic = fees[jobs["Fairfield clinic: dental wing"].pk]
    assert clinic is not None
    assert str(clinic.amount) == "163350.00"  # 104,500 and 2.75 % of 2,140,000
    assert all(job.number.startswith("BB20") for job in jobs.values())
    assert any(len(name) > 200 for name in jobs)
    assert len(firm.people) == 8
    assert (len(firm.companies), len(firm.humans), len(firm.work)) == (15, 25, 20)


@pytest.mark.django_db(transaction=True)
def test_the_sandbox_takes_every_seed_and_a_moved_sandbox_is_followed(tmp_path: Path) -> None:
    with start(control=True, data=tmp_path / "one") as sandbox:
        for firm in (*FIRMS, check_firm(organisations=24, seed=1)):
            told = sandbox.sandbox.stage.seed({"accounts": [seed_of(firm)]})
            counts = {name: len(ids) for name, ids in told["accounts"][firm.account]["records"].items()}
            assert counts == {name: count for name, count in planted_of(firm).by_type().items() if count}
            first = join(firm, plant(firm), address=f"{sandbox.address}/v2/")
            assert first.state == ConnectionState.ACTIVE
            assert join(firm, plant(firm), address=f"{sandbox.address}/v2/") == first
    firm = FIRMS[0]
    with start(control=True, data=tmp_path / "one") as moved:
        again = join(firm, plant(firm), address=f"{moved.address}/v2/")
        assert (again.pk, again.address) == (Connection.objects.order_by("pk")[0].pk, f"{moved.address}/v2/")
        assert again.state == ConnectionState.ACTIVE
        assert Pair.objects.filter(connection=again).count() == 4


def test_the_generated_register_is_the_same_each_time_and_as_unruly_as_a_real_one(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_register(tmp_path / name, organisations=60, jobs=80, seed=7)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert COLUMNS == REGISTER_COLUMNS
    rows = read_contracts(tmp_path / "one")
    assert len(rows) == 80
    assert not [row for row in rows if row.problem]
    assert any(len(row.values["suppliers"]) > 1 for row in rows)
    assert any(row.values["amount"] == "0.00" for row in rows)
    assert max(len(row.values["title"]) for row in rows) > 200
    named = {name for row in rows for name in (row.values["client"], *(n for n, _ in row.values["suppliers"]))}
    assert 50 <= len(named) <= 62


def test_a_folder_is_prepared_for_what_it_was_stamped_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    stamp.write(tmp_path, sandbox_port=8011)
    assert stamp.read(tmp_path) == {}  # the database has gone
    for name in ("instep.sqlite3", "tinyplus.sandbox", "xero.sandbox"):
        (tmp_path / name).touch()
    assert stamp.read(tmp_path)["sandbox_port"] == 8011
    monkeypatch.setattr(stamp, "PACKAGES", ("django",))
    assert stamp.read(tmp_path) == {}
    assert stamp.last_port(tmp_path, "sandbox_port") == 8011
    (tmp_path / "demo.json").write_text("[broken")
    assert (stamp.read(tmp_path), stamp.last_port(tmp_path, "sandbox_port")) == ({}, 0)


@pytest.mark.django_db
def test_the_demo_keeps_out_of_a_database_where_somebody_works() -> None:
    plant(FIRMS[0])
    need_room_of_its_own()
    architects_next_door = create_firm(key="next-door", name="Next Door")
    with pytest.raises(CannotStart, match=architects_next_door.name):
        need_room_of_its_own()


def test_a_folder_serves_one_demo_at_a_time(tmp_path: Path) -> None:
    lock = take_folder(tmp_path)
    with pytest.raises(CannotStart, match="runs on"):
        take_folder(tmp_path)
    lock.close()
    take_folder(tmp_path).close()
