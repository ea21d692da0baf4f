"""The one way to write an audit entry."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import connection
from django.utils import timezone

from instep.base.audit.models import AuditEntry
from instep.base.identity.actor import Actor
from instep.base.identity.inserting import ids_as_rows

_SUBJECTS = "INSERT INTO audit_auditsubject (firm_id, entry_id, kind, record_id) SELECT %s, %s, %s, value FROM "


def record(
    event: str,
    *,
    by: Actor,
    kind: str,
    record_id: int | None,
    changes: Mapping[str, Any] | None = None,
    subjects: Iterable[int] = (),
    note: str = "",
    now: dt.datetime | None = None,
) -> AuditEntry:
    """Write what `by` did, in the caller's transaction.

    `event` is noun.past ("job.created"). `changes` is {field: [old, new]}; dates and decimals are allowed.
    A bulk action passes record_id None, {id: {field: [old, new]}} as `changes`, and the ids as `subjects`, so that each
    record's history shows its part. Secrets never go in: the caller leaves them out.
    """
    entry = AuditEntry.objects.create(
        firm_id=by.firm_id,
        at=now or timezone.now(),
        actor_kind=by.kind.value,
        actor_id=by.actor_id,
        actor_name=by.name,
        event=event,
        kind=kind,
        record_id=record_id,
        changes=dict(changes or {}),
        note=note,
    )
    if ids := list(subjects):
        listed, given = ids_as_rows(ids)
        with connection.cursor() as cursor:
            cursor.execute(_SUBJECTS + listed, [by.firm_id, entry.pk, kind, given])
    return entry


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """{field: [old, new]} for the fields of `after` whose value differs from `before` (absent counts as None)."""
    return {name: [before.get(name), value] for name, value in after.items() if before.get(name) != value}
