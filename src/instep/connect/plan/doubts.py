"""Records of theirs that may be our own: a creation got no answer, and nothing of ours marks the record (b.5, b.9).

While the answer is out, what was created there since is not taken over. Afterwards a person may be asked which it is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from instep.connect import intents
from instep.connect.models import Intent, Link, Observation, Pair
from instep.connect.models.links import ENDED, MAYBE_MADE
from instep.connect.models.plans import OPEN_INTENTS, OpKind
from instep.connect.observations import aware
from instep.connect.observe import stamp_clock
from instep.connect.place import Bench
from instep.connect.plan.subject import Doubt
from instep.connect.translate import canon_theirs

SLACK = timedelta(seconds=5)
"""Stamps and dates are whole seconds, and need not come from one clock."""


class When(StrEnum):
    """Whether a record was created while our creation was under way."""

    SURE = "sure"
    NEVER = "never"
    UNKNOWN = "unknown"
    """The remote gives no date with its answers, or none to its records, or its zone is not learned yet."""


def doubts_of(bench: Bench, pair: Pair, rows: Iterable[Observation], linked: Collection[str]) -> Mapping[str, Doubt]:
    """{their id: why it is not taken over} of these that are not linked. No query where creations bear our mark or a
    number of their own, else two."""
    if bench.capability_of(pair.remote_type).handle.found_at_once:
        return {}
    asked = Link.objects.of(bench.firm_id).filter(
        connection=bench.connection, remote_type=pair.remote_type, held_code=MAYBE_MADE, decision={}
    )
    shown = {c["record"] for facts in asked.values_list("held_facts", flat=True) for c in facts.get("candidates", ())}
    waiting = Intent.objects.of(bench.firm_id).filter(
        connection=bench.connection, op_kind=OpKind.CREATE_THERE, state__in=OPEN_INTENTS, link__pair=pair
    )
    out = list(waiting)
    found: dict[str, Doubt] = {}
    for row in rows:
        if row.remote_id in linked:
            continue
        if any(when(bench, pair, intent, row) is not When.NEVER for intent in out):
            found[row.remote_id] = Doubt.WAITING
        elif row.remote_id in shown:
            found[row.remote_id] = Doubt.ASKED
    return found


def when(bench: Bench, pair: Pair, intent: Intent, row: Observation) -> When:
    """Whether this record was created while the creation was under way, by the remote's own clock alone."""
    created, begun = aware(row.created), intent.watermark
    since = stamp_clock(bench, pair.remote_type, begun) if begun is not None else None
    if created is None or since is None:
        return When.UNKNOWN
    lasted = _over_after(bench, pair, intent) - intent.first_sent_at
    return When.SURE if since - SLACK <= created <= since + lasted + SLACK else When.NEVER


def _over_after(bench: Bench, pair: Pair, intent: Intent) -> datetime:
    return intents.settled_after(intent, bench.capability_of(pair.remote_type).visibility_lag)


def could_be(bench: Bench, pair: Pair, intent: Intent) -> list[tuple[Observation, When]]:
    """What is linked with nothing and may have been created by this intent, oldest first."""
    links = Link.objects.of(bench.firm_id).filter(connection=bench.connection, remote_type=pair.remote_type)
    tied = links.exclude(state__in=ENDED).filter(remote_id__isnull=False)
    rows = Observation.objects.of(bench.firm_id).filter(
        connection=bench.connection, remote_type=pair.remote_type, gone=False, merged_into=""
    )
    free = rows.exclude(remote_id__in=tied.values("remote_id")).order_by("created", "id")
    judged = [(row, when(bench, pair, intent, row)) for row in free]
    return [(row, at) for row, at in judged if at is not When.NEVER]


def same_content(bench: Bench, pair: Pair, intent: Intent, row: Observation) -> bool:
    """Whether every value that was sent is still there."""
    record_map = bench.map_of(pair)
    return all(
        row.canonical.get(f.ours) == canon_theirs(record_map, f, intent.body[f.theirs], bench.place)
        for f in record_map.fields
        if f.theirs in intent.body
    )
