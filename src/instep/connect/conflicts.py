"""Conflicts: both sides changed one field. Both values are kept; nothing is decided in silence (b.11)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from instep.base.audit.log import record
from instep.base.identity.actor import Actor
from instep.connect.inbox.outbox import mark_dirty
from instep.connect.limits.lease import hold_still
from instep.connect.merge import decided
from instep.connect.models import Conflict, ConflictState, Link
from instep.connect.models.links import ENDED
from instep.connect.place import Bench, bench_of
from instep.connect.translate import canon_ours, canon_theirs
from instep.kernel.errors import BadValue, NotFound


def open_conflicts(bench: Bench, link: Link, drafts: Sequence[Mapping[str, Any]], *, now: datetime) -> None:
    """Record a link's conflicts, in the caller's transaction; an open one for the same field is brought up to date."""
    stored = {c.field: c for c in Conflict.objects.of(bench.firm_id).filter(link=link, state=ConflictState.OPEN)}
    for draft in drafts:
        row = stored.get(draft["field"])
        if row is None:
            Conflict.objects.create(
                firm_id=bench.firm_id,
                connection=bench.connection,
                link=link,
                field=draft["field"],
                base_ours=draft["base_ours"],
                base_theirs=draft["base_theirs"],
                ours=draft["ours"],
                theirs=draft["theirs"],
                opened_at=now,
            )
        elif (row.ours, row.theirs) != (draft["ours"], draft["theirs"]):
            row.ours, row.theirs = draft["ours"], draft["theirs"]
            row.save(update_fields=["ours", "theirs"])


def settle_all_but(firm_id: int, still_open: Mapping[int, Iterable[str]], *, now: datetime) -> None:
    """Close the open conflicts of these links, but for the fields named: both sides were just compared."""
    rows = Conflict.objects.of(firm_id).filter(link_id__in=list(still_open), state=ConflictState.OPEN)
    over = [pk for pk, link_id, field in rows.values_list("pk", "link_id", "field") if field not in still_open[link_id]]
    if over:
        rows.filter(pk__in=over).update(state=ConflictState.SETTLED, closed_at=now)


def let_go(bench: Bench, in_step: Sequence[int], held: Sequence[int]) -> None:
    """Links whose two records are in step, and those of them (or not linked) that nothing holds any more."""
    if held:
        rows = Link.objects.of(bench.firm_id).filter(pk__in=held).exclude(state__in=ENDED)
        rows.update(held_code="", held_reason="", held_facts={}, held_at=None, waits_for="")
        # What was chosen while a counterpart was gone is no answer to what may happen later.
        rows.filter(pk__in=in_step).update(decision={})
    if in_step:
        settle_all_but(bench.firm_id, dict.fromkeys(in_step, ()), now=timezone.now())


@transaction.atomic
def resolve_conflict(conflict_id: int, *, by: Actor, keep: str) -> Conflict:
    """Decide a conflict: keep "ours" or "theirs". The other value stays in the record.

    Raises NotAllowed, NotFound, BadValue. The base moves so that the next cycle carries the chosen value over. What is
    given up is the value that was shown: if that side has another one by now, the two meet as a conflict again.
    """
    by.must("run connections")
    if keep not in ("ours", "theirs"):
        raise BadValue(field="Choice", problem="say whether to keep ours or theirs.")
    rows = Conflict.objects.of(by.firm_id).filter(pk=conflict_id, state=ConflictState.OPEN)
    connection_id = rows.values_list("connection_id", flat=True).first()
    if connection_id is not None:
        hold_still(by.firm_id, connection_id)
    conflict = rows.select_related("connection").select_for_update(of=("self",)).first()
    if conflict is None:
        raise NotFound(what="open conflict")
    link = Link.objects.of(by.firm_id).select_for_update().get(pk=conflict.link_id)
    bench = bench_of(conflict.connection)
    pair = next((p for p in bench.pairs if p.pk == link.pair_id), None)
    record_map, name = bench.connector.maps.get(link.kind), conflict.field
    f = next((f for f in record_map.fields if f.ours == name), None) if record_map is not None else None
    if pair is None or record_map is None or f is None:
        raise BadValue(field="Choice", problem="this field is not in sync any more.")
    ours = canon_ours(record_map, f, conflict.ours, bench.place)
    theirs = canon_theirs(record_map, f, conflict.theirs, bench.place)
    # The side that is kept counts as moved, the other as unmoved since it was shown.
    link.base_a = {**link.base_a, name: decided(ours) if keep == "ours" else ours}
    link.base_b = {**link.base_b, name: theirs if keep == "ours" else decided(theirs)}
    link.save(update_fields=["base_a", "base_b"])
    now = timezone.now()
    conflict.state, conflict.decision, conflict.decided_by = ConflictState.DECIDED, keep, by.name
    conflict.closed_at = now
    conflict.save(update_fields=["state", "decision", "decided_by", "closed_at"])
    if not Conflict.objects.of(by.firm_id).filter(link=link, state=ConflictState.OPEN).exists():
        Link.objects.of(by.firm_id).filter(pk=link.pk, held_code="conflict").update(held_code="", held_reason="")
    record(
        "conflict.resolved",
        by=by,
        kind=link.kind,
        record_id=link.local_id,
        changes={name: [conflict.theirs, conflict.ours] if keep == "ours" else [conflict.ours, conflict.theirs]},
        note=f"Kept {keep} ({conflict.connection.title})",
    )
    mark_dirty(by.firm_id, link.connection_id, link.kind, [link.local_id or 0], now=now)
    return conflict
