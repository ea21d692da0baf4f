"""What of a credit note settles which invoice, in the shared words (trap 9)."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from instep.base.identity.actor import Actor
from instep.billing.actions.credit_shares import take_back_credit
from instep.billing.models import Allocation
from instep.bridge.accounting.amounts import money
from instep.bridge.accounting.documents import REFUSED
from instep.bridge.accounting.payment import LIVE, REMOVED
from instep.connect.protocols import LocalOutcome, LocalRecord, LocalWrite
from instep.kernel.errors import Refusal


class AllocationSide:
    """Our side of the allocations of credits; they are made with the credit note, here. What was taken back there is
    taken back here, and stays in the journals."""

    kind = "credit_allocation"
    follows = ("credit_note",)

    def read(self, firm_id: int, ids: Sequence[int]) -> list[LocalRecord]:
        rows = Allocation.objects.of(firm_id).filter(pk__in=ids, credit__isnull=False)
        return [_record(row, LIVE) for row in rows.select_related("credit", "document")]

    def scan(self, firm_id: int, *, after_id: int, limit: int) -> list[int]:
        rows = Allocation.objects.of(firm_id).filter(pk__gt=after_id, credit__isnull=False).order_by("pk")
        return list(rows.values_list("pk", flat=True)[:limit])

    def concerned(self, firm_id: int, kind: str, ids: Sequence[int], scope: str) -> list[int]:
        if kind == self.kind:
            return list(ids)
        rows = Allocation.objects.of(firm_id).filter(credit__in=ids)
        return list(rows.values_list("pk", flat=True))

    def write(self, firm_id: int, writes: Sequence[LocalWrite], *, by: Actor) -> list[LocalOutcome]:
        return [_written(write, by=by) for write in writes]

    def page_path(self, record_id: int) -> str:
        return "/invoices/"


def _record(row: Allocation, state: str) -> LocalRecord:
    assert row.credit is not None
    number = f"{row.credit.number}/{row.document.number}"
    fields = {
        "number": number,
        "credit_note": row.credit_id,
        "invoice": row.document_id,
        "on": row.on.isoformat(),
        "amount": money(row.amount_minor, row.document.currency),
        "state": state,
    }
    return LocalRecord("credit_allocation", row.pk, 1, fields, number, origin=row.credit.number)


def _written(write: LocalWrite, *, by: Actor) -> LocalOutcome:
    if write.id is None or dict(write.fields) != {"state": REMOVED}:
        return REFUSED
    try:
        with transaction.atomic():
            share = take_back_credit(write.id, by=by, reason=f"It was taken back in {by.name}.")
    except Refusal as refusal:
        return LocalOutcome(None, refusal.code, str(refusal))
    share.pk = write.id
    return LocalOutcome(_record(share, REMOVED))
