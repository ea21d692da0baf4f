"""Records that come back under another id: made anew after they were gone, or merged into another one (b.6)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from instep.connect.capability import CreateHandle
from instep.connect.models import Intent, Link, LinkState, Observation, Pair, Tombstone
from instep.connect.models.links import ENDED
from instep.connect.models.plans import OPEN_INTENTS, OpKind
from instep.connect.place import Bench
from instep.connect.plan.match import HERE, THERE
from instep.connect.plan.subject import Candidate, Survivor


def buried(
    pair: Pair, side: str, keys: Mapping[str, Mapping[str, str]], *, lost: Callable[[str, set[str]], set[str]]
) -> dict[str, list[Candidate]]:
    """Records of the other side whose former counterpart had a key of one of these of `side`: {asking: candidates}.

    One that is linked by now with a record that is there is none. At most three queries; none is made where a record
    has no key.
    """
    wanted: dict[tuple[str, str], list[str]] = defaultdict(list)
    for record, by_rule in keys.items():
        for rule, key in by_rule.items():
            wanted[rule, key].append(record)
    if not wanted:
        return {}
    rows = Tombstone.objects.of(pair.firm_id).filter(
        pair=pair, key_type__in={rule for rule, _ in wanted}, key__in={key for _, key in wanted}
    )
    found: dict[str, dict[str, Candidate]] = defaultdict(dict)
    for rule, key, local_id, remote_id in rows.values_list("key_type", "key", "local_id", "remote_id"):
        own, other = (str(local_id or ""), remote_id) if side == HERE else (remote_id, str(local_id or ""))
        for asking in wanted.get((rule, key), ()):
            if other and asking != own:
                found[asking].setdefault(other, Candidate(other, key, rule, strong=False, lost=True))
            elif other:
                # The very record, brought back by a person after it was unlinked.
                found[asking][other] = Candidate(other, key, rule, strong=False, lost=True)
    records = {record for candidates in found.values() for record in candidates}
    if not records:
        return {}
    free = _free(pair, THERE if side == HERE else HERE, records, lost)
    return {asking: [c for c in cs.values() if c.record in free] for asking, cs in found.items()}


def _free(pair: Pair, side: str, records: set[str], lost: Callable[[str, set[str]], set[str]]) -> set[str]:
    links = Link.objects.of(pair.firm_id).filter(pair=pair, state=LinkState.LIVE)
    if side == HERE:
        tied = {str(i) for i in links.filter(local_id__in=[int(r) for r in records]).values_list("local_id", flat=True)}
        return (records - tied) | lost(HERE, tied) if tied else records
    known = Observation.objects.of(pair.firm_id).filter(
        connection=pair.connection_id, remote_type=pair.remote_type, remote_id__in=records, gone=False, merged_into=""
    )
    there = set(known.values_list("remote_id", flat=True))
    bound = {str(r) for r in links.filter(remote_id__in=there).values_list("remote_id", flat=True)}
    return (there - bound) | lost(THERE, bound) if bound else there


@dataclass(frozen=True, slots=True)
class Merges:
    """What is known of the records that some were merged into."""

    survivors: Mapping[str, Survivor] = field(default_factory=dict)
    claimed: frozenset[str] = frozenset()
    """Not linked, and about to take the link of one that was merged into them: they are no newcomers."""


def merges_of(bench: Bench, pair: Pair, rows: Sequence[Observation]) -> Merges:
    """For these records as last seen. One query where none of the type was merged lately, else six."""
    merged = Observation.objects.of(bench.firm_id).filter(
        connection=bench.connection, remote_type=pair.remote_type, pending=True, gone=False
    )
    waiting = dict(merged.exclude(merged_into="").values_list("remote_id", "merged_into"))
    waiting |= {row.remote_id: row.merged_into for row in rows if row.merged_into}
    if not waiting:
        return Merges()
    targets = {first: _end(waiting, first) for first in set(waiting.values())}
    links = Link.objects.of(bench.firm_id).filter(connection=bench.connection, remote_type=pair.remote_type)
    live = links.filter(state=LinkState.LIVE)
    linked = {li.remote_id: li for li in live.filter(remote_id__in=set(targets.values()))}
    seen = Observation.objects.of(bench.firm_id).filter(
        connection=bench.connection, remote_type=pair.remote_type, remote_id__in=set(targets.values()), gone=False
    )
    there = {row.remote_id: row for row in seen}
    survivors = {}
    for first, last in targets.items():
        row, link = there.get(last), linked.get(last)
        if row is None:
            continue
        label = str(row.raw.get(bench.map_of(pair).called) or row.remote_id)[:300]
        survivors[first] = Survivor(
            last,
            label,
            link.local_id if link is not None else None,
            link.label if link is not None else "",
            doubtful=link is None and _in_doubt(bench, pair, row),
        )
    moving = links.exclude(state__in=ENDED).filter(remote_id__in=list(waiting), local_id__isnull=False)
    leaving = {waiting[remote_id] for remote_id in moving.values_list("remote_id", flat=True) if remote_id}
    claimed = {survivors[first].id for first in leaving if first in survivors and survivors[first].local_id is None}
    return Merges(survivors, frozenset(claimed))


def _end(merged: Mapping[str, str], first: str) -> str:
    """Where a chain of merges ends, as far as it is known."""
    last, passed = first, {first}
    while last in merged and merged[last] not in passed:
        last = merged[last]
        passed.add(last)
    return last


def _in_doubt(bench: Bench, pair: Pair, row: Observation) -> bool:
    """Whether a record may be one that we are making there: the answer to a creation is still out."""
    waiting = Intent.objects.of(bench.firm_id).filter(
        connection=bench.connection, op_kind=OpKind.CREATE_THERE, state__in=OPEN_INTENTS, link__pair=pair
    )
    marks = set(waiting.values_list("marker", flat=True))
    if bench.capability_of(pair.remote_type).handle is CreateHandle.MARKER:
        return row.marker in marks
    return bool(marks)
