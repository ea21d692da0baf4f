"""Who owns which field: asked by every action, shown by every page, written by connect."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

from django.db import transaction
from django.utils import timezone

from instep.base.identity.actor import Actor
from instep.base.ownership.errors import FieldOwned
from instep.base.ownership.models import FieldOwner

BATCH = 500


def owners_of(firm_id: int, kind: str, ids: Iterable[int]) -> dict[int, dict[str, FieldOwner]]:
    """{record id: {field: owner}} for the given records; every id is a key, owned or not. One query per 500 ids."""
    found: dict[int, dict[str, FieldOwner]] = {record_id: {} for record_id in ids}
    wanted = list(found)
    for start in range(0, len(wanted), BATCH):
        rows = FieldOwner.objects.of(firm_id).filter(kind=kind, record_id__in=wanted[start : start + BATCH])
        for row in rows:
            found[row.record_id][row.field] = row
    return found


def check_editable(by: Actor, kind: str, record_id: int, fields: Iterable[str]) -> None:
    """Raise FieldOwned when somebody other than `by` keeps one of these fields. One query; none without fields.

    The owning connection itself passes; the system does not: a task of ours must not overwrite what tiny+ keeps.
    """
    check_editable_many(by, kind, {record_id: fields})


def check_editable_many(by: Actor, kind: str, fields_by_id: Mapping[int, Iterable[str]]) -> None:
    """As check_editable for many records of one kind, one query per 500; the refusal names the first record."""
    wanted = {record_id: set(fields) for record_id, fields in fields_by_id.items()}
    ids = [record_id for record_id, fields in wanted.items() if fields]
    for start in range(0, len(ids), BATCH):
        batch = ids[start : start + BATCH]
        names = set().union(*(wanted[record_id] for record_id in batch))
        rows = FieldOwner.objects.of(by.firm_id).filter(kind=kind, record_id__in=batch, field__in=names)
        rows = rows.exclude(owner_key=by.key).order_by("record_id", "owner_key", "field")
        refused = [row for row in rows if row.field in wanted[row.record_id]]
        if refused:
            _refuse(refused)


@transaction.atomic
def set_owners(
    firm_id: int,
    kind: str,
    ids: Iterable[int],
    fields: Iterable[str],
    *,
    owner: str,
    owner_key: str,
    why: str = "",
    now: dt.datetime | None = None,
) -> None:
    """Make `owner` the keeper of these fields of these records; what it keeps already stays since when it was.

    One owner a field: raises FieldOwned when another keeps one of them. A few statements per 500 rows.
    """
    since, names = now or timezone.now(), sorted(set(fields))
    wanted = sorted(set(ids))
    step = max(1, BATCH // max(1, len(names)))
    for start in range(0, len(wanted), step):
        batch = wanted[start : start + step]
        others = FieldOwner.objects.of(firm_id).filter(kind=kind, record_id__in=batch, field__in=names)
        refused = list(others.exclude(owner_key=owner_key).order_by("record_id", "owner_key", "field"))
        if refused:
            _refuse(refused)
        rows = [
            FieldOwner(
                firm_id=firm_id,
                kind=kind,
                record_id=record_id,
                field=name,
                owner=owner,
                owner_key=owner_key,
                why=why,
                since=since,
            )
            for record_id in batch
            for name in names
        ]
        FieldOwner.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["firm", "kind", "record_id", "field"],
            update_fields=["owner", "why"],
        )


def clear_owners(
    firm_id: int,
    *,
    owner_key: str,
    kind: str | None = None,
    ids: Iterable[int] | None = None,
    fields: Iterable[str] | None = None,
) -> int:
    """Give back what this owner keeps, narrowed by kind, ids (of that kind) and fields. Returns the number of rows."""
    rows = FieldOwner.objects.of(firm_id).filter(owner_key=owner_key)
    if kind is not None:
        rows = rows.filter(kind=kind)
    if fields is not None:
        rows = rows.filter(field__in=list(fields))
    if ids is None:
        return rows.delete()[0]
    wanted, gone = sorted(set(ids)), 0
    for start in range(0, len(wanted), BATCH):
        gone += rows.filter(record_id__in=wanted[start : start + BATCH]).delete()[0]
    return gone


def _refuse(rows: list[FieldOwner]) -> None:
    first = rows[0]
    same = [row for row in rows if (row.record_id, row.owner_key) == (first.record_id, first.owner_key)]
    raise FieldOwned(
        kind=first.kind,
        record_id=first.record_id,
        fields=sorted({row.field for row in same}),
        owner=first.owner,
        owner_key=first.owner_key,
        why=first.why,
    )
