"""Setting what an hour of a staff resource costs and should bring."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.db import transaction

from instep.base.audit.log import record
from instep.base.identity.actor import Actor
from instep.base.identity.queries import firm_of
from instep.costs.models import StaffRate
from instep.costs.pricing import scaled_rate
from instep.kernel.currencies import exponent
from instep.kernel.errors import BadValue
from instep.staff.models import StaffResource


@transaction.atomic
def set_staff_rate(
    staff_id: int,
    *,
    by: Actor,
    effective_on: dt.date,
    cost_rate: Decimal | int | None = None,
    charge_rate: Decimal | int | None = None,
    currency: str | None = None,
) -> StaffRate:
    """Set the rates of a staff resource from that date on, in currency units an hour with at most four decimals,
    exclusive of tax; None leaves a rate as it was before that date. A second call for one date replaces the first.

    Submitted time keeps the rates that it has. `currency` is the firm's unless given. Raises NotAllowed, NotFound,
    BadValue.
    """
    by.must("edit rates")
    staff = StaffResource.objects.get_of(by.firm_id, staff_id, what="staff resource")
    currency = currency or firm_of(by.firm_id).currency
    exponent(currency)
    if not isinstance(effective_on, dt.date) or isinstance(effective_on, dt.datetime):
        raise BadValue(field="From", problem="give a date, such as 2026-03-31")
    cost, charge = scaled_rate(cost_rate, "Cost rate", lowest=0), scaled_rate(charge_rate, "Charge rate")
    if cost is None and charge is None:
        raise BadValue(field="Rates", problem="give the cost rate, the charge rate or both")
    rows = StaffRate.objects.of(by.firm_id).select_for_update()
    row = rows.filter(staff=staff, currency=currency, effective_on=effective_on).first()
    row = row or StaffRate(firm_id=by.firm_id, staff=staff, currency=currency, effective_on=effective_on)
    changes = {
        f"{name} in {currency} from {effective_on}": [getattr(row, name), value]
        for name, value in {"cost_rate": cost, "charge_rate": charge}.items()
        if getattr(row, name) != value
    }
    if changes:
        row.cost_rate, row.charge_rate = cost, charge
        row.save()
        record("staff.rate_set", by=by, kind="staff", record_id=staff.pk, changes=changes)
    return row
