"""What every finished row leaves behind: the link's new base, its state, and whoever waited for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from instep.base.ownership.owners import clear_owners, owners_of, set_owners
from instep.connect.conflicts import settle_all_but
from instep.connect.fieldmap import Way
from instep.connect.inbox.outbox import acknowledge_dirty, mark_dirty
from instep.connect.models import Link, LinkState, Observation, OpState, Pair, PlanOp
from instep.connect.observations import acknowledge_seen, look_again
from instep.connect.place import Bench
from instep.connect.plan.meet import ACCEPT, TOLD
from instep.connect.plan.subject import Phase
from instep.kernel.ids import fingerprint

LINK_FIELDS = [
    "local_id", "remote_id", "state", "generation", "phase", "base_version", "base_a", "base_b", "a_hash", "b_hash",
    "label", "held_code", "held_reason", "held_facts", "held_at", "waits_for", "decision", "app_url", "linked_at",
    "in_step_at",
]  # fmt: skip


def new_link(bench: Bench, pair: Pair, op: PlanOp, state: LinkState) -> Link:
    """A link row, not yet saved."""
    return Link(
        firm_id=bench.firm_id,
        connection=bench.connection,
        pair=pair,
        kind=pair.kind,
        local_id=op.local_id,
        remote_type=pair.remote_type,
        remote_id=op.remote_id or None,
        state=state,
        label=op.label,
    )


def agree(link: Link, base: Mapping[str, Sequence[Any]], phase: Mapping[str, str]) -> None:
    """Remember what both sides agreed on for these fields."""
    link.base_a = {**link.base_a, **{name: pair[0] for name, pair in base.items()}}
    link.base_b = {**link.base_b, **{name: pair[1] for name, pair in base.items()}}
    link.phase = {**link.phase, **phase}
    link.a_hash, link.b_hash = fingerprint(link.base_a), fingerprint(link.base_b)


def let_live(link: Link, op: PlanOp, seen: Observation | None, *, now: datetime, held_now: bool) -> None:
    """The record is linked. What held it before this run is over; what this run found (`held_now`) stays."""
    if link.state != LinkState.LIVE:
        link.state, link.linked_at, link.decision = LinkState.LIVE, now, {}
    if link.decision.get("choice") == ACCEPT:
        link.decision = {}  # for what was changed until now; what is changed later is asked about again
    if not held_now:
        link.held_code = link.held_reason = ""
        link.held_facts, link.held_at = {}, None
        # It is in step but for a reference that can be said once that other record is linked.
        link.waits_for = op.preconditions.get("waits_for", "")
        link.in_step_at = now
    if seen is not None:
        link.base_version = seen.version
        if seen.url and link.remote_id:
            link.app_url = seen.url


def part(link: Link, code: str, reason: str, *, now: datetime, here: bool = False) -> None:
    """One of two linked records (ours: `here`) is no more: the other waits, and what was agreed counts no longer."""
    if here:
        link.local_id = None
    else:
        link.remote_id = None
    link.state, link.generation = LinkState.HELD, link.generation + 1
    link.base_a, link.base_b, link.phase, link.decision = {}, {}, {}, {}
    hold(link, code, reason, now=now)
    settle_all_but(link.firm_id, {link.pk: ()}, now=now)


def after_linking(bench: Bench, pair: Pair, links: Sequence[Link], *, now: datetime) -> None:
    """Records that just became linked: the fields that the remote owns are marked, waiters wake up."""
    if not links:
        return
    own_fields(bench, pair, [li.local_id for li in links if li.local_id is not None], now=now)
    wake(bench, pair, links, now=now)


def own_fields(bench: Bench, pair: Pair, local_ids: Sequence[int], *, now: datetime) -> None:
    """Mark the fields that the remote owns. What another connection keeps stays with that one: it was there first."""
    _own(bench, pair, local_ids, [f.ours for f in bench.map_of(pair).fields if f.way is Way.PULL], now=now)


def own_anew(bench: Bench, *, now: datetime) -> None:
    """The field maps changed: what the remote owns by them is marked, and what it does not own is given back."""
    for pair in bench.pairs:
        owned = {f.ours for f in bench.map_of(pair).fields if f.way in (Way.PULL, Way.SEED_THERE)}
        free = [f.ours for f in bench.whole_map_of(pair).fields if f.ours not in owned]
        clear_owners(bench.firm_id, owner_key=bench.actor.key, kind=pair.kind, fields=free)
        links = Link.objects.of(bench.firm_id).filter(pair=pair, state=LinkState.LIVE)
        own_fields(bench, pair, [pk for pk in links.values_list("local_id", flat=True) if pk is not None], now=now)


def own_seeded(bench: Bench, pair: Pair, link: Link, *, now: datetime) -> None:
    """Fields that Instep gave their first value, and that the remote owns from now on (A-13)."""
    seeded = [f.ours for f in bench.map_of(pair).fields if f.way is Way.SEED_THERE]
    steady = [name for name in seeded if link.phase.get(name) == Phase.STEADY]
    if link.local_id is not None:
        _own(bench, pair, [link.local_id], steady, now=now)


def _own(bench: Bench, pair: Pair, local_ids: Sequence[int], owned: Sequence[str], *, now: datetime) -> None:
    if not owned or not local_ids:
        return
    others = owners_of(bench.firm_id, pair.kind, local_ids)
    for name in owned:
        free = [i for i in local_ids if name not in others[i] or others[i][name].owner_key == bench.actor.key]
        set_owners(
            bench.firm_id,
            pair.kind,
            free,
            [name],
            owner=bench.connector.title,
            owner_key=bench.actor.key,
            why=f"{bench.connector.title} is where this is kept.",
            now=now,
        )


def wake(bench: Bench, pair: Pair, links: Sequence[Link], *, now: datetime) -> None:
    """Records that waited for one of these are looked at again."""
    keys = [f"{pair.kind}:{li.local_id}" for li in links] + [f"there:{pair.kind}:{li.remote_id}" for li in links]
    waiting = Link.objects.of(bench.firm_id).filter(connection=bench.connection, waits_for__in=keys)
    by_kind: dict[str, list[int]] = {}
    by_type: dict[str, list[str]] = {}
    for link in waiting:
        if link.local_id is not None:
            by_kind.setdefault(link.kind, []).append(link.local_id)
        if link.remote_id is not None:
            by_type.setdefault(link.remote_type, []).append(link.remote_id)
    for kind, ids in by_kind.items():
        mark_dirty(bench.firm_id, bench.connection.pk, kind, ids, now=now)
    for remote_type, remote_ids in by_type.items():
        look_again(bench.firm_id, bench.connection.pk, remote_type, remote_ids)


def hold(
    link: Link, code: str, reason: str, *, now: datetime, waits_for: str = "", facts: Mapping[str, Any] | None = None
) -> None:
    """Something about the record waits; a link that is not live yet stays unlinked."""
    link.held_code, link.held_reason = code[:60], reason
    link.held_facts, link.held_at, link.waits_for = dict(facts or {}), now, waits_for
    if code in TOLD and link.decision.get("choice") == ACCEPT:
        link.decision = {}  # it was changed once more since: that is asked about anew
    if link.state != LinkState.LIVE:
        link.state = LinkState.HELD


def finish(op: PlanOp, state: OpState, *, now: datetime, result: str = "") -> PlanOp:
    """Note what became of a row (not yet saved)."""
    op.state, op.result, op.applied_at = state, result, now
    return op


def acknowledge_ops(bench: Bench, pair: Pair, ops: Sequence[PlanOp], *, now: datetime) -> None:
    """Tick off the records of these finished rows (stored already), in the caller's transaction.

    A record's last row carries what may be ticked off. Where one of its rows was skipped, nothing is: the record is
    planned again.
    """
    last = [op for op in ops if op.preconditions.get("ack")]
    if not last:
        return
    skipped = _skipped(bench, last)
    last = [op for op in last if not any(no in skipped for no in range(op.preconditions["ack"]["first"], op.no))]
    acks = [op.preconditions["ack"] for op in last]
    acknowledge_dirty(bench.firm_id, [(key, version) for key, version in _given(acks, "dirty")])
    acknowledge_seen(bench, pair.remote_type, [(remote_id, moved) for remote_id, moved in _given(acks, "seen")])
    met = {op.link_id: op.preconditions["open"] for op in last if "open" in op.preconditions and op.link_id is not None}
    if met:
        settle_all_but(bench.firm_id, met, now=now)


def _given(acks: Sequence[Mapping[str, Any]], name: str) -> list[Any]:
    return [ack[name] for ack in acks if ack[name] is not None]


def _skipped(bench: Bench, last: Sequence[PlanOp]) -> set[int]:
    """Numbers of rows before these, of the same records, that were not carried out."""
    spans = [(op.preconditions["ack"]["first"], op.no) for op in last]
    if all(first == no for first, no in spans):
        return set()
    rows = PlanOp.objects.of(bench.firm_id).filter(
        plan=last[0].plan_id, no__gte=min(first for first, _ in spans), no__lt=max(no for _, no in spans)
    )
    open_states = (OpState.STALE, OpState.SKIPPED, OpState.PROPOSED, OpState.SENDING)
    return set(rows.filter(state__in=open_states).values_list("no", flat=True))
