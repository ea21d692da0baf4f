"""Questions about what was taken in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet

from instep.base.intake.models import RowState, Source, SourceRow


def sources_of(firm: Any) -> QuerySet[Source]:
    """The firm's sources by title."""
    return Source.objects.of(firm).order_by("title", "id")


def refused_rows(source: Source) -> QuerySet[SourceRow]:
    """The rows that were refused when last taken in, by line."""
    rows = SourceRow.objects.of(source.firm_id).filter(source=source, state=RowState.REFUSED.value)
    return rows.order_by("line", "id")


def records_of(source: Source, keys: Iterable[str]) -> dict[str, int]:
    """{row key: record id} of these rows, where they became records. One query per call: give at most 500."""
    rows = SourceRow.objects.of(source.firm_id).filter(source=source, row_key__in=list(keys), record_id__isnull=False)
    return dict(rows.values_list("row_key", "record_id"))


def rows_of_record(firm: Any, kind: str, record_id: int) -> list[SourceRow]:
    """The rows that became this record, sources loaded."""
    rows = SourceRow.objects.of(firm).filter(kind=kind, record_id=record_id)
    return list(rows.select_related("source").order_by("id"))
