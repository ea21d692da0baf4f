"""Payments that were entered in the accounting package, in the shared words and out of them (B-07, B-16, B-17)."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from instep.base.identity.actor import Actor
from instep.billing.actions.payments import change_payment, record_payment, remove_payment
from instep.billing.models import Allocation, Payment
from instep.bridge.accounting.amounts import money
from instep.connect.protocols import LocalOutcome, LocalRecord, LocalWrite
from instep.kernel.errors import BadValue, Refusal
from instep.kernel.money import Money

LIVE, REMOVED = "live", "removed"


class PaymentSide:
    """Our side of payments: one of theirs pays one invoice. What was taken back there is taken back here, and stays in
    the journal with its old value."""

    kind = "payment"

    def read(self, firm_id: int, ids: Sequence[int]) -> list[LocalRecord]:
        rows = list(Payment.objects.of(firm_id).filter(pk__in=ids).select_related("client"))
        paid: dict[int, list[int]] = defaultdict(list)
        shares = Allocation.objects.of(firm_id).filter(payment__in=[row.pk for row in rows]).order_by("pk")
        for payment_id, document_id in shares.values_list("payment_id", "document_id"):
            paid[payment_id].append(document_id)
        return [
            LocalRecord(
                kind=self.kind,
                id=row.pk,
                version=row.version,
                fields={
                    "invoice": paid[row.pk][0] if paid[row.pk] else None,
                    "on": row.received_on.isoformat(),
                    "amount": money(row.amount_minor, row.currency),
                    "reference": row.reference or None,
                    "state": LIVE if row.removed_at is None else REMOVED,
                },
                label=f"{row.amount} · {row.client.name}",
            )
            for row in rows
        ]

    def scan(self, firm_id: int, *, after_id: int, limit: int) -> list[int]:
        rows = Payment.objects.of(firm_id).filter(pk__gt=after_id).order_by("pk")
        return list(rows.values_list("pk", flat=True)[:limit])

    def write(self, firm_id: int, writes: Sequence[LocalWrite], *, by: Actor) -> list[LocalOutcome]:
        outcomes: list[LocalOutcome] = []
        for write in writes:
            try:
                with transaction.atomic():
                    key = _write(firm_id, write, by=by)
            except Refusal as refusal:
                facts = {name: v for name, v in refusal.facts.items() if isinstance(v, str | int)}
                outcomes.append(LocalOutcome(None, refusal.code, str(refusal), facts))
                continue
            outcomes.append(LocalOutcome(self.read(firm_id, [key])[0]))
        return outcomes

    def page_path(self, record_id: int) -> str:
        return f"/payments/{record_id}/"


def _write(firm_id: int, write: LocalWrite, *, by: Actor) -> int:
    """The payment's id, once it is as the package says."""
    fields = write.fields
    if write.id is None:
        amount = _money(fields)
        made = record_payment(
            by=by,
            received_on=dt.date.fromisoformat(fields["on"]),
            amount=amount,
            allocations={fields["invoice"]: amount},
            reference=fields.get("reference") or "",
            source=by.key,
            source_key=write.remote_id,
        )
        return made.sure().pk
    if fields.get("state") == REMOVED:
        reason = f"It was taken back in {by.name}."
        return remove_payment(write.id, by=by, reason=reason, expected_version=write.expected_version).sure().pk
    changes: dict[str, Any] = {}
    if "on" in fields:
        changes["received_on"] = dt.date.fromisoformat(fields["on"])
    if "amount" in fields:
        changes["amount"] = _money(fields)
    if "reference" in fields:
        changes["reference"] = fields["reference"] or ""
    allocations = None
    if fields.get("invoice") is not None:
        held = Payment.objects.of(firm_id).get_of(firm_id, write.id, what="payment")
        allocations = {fields["invoice"]: changes.get("amount", held.amount)}
    done = change_payment(
        write.id, by=by, changes=changes, allocations=allocations, expected_version=write.expected_version
    )
    return done.sure().pk


def _money(fields: Mapping[str, Any]) -> Money:
    amount = fields.get("amount")
    if not amount:
        raise BadValue(field="Amount", problem="the package gives none")
    return Money.from_minor(amount["minor"], amount["currency"])
