"""Recognising records that are not linked yet: keys kept in the database, so that matching costs no call (b.5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from instep.connect.fieldmap import Field, MatchRule, Place, RecordMap, Reference, lens_of
from instep.connect.models import Connection, Link, LinkState, MatchKey, Pair
from instep.connect.plan.subject import Candidate, Ours, Theirs
from instep.connect.translate import canon_ours, canon_theirs
from instep.kernel.canonical import canon_name
from instep.kernel.records.kinds import FieldType

HERE, THERE = "here", "there"
MOST = 20
BETWEEN = "\x1f"
"""Between the parts of a key of several fields; no text that people type holds it."""


def key_text(record_map: RecordMap, rule: MatchRule, values: Sequence[Any]) -> str | None:
    """The text that two records of one thing share, of the rule's values; None when one of them is empty."""
    texts = [_text(record_map, ours, value) for (ours, _), value in zip(rule.parts, values, strict=True)]
    return BETWEEN.join(texts)[:300] if all(texts) else None


def _text(record_map: RecordMap, ours: str, value: Any) -> str:
    type_ = record_map.kind.field(ours).type
    if value is None:
        return ""
    if type_ is FieldType.MONEY:
        return f"{value['minor']} {value['currency']}".casefold()
    if isinstance(value, Mapping):
        value = " ".join(str(part) for part in (value.get("first"), value.get("last")) if part)
    if ours == "name" or type_ is FieldType.NAME:
        value = canon_name(str(value))
    return str(value or "").strip().casefold()


def keys_of_ours(record_map: RecordMap, ours: Ours, place: Place) -> dict[str, str]:
    """{rule: key} of our record."""
    found = {}
    by_name = {f.ours: f for f in record_map.fields}
    for rule in record_map.match:
        values = []
        for name, _ in rule.parts:
            f, raw = by_name.get(name), ours.raw.get(name)
            values.append(canon_ours(record_map, f, raw, place) if f else raw)
        if key := key_text(record_map, rule, values):
            found[rule.key] = key
    return found


def keys_of_theirs(
    record_map: RecordMap, theirs: Theirs, place: Place, local_of: Mapping[tuple[str, str], int] | None = None
) -> dict[str, str]:
    """{rule: key} of their record. `local_of` says which of our records a reference of theirs means; one that means
    none of ours makes no key."""
    found = {}
    by_name = {f.theirs: f for f in record_map.fields}
    for rule in record_map.match:
        values = []
        for _, name in rule.parts:
            f, raw = by_name.get(name), theirs.raw.get(name)
            if f is not None and isinstance(f.lens, Reference) and local_of is not None:
                values.append(local_of.get((f.lens.kind, str(raw))))
            else:
                values.append(_as_ours(record_map, f, raw, place) if f else raw)
        if key := key_text(record_map, rule, values):
            found[rule.key] = key
    return found


def _as_ours(record_map: RecordMap, f: Field, raw: Any, place: Place) -> Any:
    """Their value in the form that ours has as a key: money is compared as money, whatever text the remote makes of
    it."""
    ours = record_map.kind.field(f.ours)
    if ours.type is not FieldType.MONEY:
        return canon_theirs(record_map, f, raw, place)
    return canon_ours(record_map, f, lens_of(f, ours).to_ours(raw, known=None, place=place), place)


def keep_keys(connection: Connection, kind: str, side: str, keys: Mapping[str, Mapping[str, str]]) -> None:
    """Store the keys of records, record by record, in the place of what was stored for them."""
    records = list(keys)
    if not records:
        return
    rows = MatchKey.objects.of(connection.firm_id).filter(
        connection=connection, kind=kind, side=side, record__in=records
    )
    stored: dict[str, dict[str, str]] = defaultdict(dict)
    for record, key_type, key in rows.values_list("record", "key_type", "key"):
        stored[record][key_type] = key
    changed = [record for record in records if stored.get(record, {}) != dict(keys[record])]
    if not changed:
        return
    rows.filter(record__in=[r for r in changed if r in stored]).delete()
    MatchKey.objects.bulk_create(
        [
            MatchKey(
                firm_id=connection.firm_id,
                connection=connection,
                kind=kind,
                side=side,
                key_type=key_type,
                key=key,
                record=record,
            )
            for record in changed
            for key_type, key in keys[record].items()
        ],
        batch_size=500,
    )


