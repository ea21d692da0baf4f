"""Recording, changing and removing payments; what a sync of an accounting package calls too (B-07, B-16, B-17)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from instep.base.audit.log import record
from instep.base.identity.actor import Actor
from instep.base.outbox.notices import announce
from instep.base.ownership.owners import check_editable
from instep.base.records.outcomes import Outcome
from instep.base.records.texts import one_text
from instep.billing.actions.allocations import allocations_of, put_allocations
from instep.billing.actions.desk import a_date
from instep.billing.documents.copies import client_of
from instep.billing.errors import NoSuchClient, PaymentRemoved, ReasonNeeded
from instep.billing.models import Document, Payment
from instep.kernel.errors import BadValue, StaleVersion
from instep.kernel.money import Money
from instep.kernel.records.kinds import FieldType, RecordField

_REFERENCE = RecordField("reference", FieldType.TEXT, "Reference", max_length=200)
_SOURCE = RecordField("source", FieldType.TEXT, "Source", max_length=60)
_SOURCE_KEY = RecordField("source_key", FieldType.TEXT, "Id at the source", max_length=200)
_REASON = RecordField("reason", FieldType.MULTILINE, "Reason", max_length=1000)
_CHANGEABLE = frozenset({"received_on", "amount", "reference", "client"})
_SHARED = {"received_on": "on", "amount": "amount", "reference": "reference"}
"""Fields as the shared words name them, by which a package owns them."""


@transaction.atomic
def record_payment(
    *,
    by: Actor,
    received_on: dt.date,
    amount: Money,
    allocations: Mapping[int, Money] | None = None,
    client: int | None = None,
    reference: str = "",
    source: str = "",
    source_key: str = "",
) -> Outcome[Payment]:
    """Record money received, inclusive of tax, and which invoices it pays: {invoice id: amount}. What is not allocated
    is unapplied money of the client, who is the one of the first invoice unless given.

    `source` and `source_key` name it at an accounting package and make this idempotent: recorded again, it is found,
    brought to these values if they differ, and `changed` says whether anything was written. Raises NotAllowed,
    BadValue, NoSuchClient, NotFound or NotAnInvoice for an invoice, OverPaid, OverAllocated, OtherCurrency,
    PaymentRemoved for one that was removed here.
    """
    by.must("record payments")
    source, source_key = one_text(source, _SOURCE), one_text(source_key, _SOURCE_KEY)
    if bool(source) != bool(source_key):
        raise BadValue(field="Source", problem="give both the source and its id there, or neither")
    shares = dict(allocations or {})
    known = _known(by, source, source_key)
    if known is not None:
        changes: dict[str, Any] = {"received_on": received_on, "amount": amount, "reference": reference}
        changes |= {"client": client} if client is not None else {}
        return _change(known, by, changes, shares if allocations is not None else None)
    payer = client_of(by.firm_id, client) if client is not None else None
    payment = Payment(
        firm_id=by.firm_id,
        client_id=payer.pk if payer else _payer(by, shares),
        received_on=a_date(received_on, "Received"),
        amount_minor=_amount(amount),
        currency=amount.currency,
        reference=one_text(reference, _REFERENCE),
        source=source,
        source_key=source_key,
    )
    try:
        with transaction.atomic():
            payment.save(force_insert=True)
    except IntegrityError:
        # Somebody recorded it at the same moment: it is there now.
        if _known(by, source, source_key) is None:
            raise
        return record_payment(
            by=by,
            received_on=received_on,
            amount=amount,
            allocations=allocations,
            client=client,
            reference=reference,
            source=source,
            source_key=source_key,
        )
    put_allocations(payment, shares)
    noted = {"amount": [None, amount.as_json()], "received_on": [None, payment.received_on]}
    noted |= {"allocations": [None, _json(shares)]} if shares else {}
    _tell(payment, "recorded", noted, by)
    _announce_invoices(by, shares)
    return Outcome(payment)


@transaction.atomic
def change_payment(
    payment_id: int,
    *,
    by: Actor,
    changes: Mapping[str, Any] | None = None,
    allocations: Mapping[int, Money] | None = None,
    expected_version: int | None = None,
) -> Outcome[Payment]:
    """Change received_on, amount (Money), reference or client (id) of a payment; `allocations` is the whole new set,
    None leaves it, except that the one allocation of a payment that was applied in full follows its amount.

    Old values stay in the journal. Raises what `record_payment` does, and NotFound, StaleVersion, PaymentRemoved.
    """
    by.must("record payments")
    payment = lock_payment(payment_id, by, expected_version)
    return _change(payment, by, dict(changes or {}), None if allocations is None else dict(allocations))


@transaction.atomic
def remove_payment(
    payment_id: int, *, by: Actor, reason: str, expected_version: int | None = None, now: dt.datetime | None = None
) -> Outcome[Payment]:
    """Take a payment back: its invoices are open again, the row stays with the reason, and the journal holds the old
    amount and allocations (B-17). One that is removed already stays so, unchanged. Raises NotAllowed, NotFound,
    StaleVersion, ReasonNeeded."""
    by.must("record payments")
    rows = Payment.objects.select_for_update(no_key=True)
    payment = rows.get_of(by.firm_id, payment_id, what="payment")
    if payment.removed_at is not None:
        return Outcome(payment, changed=False)
    if expected_version is not None and payment.version != expected_version:
        raise StaleVersion(what="payment")
    why = one_text(reason, _REASON)
    if not why:
        raise ReasonNeeded()
    check_editable(by, "payment", payment.pk, ["state"])
    before = allocations_of(payment)
    put_allocations(payment, {})
    payment.removed_at, payment.removed_reason = now or timezone.now(), why
    payment.version += 1
    payment.save(update_fields=["removed_at", "removed_reason", "version"])
    changes = {"amount": [payment.amount.as_json(), None], "allocations": [_json(before), {}]}
    _tell(payment, "removed", changes, by, note=why)
    _announce_invoices(by, before)
    return Outcome(payment)


def lock_payment(payment_id: int, by: Actor, expected_version: int | None = None) -> Payment:
    """The payment, locked. Raises NotFound, StaleVersion, PaymentRemoved."""
    rows = Payment.objects.select_for_update(no_key=True)
    payment = rows.get_of(by.firm_id, payment_id, what="payment")
    if expected_version is not None and payment.version != expected_version:
        raise StaleVersion(what="payment")
    if payment.removed_at is not None:
        raise PaymentRemoved(payment=str(payment))
    return payment


def _change(payment: Payment, by: Actor, changes: dict[str, Any], shares: dict[int, Money] | None) -> Outcome[Payment]:
    if payment.removed_at is not None:
        raise PaymentRemoved(payment=str(payment))
    unknown = changes.keys() - _CHANGEABLE
    if unknown:
        raise BadValue(field=min(unknown), problem="a payment has no such field that could be changed")
    owned = [word for name, word in _SHARED.items() if name in changes]
    check_editable(by, "payment", payment.pk, [*owned, *(["invoice"] if shares is not None else [])])
    held = allocations_of(payment)
    wanted: dict[str, Any] = {}
    if "received_on" in changes:
        wanted["received_on"] = a_date(changes["received_on"], "Received")
    if "reference" in changes:
        wanted["reference"] = one_text(changes["reference"], _REFERENCE)
    if "client" in changes:
        wanted["client_id"] = client_of(by.firm_id, changes["client"]).pk
    if "amount" in changes:
        wanted["amount_minor"] = _amount(changes["amount"])
        wanted["currency"] = changes["amount"].currency
        if shares is None and len(held) == 1 and sum(one.minor for one in held.values()) == payment.amount_minor:
            shares = dict.fromkeys(held, changes["amount"])
    noted: dict[str, Any] = {}
    for name, value in wanted.items():
        if getattr(payment, name) != value:
            noted[name] = [getattr(payment, name), value]
            setattr(payment, name, value)
    after = held if shares is None else shares
    if after != held:
        noted["allocations"] = [_json(held), _json(after)]
    if not noted:
        return Outcome(payment, changed=False)
    payment.version += 1
    payment.save(update_fields=[*(name for name in noted if name != "allocations"), "version"])
    put_allocations(payment, after)
    _tell(payment, "changed", noted, by)
    _announce_invoices(by, {**held, **after})
    return Outcome(payment)


def _known(by: Actor, source: str, source_key: str) -> Payment | None:
    if not source:
        return None
    rows = Payment.objects.of(by.firm_id).filter(source=source, source_key=source_key)
    return rows.select_for_update(no_key=True).first()


def _payer(by: Actor, shares: Mapping[int, Money]) -> int:
    rows = Document.objects.of(by.firm_id).filter(pk__in=list(shares)).order_by("pk")
    found = rows.values_list("client_id", flat=True).first()
    if found is None:
        raise NoSuchClient()
    return found


def _amount(amount: Any) -> int:
    if not isinstance(amount, Money) or amount.minor <= 0:
        raise BadValue(field="Amount", problem="give an amount above nothing, with its currency")
    return amount.minor


def _json(shares: Mapping[int, Money]) -> dict[str, Any]:
    return {str(pk): money.as_json() for pk, money in sorted(shares.items())}


def _tell(payment: Payment, event: str, changes: Mapping[str, Any], by: Actor, note: str = "") -> None:
    record(f"payment.{event}", by=by, kind="payment", record_id=payment.pk, changes=changes, note=note)
    announce(payment.firm_id, "payment", payment.pk)


def _announce_invoices(by: Actor, shares: Mapping[int, Money]) -> None:
    for pk in sorted(shares):
        announce(by.firm_id, "invoice", pk)
