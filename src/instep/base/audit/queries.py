"""Questions about what was done."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from instep.base.audit.models import AuditEntry, AuditSubject


def history_of(firm: Any, kind: str, record_id: int) -> QuerySet[AuditEntry]:
    """The entries of one record, newest first; those about many records are among them, with `changes` by id."""
    own = AuditEntry.objects.of(firm).filter(kind=kind, record_id=record_id)
    subjects = AuditSubject.objects.of(firm).filter(kind=kind, record_id=record_id)
    together = AuditEntry.objects.of(firm).filter(pk__in=subjects.values("entry_id"))
    return own.union(together, all=True).order_by("-id")


def entries_of(firm: Any) -> QuerySet[AuditEntry]:
    """All entries of the firm, newest first."""
    return AuditEntry.objects.of(firm).order_by("-id")
