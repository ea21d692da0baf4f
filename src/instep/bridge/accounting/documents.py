"""Invoices and credit notes in the shared words: real ones alone, exactly as they were issued (B-04, B-06)."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from instep.base.identity.actor import Actor
from instep.billing.models import Document, Line
from instep.billing.states import ISSUED, DocumentKind
from instep.bridge.accounting.amounts import head_amounts, rows_of
from instep.bridge.writing import deep_link
from instep.connect.protocols import LocalOutcome, LocalRecord, LocalWrite

REFUSED = LocalOutcome(None, "issued_here", "Documents are issued here; what is changed elsewhere is only shown.")


class DocumentSide:
    """What invoices and credit notes have in common. They are issued here, so nothing is ever written."""

    kind: str
    document_kind: DocumentKind
    path: str
    sign: int

    def read(self, firm_id: int, ids: Sequence[int]) -> list[LocalRecord]:
        rows = list(self._issued(firm_id).filter(pk__in=ids).select_related("credits"))
        lines: dict[int, list[Line]] = defaultdict(list)
        found = Line.objects.of(firm_id).filter(document__in=[row.pk for row in rows]).select_related("job")
        for line in found.order_by("document_id", "position"):
            lines[line.document_id].append(line)
        return [self._record(row, lines[row.pk]) for row in rows]

    def scan(self, firm_id: int, *, after_id: int, limit: int) -> list[int]:
        rows = self._issued(firm_id).filter(pk__gt=after_id).order_by("pk")
        return list(rows.values_list("pk", flat=True)[:limit])

    def dated_before(self, firm_id: int, day: dt.date) -> list[int]:
        return list(self._issued(firm_id).filter(dated_on__lt=day).values_list("pk", flat=True))

    def write(self, firm_id: int, writes: Sequence[LocalWrite], *, by: Actor) -> list[LocalOutcome]:
        return [REFUSED for _ in writes]

    def page_path(self, record_id: int) -> str:
        return f"{self.path}{record_id}/"

    def _issued(self, firm_id: int) -> Any:
        states = sorted(state.value for state in ISSUED)
        return Document.objects.of(firm_id).filter(kind=self.document_kind.value, state__in=states)

    def _record(self, row: Document, lines: Sequence[Line]) -> LocalRecord:
        return LocalRecord(
            kind=self.kind,
            id=row.pk,
            version=row.version,
            fields={
                "number": row.number,
                "organisation": row.client_id,
                "on": row.dated_on.isoformat(),
                **head_amounts(row, self.sign),
                "lines": rows_of(row, lines, self.sign),
                "deep_link": deep_link(self.page_path(row.pk)),
                **self._own(row, lines),
            },
            label=f"{row.number} · {row.client_name}",
            origin=row.number,
        )

    def _own(self, row: Document, lines: Sequence[Line]) -> dict[str, Any]:
        raise NotImplementedError


class InvoiceSide(DocumentSide):
    """Our side of invoices. The reference is the client's own, else the numbers of the jobs that are billed (D-19)."""

    kind = "invoice"
    document_kind = DocumentKind.INVOICE
    path = "/invoices/"
    sign = 1

    def _own(self, row: Document, lines: Sequence[Line]) -> dict[str, Any]:
        jobs = dict.fromkeys(line.job.number for line in lines if line.job is not None)
        return {"due_on": row.due_on.isoformat(), "reference": row.reference or ", ".join(jobs) or None}


class CreditNoteSide(DocumentSide):
    """Our side of credit notes; the reference is the number of the invoice, so that a person sees it too (D-19)."""

    kind = "credit_note"
    document_kind = DocumentKind.CREDIT_NOTE
    path = "/invoices/"
    sign = -1

    def _own(self, row: Document, lines: Sequence[Line]) -> dict[str, Any]:
        invoice = row.credits
        return {"invoice": row.credits_id, "reference": invoice.number if invoice is not None else None}
