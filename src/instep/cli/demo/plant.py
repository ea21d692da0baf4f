"""Planting a demo firm through the actions that pages call, and connecting it with its sandbox. Django is ready."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction

from instep.base.firms.actions.firms import create_firm
from instep.base.firms.actions.members import grant_membership
from instep.base.firms.actions.users import create_user
from instep.base.identity.actor import Actor
from instep.base.identity.models import Firm, User
from instep.base.records.outcomes import Outcome
from instep.base.settings.declared import set_setting
from instep.cli.demo.books import plant_books
from instep.cli.demo.firms.shape import PASSWORD, Company, DemoFirm, Part, Person
from instep.connect.actions.adjust import join_values
from instep.connect.actions.connections import connect_remote, disconnect, start_sync
from instep.connect.models import Connection, ConnectionState
from instep.crm.actions.contacts import create_contacts
from instep.crm.actions.organisations import create_organisations
from instep.jobs.actions.jobs import create_jobs
from instep.jobs.actions.phases import add_phases, update_phase
from instep.jobs.actions.statuses import create_default_statuses
from instep.jobs.actions.types import add_job_type
from instep.jobs.models import Phase
from instep.jobs.queries import job_types_of
from instep.jobs.settings import DEFAULT_HANDLER, FIRST_PHASE
from instep.kernel.money import Money
from instep.staff.actions.resources import create_staff_many

POLL_SECONDS = 1
"""A sandbox on this machine has no limits; a real remote is asked far less often."""


@transaction.atomic
def plant(firm: DemoFirm, today: dt.date | None = None) -> Firm:
    """The firm with everything that exists here at first. Nothing happens when it is there already."""
    found = Firm.objects.filter(key=firm.key).first()
    if found is not None:
        return found
    row = make_firm(firm)
    by = Actor.system(row, "demo")
    staff = _plant_people(firm, row, by)
    organisations = plant_companies([c for c in firm.companies if c.here], by)
    humans = [human for human in firm.humans if human.here]
    _sure(
        create_contacts(
            [
                {
                    "first_name": human.first,
                    "last_name": human.last,
                    "role": human.role,
                    "email": human.email,
                    "phone": human.phone,
                    "mobile": human.mobile,
                    "office_phone": human.office_phone,
                    "linkedin": human.linkedin,
                    "organisation": organisations.get(human.at),
                }
                for human in humans
            ],
            by=by,
        )
    )
    today = today or row.today()
    jobs = _plant_work(firm, staff=staff, organisations=organisations, by=by, today=today)
    if firm.books is not None:
        plant_books(firm.books, by=by, staff=staff, jobs=jobs, today=today)
    return row


def make_firm(firm: DemoFirm) -> Firm:
    """The firm alone, with its statuses and settings."""
    row = create_firm(
        key=firm.key,
        name=firm.name,
        currency=firm.currency,
        country=firm.country,
        zone=firm.zone,
        vocabulary=firm.vocabulary,
        series=firm.series,
        by_name="demo",
    )
    by = Actor.system(row, "demo")
    create_default_statuses(row, by=by)
    set_setting(FIRST_PHASE, firm.first_part, by=by)
    for name in firm.types:
        add_job_type(name, by=by)
    return row


def _plant_people(firm: DemoFirm, row: Firm, by: Actor) -> dict[str, int]:
    """Users and staff resources; {first name: id of the resource}. The first person handles what names nobody."""
    users = {person.email: _user(person, by).pk for person in firm.people if person.role}
    made = _sure(
        create_staff_many(
            [
                {
                    "first_name": person.first,
                    "last_name": person.last,
                    "job_title": person.title,
                    "email": person.email,
                    "phone": person.phone,
                    "mobile": person.mobile,
                    "user": users.get(person.email),
                }
                for person in firm.people
            ],
            by=by,
        )
    )
    set_setting(DEFAULT_HANDLER, made[0], by=by)
    return dict(zip((person.first for person in firm.people), made, strict=True))


def _user(person: Person, by: Actor) -> User:
    user = create_user(email=person.email, name=person.name, password=PASSWORD, by=by)
    grant_membership(user, by=by, role=person.role or "staff")
    return user


def plant_companies(companies: Sequence[Company], by: Actor) -> dict[str, int]:
    """Organisations; {name: id}."""
    made = _sure(
        create_organisations(
            [
                {
                    "name": company.name,
                    "stage": company.stage,
                    "code": company.code,
                    "email": company.email,
                    "phone": company.phone,
                    "mobile": company.mobile,
                    "website": company.website,
                    "linkedin": company.linkedin,
                    "tax_number": company.tax_number,
                    "address": company.address,
                    "is_supplier": company.supplier,
                    "is_person": company.person,
                }
                for company in companies
            ],
            by=by,
        )
    )
    return dict(zip((company.name for company in companies), made, strict=True))


def _plant_work(
    firm: DemoFirm, *, staff: dict[str, int], organisations: dict[str, int], by: Actor, today: dt.date
) -> dict[str, int]:
    """Jobs with their phases; {name: id}."""
    work, currency = [one for one in firm.work if one.here], firm.currency
    types = type_keys(by.firm_id)
    made = _sure(
        create_jobs(
            [
                {
                    "name": one.name,
                    "client": organisations[one.client],
                    "status": one.status,
                    "handler": staff[one.handler],
                    "job_type": types.get(one.kind),
                    "address": one.address,
                    "scope": one.scope,
                    "close_reason": one.reason,
                    "starts_on": _day(today, one.starts),
                    "ends_on": _day(today, one.ends),
                }
                for one in work
            ],
            by=by,
        )
    )
    firsts = dict(Phase.objects.of(by.firm_id).filter(job__in=made, number=1).values_list("job_id", "pk"))
    for one, job_id in zip(work, made, strict=True):
        first, *others = one.parts
        update_phase(firsts[job_id], by=by, changes=_phase(first, currency))
        if others:
            add_phases(job_id, [_phase(part, currency) for part in others], by=by)
    return dict(zip((one.name for one in work), made, strict=True))


def _phase(part: Part, currency: str) -> dict[str, Any]:
    values: dict[str, Any] = {"name": part.name, "fee_type": part.type}
    if part.percent is not None and part.contract is not None:
        values |= {"percent": Decimal(part.percent), "contract": Money(Decimal(part.contract), currency)}
    elif part.fee is not None:
        values["fee"] = Money(Decimal(part.fee), currency)
    return values


def _day(today: dt.date, days: int | None) -> str | None:
    return None if days is None else (today + dt.timedelta(days=days)).isoformat()


def _sure(outcomes: Iterable[Outcome[Any]]) -> list[int]:
    return [outcome.sure().pk for outcome in outcomes]


def type_keys(firm_id: int) -> dict[str, str]:
    """{name: key} of the firm's types of job."""
    return {row.name: row.key for row in job_types_of(firm_id)}


def join(firm: DemoFirm, row: Firm, *, address: str, start: bool = True) -> Connection:
    """Connect the firm with its account and, unless `start` is False, let it run.

    What is there already stays; a sandbox that answers at another address now is followed there, its records stay
    linked.
    """
    by = Actor.system(row, "demo")
    rows = Connection.objects.of(row).filter(provider="tinyplus")
    found = rows.exclude(state=ConnectionState.DISCONNECTED).first()
    if found is not None and found.address != address:
        disconnect(found.pk, by=by)
        found = None
    if found is None:
        found = connect_remote(
            row.pk,
            by=by,
            provider="tinyplus",
            secret={"access_token": firm.token},
            address=address,
            poll_seconds=POLL_SECONDS,
        )
        keys = type_keys(row.pk)
        for name, theirs in firm.types.items():
            if theirs:
                join_values(found.pk, by=by, domain="job_type", ours=keys[name], theirs=theirs)
    return start_sync(found.pk, by=by) if start and found.state == ConnectionState.SETUP else found
