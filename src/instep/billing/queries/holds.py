"""Which documents hold which costs fast."""

from __future__ import annotations

from collections.abc import Sequence

from instep.base.records.ids import batches
from instep.billing.models import Document, Tick


def held_costs(firm_id: int, cost_ids: Sequence[int]) -> dict[int, str]:
    """{cost id: the document that it is ticked to, in words}; free costs are left out. One query per 500."""
    found: dict[int, str] = {}
    for batch in batches(cost_ids):
        rows = Tick.objects.of(firm_id).filter(cost__in=batch, returned_on=None).select_related("line__document")
        found.update((row.cost_id, _words(row.line.document)) for row in rows)
    return found


def _words(document: Document) -> str:
    article = "an" if str(document)[0] in "aeiou" else "a"
    return f"{article} {document.get_words()} for {document.client_name}" if document.is_draft else str(document)
