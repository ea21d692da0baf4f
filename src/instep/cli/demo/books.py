"""Planting the money of a demo firm: rates, time, invoices and payments, by the actions that pages call."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from itertools import cycle
from typing import Any

from instep.base.identity.actor import Actor
from instep.base.settings.declared import declared_settings, set_setting
from instep.billing.actions.claims import Claim, draft_from_job
from instep.billing.actions.credits import cancel_invoice
from instep.billing.actions.issuing import make_invoice_real
from instep.billing.actions.payments import record_payment
from instep.cli.demo.firms.shape import Bill, Books, Hours
from instep.costs.actions.rates import set_staff_rate
from instep.costs.actions.time import record_time_many
from instep.costs.queries import week_of
from instep.jobs.models import Phase
from instep.kernel.money import Money

_RATES_SINCE = 500


def plant_books(books: Books, *, by: Actor, staff: Mapping[str, int], jobs: Mapping[str, int], today: dt.date) -> None:
    """All of it; time of the week of `today` is left as drafts, for its people to submit."""
    settings = {setting.key: setting for setting in declared_settings()}
    for key, value in books.settings.items():
        set_setting(settings[key], value, by=by)
    since = today - dt.timedelta(days=_RATES_SINCE)
    for first, (cost, charge) in books.rates.items():
        set_staff_rate(staff[first], by=by, effective_on=since, cost_rate=cost, charge_rate=charge)
    rows = Phase.objects.of(by.firm_id).filter(job__in=list(jobs.values()))
    phases = {(job_id, name): pk for pk, job_id, name in rows.values_list("pk", "job_id", "name")}
    _plant_hours(books, by=by, staff=staff, jobs=jobs, phases=phases, today=today)
    for bill in books.bills:
        _plant_bill(bill, by=by, job_id=jobs[bill.work], phases=phases, today=today)


def _plant_hours(
    books: Books,
    *,
    by: Actor,
    staff: Mapping[str, int],
    jobs: Mapping[str, int],
    phases: Mapping[tuple[int, str], int],
    today: dt.date,
) -> None:
    monday, _sunday = week_of(today)
    done: list[dict[str, Any]] = []
    begun: list[dict[str, Any]] = []
    for hours in books.hours:
        phase = phases[jobs[hours.work], hours.part]
        for on, minutes, text in _days(hours, today):
            row = {"phase": phase, "staff": staff[hours.who], "on": on, "minutes": minutes, "description": text}
            (done if on < monday else begun).append(row)
    for outcome in (*record_time_many(done, by=by, submit=True), *record_time_many(begun, by=by)):
        outcome.sure()


def _days(hours: Hours, today: dt.date) -> list[tuple[dt.date, int, str]]:
    """The workdays with their minutes and texts."""
    span = (today - dt.timedelta(days=ago) for ago in range(hours.since, hours.until - 1, -1))
    workdays = [on for on in span if on.weekday() < 5]
    return list(zip(workdays[:: hours.every], cycle(hours.minutes), cycle(hours.texts), strict=False))


def _plant_bill(bill: Bill, *, by: Actor, job_id: int, phases: Mapping[tuple[int, str], int], today: dt.date) -> None:
    claims = [
        Claim(phases[job_id, part], percent=None if percent is None else Decimal(percent))
        for part, percent in bill.claims
    ]
    dated_on = today - dt.timedelta(days=bill.ago)
    draft = draft_from_job(job_id, by=by, dated_on=dated_on, claims=claims, reference=bill.reference)
    if bill.draft:
        return
    invoice = make_invoice_real(draft.pk, by=by)
    for ago, percent in bill.paid:
        part = Money.from_minor(invoice.total_minor * percent // 100, invoice.currency)
        received_on = today - dt.timedelta(days=ago)
        record_payment(by=by, received_on=received_on, amount=part, allocations={invoice.pk: part}).sure()
    if bill.cancelled is not None:
        ago, reason = bill.cancelled
        cancel_invoice(invoice.pk, by=by, on=today - dt.timedelta(days=ago), reason=reason)
