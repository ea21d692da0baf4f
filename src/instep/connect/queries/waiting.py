"""What waits for a person: held records and conflicts, and what somebody chose to leave out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import BigIntegerField, Case, Count, Exists, OuterRef, Q, QuerySet, When
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from instep.base.identity.rows import FirmQuerySet
from instep.connect.models import Conflict, ConflictState, Link
from instep.connect.models.links import ENDED, MAYBE_MADE

IGNORED = "ignored"
PUT_AWAY = "put_away"
"""Both records have ended; the link sleeps."""
BY_ITSELF = ("waits", "retry", "merge_wait", "withheld")
"""Held until another record is linked, or until the next try: nobody has to do anything."""
LIKE = "possible_match"
"""Held because a record of the other side has the same name, and only that."""
MATCHES = ("ambiguous_match", LIKE, "relink", MAYBE_MADE)
"""Held because somebody must say which records are the same."""
_LOOKED_AT = 3
_NOT_HELD = ["", "conflict", IGNORED, PUT_AWAY]
_GONE = ("gone_there", "gone_here", "restored_here")
# A decision that the next cycle carries out; with another code it was carried out, and the record is held anew.
_UNDECIDED = (
    Q(decision={})
    | (Q(decision__choice="create") & ~Q(held_code__in=[*MATCHES, *_GONE]))
    | (Q(decision__choice="link") & ~Q(held_code__in=MATCHES))
)


def waiting_links(rows: QuerySet[Any], *, by_itself: bool = False, both_sides: bool = False) -> Any:
    """Those of these links that wait for a person and are not decided yet; or those that wait by themselves.

    Two records with one name ask one question: the one of theirs is left out while ours asks it, unless `both_sides`.
    """
    # Said twice: the first part is the condition of the index.
    waiting = rows.exclude(held_code="").exclude(held_code__in=_NOT_HELD).filter(_UNDECIDED)
    if by_itself:
        return waiting.filter(held_code__in=BY_ITSELF)
    waiting = waiting.exclude(held_code__in=BY_ITSELF)
    return waiting if both_sides else _asked_once(waiting)


def _asked_once(rows: Any) -> Any:
    """Without the records of theirs of which one of ours asks already whether they are the same."""
    # What they are like is an id of ours there; the other way round it may be any text, so it is not read as a number.
    like = {
        f"like_{n}": Case(
            When(
                local_id=None, held_code=LIKE, then=Cast(KT(f"held_facts__candidates__{n}__record"), BigIntegerField())
            )
        )
        for n in range(_LOOKED_AT)
    }
    ours = Link.objects.filter(firm_id=OuterRef("firm_id"), pair_id=OuterRef("pair_id"), remote_id=None)
    ours = ours.filter(local_id__in=[OuterRef(name) for name in like], held_code=LIKE, decision={})
    asks = Exists(ours.exclude(state__in=ENDED))
    return rows.alias(**like).filter(Q(local_id__isnull=False) | ~Q(held_code=LIKE) | ~asks)


def held(
    firm_id: int, connection_id: int | None = None, *, by_itself: bool = False, both_sides: bool = False
) -> FirmQuerySet[Link]:
    """Records that wait for a person, longest first, two of one name as one; or those that wait for another record or
    the next try. Conflicts are a list of their own, and what somebody has decided already waits for the next cycle
    alone."""
    known = Link.objects.of(firm_id).select_related("connection")
    rows = waiting_links(known, by_itself=by_itself, both_sides=both_sides)
    if connection_id is not None:
        rows = rows.filter(connection_id=connection_id)
    return rows.order_by("held_at", "id")


def left_out(firm_id: int, connection_id: int) -> FirmQuerySet[Link]:
    """Records that somebody chose to leave out of the sync, the last first."""
    rows = Link.objects.of(firm_id).filter(connection_id=connection_id, held_code=IGNORED)
    return rows.filter(decision__choice="ignore").select_related("connection").order_by("-held_at", "-id")


def link_of(firm_id: int, link_id: int) -> Link:
    """One link with its connection. Raises NotFound."""
    return Link.objects.select_related("connection", "pair").get_of(firm_id, link_id, what="record")


def twin_of(link: Link, record: str) -> int | None:
    """The held link of the record that is chosen as the same, when it asks for itself as well."""
    rows = Link.objects.of(link.firm_id).filter(pair=link.pair_id).exclude(pk=link.pk).exclude(state__in=ENDED)
    if link.local_id is not None:
        rows = rows.filter(remote_id=record)
    else:
        rows = rows.filter(local_id=int(record)) if record.isdecimal() else rows.none()
    return waiting_links(rows).values_list("pk", flat=True).first()


def open_conflicts(firm_id: int, connection_id: int | None = None) -> FirmQuerySet[Conflict]:
    """Conflicts that nobody has decided, oldest first."""
    rows = Conflict.objects.of(firm_id).filter(state=ConflictState.OPEN).select_related("link", "connection")
    if connection_id is not None:
        rows = rows.filter(connection_id=connection_id)
    return rows.order_by("opened_at", "id")


@dataclass(frozen=True, slots=True)
class Alike:
    """So many conflicts are of one field of one kind at one connection."""

    connection_id: int
    title: str
    provider: str
    kind: str
    field: str
    count: int


def alike(firm_id: int, *, closed: bool = False) -> list[Alike]:
    """The firm's open conflicts by connection, kind and field, or those that are closed; one query."""
    rows = Conflict.objects.of(firm_id)
    rows = rows.exclude(state=ConflictState.OPEN) if closed else rows.filter(state=ConflictState.OPEN)
    names = ("connection_id", "connection__title", "connection__provider", "link__kind", "field")
    counted = rows.order_by().values_list(*names).annotate(n=Count("pk")).order_by(*names)
    return [Alike(*row) for row in counted]


def decided_conflicts(firm_id: int, connection_id: int | None = None) -> FirmQuerySet[Conflict]:
    """Conflicts that somebody decided or that settled themselves, the last first: neither value is ever lost."""
    rows = Conflict.objects.of(firm_id).exclude(state=ConflictState.OPEN)
    if connection_id is not None:
        rows = rows.filter(connection_id=connection_id)
    return rows.select_related("link", "connection").order_by("-closed_at", "-id")


def conflict_of(firm_id: int, conflict_id: int) -> Conflict:
    """One conflict, decided or not. Raises NotFound."""
    return Conflict.objects.select_related("link", "connection").get_of(firm_id, conflict_id, what="conflict")
