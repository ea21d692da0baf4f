"""The planner's heart: from what is known of one record on both sides to operations. Pure: no database, no clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from instep.connect.fieldmap import SEEDED, Place, RecordMap, Way
from instep.connect.models.links import MAYBE_MADE, LinkState
from instep.connect.models.plans import OpKind
from instep.connect.plan.meet import meet
from instep.connect.plan.older import left_alone
from instep.connect.plan.removals import GONE_HERE, GONE_THERE, LEFT_OUT, RELINK, Rules, ended
from instep.connect.plan.subject import Candidate, Doubt, Draft, Ours, Phase, Subject, hold
from instep.connect.protocols import Problem
from instep.connect.translate import Leave, Lookups, Missing, Waits, canonical_ours, to_ours, to_theirs

Refuses = Callable[[Mapping[str, Any]], Sequence[Problem]]
ASKS = Rules()
WITHHELD = "withheld"
"""Our side keeps the record back for now: nothing is sent, nothing is taken, and the link stays."""
GATED = (LinkState.CREATING_THERE, LinkState.CREATING_HERE, LinkState.MERGE_WAIT)


def gated(subject: Subject) -> bool:
    """A write about this record got no answer yet: it is looked at again when that is settled."""
    if subject.doubt is Doubt.WAITING and subject.ours is None:
        return True
    return any(link is not None and (link.unsettled or link.state in GATED) for link in (subject.link, subject.twin))


def decide(
    record_map: RecordMap,
    subject: Subject,
    lookups: Lookups,
    place: Place,
    refuses: Refuses = lambda body: [],
    *,
    rules: Rules = ASKS,
    begins_on: date | None = None,
) -> list[Draft]:
    """The operations that `subject` needs, in the order they should run; empty when it is in step.

    `refuses` tells what the remote is known to refuse in a creation with this body, `rules` what somebody set for
    records whose counterpart has ended, `begins_on` the day before which records are left alone.
    """
    link, ours, theirs = subject.link, subject.ours, subject.theirs
    if gated(subject):
        return []
    there = theirs is not None and not theirs.over
    linked = link is not None and link.state == LinkState.LIVE
    if ours is not None and ours.withheld and not ours.archived and (there or not linked):
        return [hold(subject, WITHHELD, ours.withheld)]
    if linked:
        if ours is None and (not there or (theirs is not None and record_map.ended(theirs.canonical))):
            return []  # it ended on both sides
        if ours is not None and there and not ours.archived:
            return meet(record_map, subject, lookups, place)
        return ended(record_map, subject, rules, place)
    if left_alone(record_map, subject, lookups, begins_on):
        return []
    if (ours is not None and not ours.archived) or there:
        if link is not None and link.choice == "ignore":
            if link.held_code == LEFT_OUT:
                return []  # that is known already
            return [hold(subject, LEFT_OUT, "Somebody chose to leave this record out of the sync.")]
        if ours is not None and there:
            return _join(record_map, subject, lookups, place)
        if ours is not None:
            return _only_ours(record_map, subject, lookups, place, refuses)
        return _only_theirs(record_map, subject, lookups, place)
    return []


# --- one side only ---------------------------------------------------------------------------------------------------


def _asked(record_map: RecordMap, subject: Subject, where: str) -> Draft | None:
    """A hold when the answer is left to a person; None when there is nothing to ask."""
    link = subject.link
    if link is not None and link.choice == "create":
        return None
    if link is not None and (link.held_code in (GONE_THERE, GONE_HERE) or link.choice == "link"):
        code = link.held_code if link.held_code in (GONE_THERE, GONE_HERE) else GONE_THERE
        sentence = f"Its counterpart {where} is gone. Nothing was removed; choose another one, or make it anew."
        return hold(subject, code, sentence)
    lost = [c for c in subject.candidates if c.lost]
    if lost:
        return _made_anew(subject, lost, where)
    strong = [c for c in subject.candidates if c.strong]
    shown = strong or [c for c in subject.candidates if not c.linked]
    if not shown:
        return None
    names = ", ".join(f"“{c.label}”" for c in shown[:3])
    code = "ambiguous_match" if strong else "possible_match"
    if not strong:
        alike = _alike(record_map, shown[0].rule)
        sentence = f"A record {where} has the same {alike}: {names}. Say whether it is the same, or make a new one."
    elif len(strong) == 1 and strong[0].linked:
        sentence = (
            f"The record {where} that matches is linked with another one already: {names}. "
            "Make a new one, or leave this one out."
        )
    else:
        sentence = f"More than one record could be the same: {names}. Choose one, or make a new one."
    facts = [{"record": c.record, "label": c.label, "rule": c.rule, "linked": c.linked} for c in shown]
    return hold(subject, code, sentence, candidates=facts)


def _made_anew(subject: Subject, lost: Sequence[Candidate], where: str) -> Draft:
    """It has what a record had whose counterpart is gone: it may be that counterpart, made anew."""
    names = ", ".join(f"“{c.label}”" for c in lost[:3])
    sentence = f"{names} {where} lost its counterpart, and this looks like the same one made anew. Join them, or not."
    facts = [{"record": c.record, "label": c.label, "rule": c.rule, "linked": False} for c in lost]
    return hold(subject, RELINK, sentence, candidates=facts)


def _alike(record_map: RecordMap, key: str) -> str:
    """What two records share by this rule, in words."""
    rule = record_map.rule(key)
    return " and ".join(record_map.kind.field(ours).label.lower() for ours, _ in rule.parts)


def _only_ours(
    record_map: RecordMap, subject: Subject, lookups: Lookups, place: Place, refuses: Refuses
) -> list[Draft]:
    ours = subject.ours
    assert ours is not None
    if subject.link is not None and subject.link.held_code == MAYBE_MADE and not subject.link.choice:
        return []  # it may be there already: a person says so, and nothing is sent by itself
    if not record_map.creates_there and subject.link is None:
        return []  # whether it is one of theirs is asked about theirs, once
    asked = _asked(record_map, subject, "in the remote")
    if asked is not None:
        return [asked]
    if not record_map.creates_there:
        return []
    if (first := _comes_first(record_map, subject, ours, lookups)) is not None:
        return [first]
    draft = Draft(OpKind.CREATE_THERE, subject, ours.label, local_id=ours.id)
    unsaid: dict[str, str] = {}
    problems = [*_missing(record_map, ours), *ours.problems]
    for f in record_map.fields:
        if f.way is Way.PULL:
            continue
        translated = to_theirs(record_map, f, ours.raw.get(f.ours), known=None, lookups=lookups, place=place)
        if isinstance(translated, Waits):
            return [hold(subject, "waits", translated.sentence, waits_for=translated.on)]
        if isinstance(translated, Missing):
            problems += [Problem(each.code, each.sentence, f.ours) for each in (translated, *translated.more)]
            continue
        if translated.waits_on:
            unsaid[f.ours], draft.waits_for = Phase.UNSAID_THERE, translated.waits_on
        if isinstance(translated, Leave) or translated.value is None:
            continue
        draft.body[f.theirs] = translated.value
        why = "default" if translated.defaulted else ""
        draft.changes.append({"field": f.ours, "from": None, "to": ours.raw.get(f.ours), "why": why})
    problems += refuses(draft.body)
    if problems:
        return [_held_for(subject, problems)]
    canonical = canonical_ours(record_map, ours.raw, place)
    draft.base = {f.ours: [canonical[f.ours], None] for f in record_map.fields if f.way is not Way.PULL}
    seeded = [f.ours for f in record_map.fields if f.way in SEEDED and canonical[f.ours] is not None]
    draft.phase = {**dict.fromkeys(seeded, Phase.STEADY), **unsaid}
    draft.checks = {"ours": {f.ours: canonical[f.ours] for f in record_map.fields if f.way is not Way.PULL}}
    return [draft]


def _comes_first(record_map: RecordMap, subject: Subject, ours: Ours, lookups: Lookups) -> Draft | None:
    """A hold while a record that must be there first stays behind; None when it is there, or comes."""
    for name in record_map.after:
        named, value = record_map.kind.field(name), ours.raw.get(name)
        target = (named.ref or "", int(value)) if value is not None else None
        if target is not None and target not in lookups.remote_of and target not in lookups.coming:
            sentence = f"{named.label}: that one is not in the remote yet. This goes as soon as that one does."
            if target in lookups.older_here:
                sentence = (
                    f"{named.label}: that one is older than the first day of this connection and is left alone. Move "
                    "the day back, or leave this one out."
                )
            return hold(subject, "waits", sentence, waits_for=f"{target[0]}:{target[1]}")
    return None


def _missing(record_map: RecordMap, ours: Ours) -> list[Problem]:
    return [
        Problem(
            "needs_field",
            f"{record_map.kind.field(name).label} is empty; the record is sent as soon as it has one.",
            name,
        )
        for name in record_map.needs_there
        if ours.raw.get(name) is None
    ]


def _held_for(subject: Subject, problems: Sequence[Problem]) -> Draft:
    """Every problem of one record at once: a person mends them in one go."""
    first, *rest = problems
    facts: dict[str, Any] = {"field": first.field} if first.field else {}
    if found := [c for c in subject.candidates if not c.linked]:
        facts["candidates"] = [{"record": c.record, "label": c.label, "rule": c.rule, "linked": False} for c in found]
    row = hold(subject, first.code, first.sentence, **facts)
    row.errors += [{"code": p.code, "sentence": p.sentence, "field": p.field} for p in rest]
    return row


def _only_theirs(record_map: RecordMap, subject: Subject, lookups: Lookups, place: Place) -> list[Draft]:
    theirs = subject.theirs
    assert theirs is not None
    if record_map.ended(theirs.canonical) or subject.doubt is Doubt.ASKED:
        return []
    if not record_map.creates_here and subject.link is None:
        return []  # whether it is one of ours is asked about ours, once
    asked = _asked(record_map, subject, "in Instep")
    if asked is not None:
        return [asked]
    if not record_map.creates_here:
        return []
    draft = Draft(OpKind.CREATE_HERE, subject, theirs.label, remote_id=theirs.id)
    for f in record_map.fields:
        if f.way is Way.PUSH and not record_map.kind.field(f.ours).required:
            continue
        if f.theirs not in theirs.raw:
            continue
        raw = theirs.raw[f.theirs]
        translated = to_ours(record_map, f, raw, known=None, lookups=lookups, place=place)
        if isinstance(translated, Waits):
            return [hold(subject, "waits", translated.sentence, waits_for=translated.on)]
        if isinstance(translated, Missing):
            return [hold(subject, translated.code, translated.sentence, field=f.ours)]
        if isinstance(translated, Leave):
            draft.remember(f.ours, None, theirs.canonical.get(f.ours), phase=Phase.UNSAID_HERE)
            draft.waits_for = translated.waits_on
            continue
        if theirs.canonical.get(f.ours) is None:
            continue
        draft.body[f.ours] = translated.value
        draft.remember(f.ours, None, theirs.canonical[f.ours], phase=Phase.STEADY if f.way in SEEDED else None)
        draft.changes.append({"field": f.ours, "from": None, "to": translated.value, "why": ""})
    for needed in record_map.needs_here:
        if draft.body.get(needed) is None:
            label = record_map.kind.field(needed).label
            return [
                hold(subject, "needs_field", f"{label} is empty in the remote; it comes here as soon as it has one.")
            ]
    draft.checks = {"theirs": dict(theirs.canonical)}
    return [draft]


def _join(record_map: RecordMap, subject: Subject, lookups: Lookups, place: Place) -> list[Draft]:
    """Two records that are the same: a link row, then what their first meeting asks for."""
    ours, theirs = subject.ours, subject.theirs
    assert ours is not None
    assert theirs is not None
    join = Draft(OpKind.LINK, subject, ours.label, local_id=ours.id, remote_id=theirs.id)
    join.facts = {"rule": next((c.rule for c in subject.candidates), "chosen")}
    # What they were recognised by must still be so.
    join.checks = {"ours": canonical_ours(record_map, ours.raw, place), "theirs": dict(theirs.canonical)}
    rest: list[Draft] = []
    for draft in [] if ours.archived else meet(record_map, subject, lookups, place):
        if draft.op is OpKind.REBASE:
            join.base.update(draft.base)
            join.phase.update(draft.phase)
            join.waits_for = draft.waits_for
        else:
            draft.link_first = True
            rest.append(draft)
    return [join, *rest]
