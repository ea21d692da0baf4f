"""What of a credit note settles which invoice, in the shared words (trap 9)."""

from __future__ import annotations

from collections.abc import Sequence

from instep.base.identity.actor import Actor
from instep.billing.models import Allocation
from instep.bridge.accounting.amounts import money
from instep.bridge.accounting.documents import REFUSED
from instep.connect.protocols import LocalOutcome, LocalRecord, LocalWrite


class AllocationSide:
    """Our side of the allocations of credits; they are made with the credit note, here."""

    kind = "credit_allocation"
    follows = ("credit_note",)

    def read(self, firm_id: int, ids: Sequence[int]) -> list[LocalRecord]:
        rows = Allocation.objects.of(firm_id).filter(pk__in=ids, credit__isnull=False)
        found = []
        for row in rows.select_related("credit", "document"):
            assert row.credit is not None
            number = f"{row.credit.number}/{row.document.number}"
            fields = {
                "number": number,
                "credit_note": row.credit_id,
                "invoice": row.document_id,
                "on": row.on.isoformat(),
                "amount": money(row.amount_minor, row.document.currency),
            }
            found.append(LocalRecord(self.kind, row.pk, 1, fields, number, origin=row.credit.number))
        return found

    def scan(self, firm_id: int, *, after_id: int, limit: int) -> list[int]:
        rows = Allocation.objects.of(firm_id).filter(pk__gt=after_id, credit__isnull=False).order_by("pk")
        return list(rows.values_list("pk", flat=True)[:limit])

    def concerned(self, firm_id: int, kind: str, ids: Sequence[int], scope: str) -> list[int]:
        if kind == self.kind:
            return list(ids)
        rows = Allocation.objects.of(firm_id).filter(credit__in=ids)
        return list(rows.values_list("pk", flat=True))

    def write(self, firm_id: int, writes: Sequence[LocalWrite], *, by: Actor) -> list[LocalOutcome]:
        return [REFUSED for _ in writes]

    def page_path(self, record_id: int) -> str:
        return "/invoices/"