def partners(
    connection: Connection,
    pair: Pair,
    record_map: RecordMap,
    side: str,
    keys: Mapping[str, Mapping[str, str]],
    *,
    lost: Callable[[str, set[str]], set[str]] = lambda side, records: set(),
) -> dict[str, list[Candidate]]:
    """Records on the other side that share a key with each record of `side`, strong rules first.

    Those that are linked already are among them when a strong rule says so, or when their counterpart is gone (`lost`
    tells of which); a mere likeness to another one is no news. Two
    queries; of each record at most MOST candidates are told, which is more than a person looks through.
    """
    other = THERE if side == HERE else HERE
    strength = {rule.key: rule.strong for rule in record_map.match}
    wanted: dict[tuple[str, str], list[str]] = defaultdict(list)
    for record, by_rule in keys.items():
        for rule, key in by_rule.items():
            wanted[rule, key].append(record)
    if not wanted:
        return {}
    rows = MatchKey.objects.of(connection.firm_id).filter(
        connection=connection,
        kind=record_map.kind.key,
        key_type__in={rule for rule, _ in wanted},
        key__in={key for _, key in wanted},
        side=other,
    )
    found: dict[str, dict[str, Candidate]] = defaultdict(dict)
    for rule, key, record in rows.values_list("key_type", "key", "record").iterator(chunk_size=2000):
        for asking in wanted.get((rule, key), ()):
            known = found[asking].get(record)
            if known is None and _enough(found[asking], strong=strength[rule]):
                continue
            if known is None or (strength[rule] and not known.strong):
                found[asking][record] = Candidate(record, key, rule, strength[rule])
    linked = _linked(pair, other, {record for candidates in found.values() for record in candidates})
    for candidates in found.values():
        for record in [r for r, c in candidates.items() if r in linked and record_map.rule(c.rule).recurs]:
            del candidates[record]
    alone = lost(other, linked) if linked else set()
    return {
        asking: sorted(
            (
                replace(c, linked=c.record in linked, lost=c.record in alone)
                for c in candidates.values()
                if c.strong or c.record not in linked or c.record in alone
            ),
            key=lambda c: (not c.strong, c.linked, c.record),
        )[:MOST]
        for asking, candidates in found.items()
    }


def near_enough(
    record_map: RecordMap,
    found: Mapping[str, Sequence[Candidate]],
    asking: Mapping[str, Mapping[str, Any]],
    others: Mapping[str, Mapping[str, Any]],
) -> dict[str, list[Candidate]]:
    """Without those whose dates lie further apart than their rule allows. `asking` and `others` are canonical values by
    record."""

    def near(record: str, c: Candidate) -> bool:
        name, days = record_map.rule(c.rule).near if c.rule in rules else ("", 0)
        one, other = asking.get(record, {}).get(name), others.get(c.record, {}).get(name)
        return not (name and one and other) or abs(date.fromisoformat(one) - date.fromisoformat(other)).days <= days

    rules = {rule.key for rule in record_map.match}
    return {record: [c for c in candidates if near(record, c)] for record, candidates in found.items()}


def _enough(candidates: Mapping[str, Candidate], *, strong: bool) -> bool:
    """Whether one more changes nothing: there are many, and two strong ones are as good as a thousand."""
    return len(candidates) >= MOST and (not strong or sum(c.strong for c in candidates.values()) > 1)


def _linked(pair: Pair, side: str, records: set[str]) -> set[str]:
    rows = Link.objects.of(pair.firm_id).filter(pair=pair, state=LinkState.LIVE)
    if side == HERE:
        return {str(i) for i in rows.filter(local_id__in=[int(r) for r in records]).values_list("local_id", flat=True)}
    return {str(i) for i in rows.filter(remote_id__in=list(records)).values_list("remote_id", flat=True)}


def sole_partner(candidates: Sequence[Candidate]) -> Candidate | None:
    """The one strong candidate, if it is the only one and is not linked; else None: a person decides."""
    strong = [c for c in candidates if c.strong]
    return strong[0] if len(strong) == 1 and not strong[0].linked else None
