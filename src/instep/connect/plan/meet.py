"""Two linked records, field by field: what each side is to be told, what is remembered, what is held. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from instep.connect.fieldmap import Field, Place, RecordMap, Way
from instep.connect.merge import PUTS_BACK, WRITES_HERE, WRITES_THERE, Step, base_shown, step_for
from instep.connect.models.links import LinkState
from instep.connect.models.plans import OpKind
from instep.connect.plan.subject import Draft, Known, Phase, Subject
from instep.connect.policies import ASK, BOTH, OURS, THEIRS, Policy, Told, Verdict, verdict
from instep.connect.translate import (
    Leave,
    Lookups,
    Missing,
    Value,
    Waits,
    canon_theirs,
    canonical_ours,
    carried_equals,
    to_ours,
    to_theirs,
)
from instep.kernel.ids import fingerprint
from instep.kernel.money import Money

CHANGED_THERE = "changed_there"
DIFFERS = "differs"
"""The remote worked a sum out and came to another one than ours: both are told, until somebody says it may stay so."""
TOLD = (CHANGED_THERE, DIFFERS)
"""Both values are shown, neither side is written, and a person may accept it as it is."""
BY_POLICY = "policy:"
"""Before the name of the policy that decided a change, where a person reads why."""
ACCEPT = "accept"
"""A person's answer to that: it may stay so. It is about the values that were shown to them, and no others."""


@dataclass(frozen=True, slots=True)
class _Value:
    """One field on both sides: as compared (`a` ours, `b` theirs), as stored, and as last agreed."""

    f: Field
    a: Any
    b: Any
    a_raw: Any
    b_raw: Any
    agreed: tuple[Any, Any] | None
    phase: str


def meet(record_map: RecordMap, subject: Subject, lookups: Lookups, place: Place) -> list[Draft]:
    """The operations that bring the two records of `subject` in step; empty when they are."""
    meeting = _Meeting(record_map, subject, lookups, place)
    theirs = meeting.theirs.canonical
    last = {name for name, _ in record_map.leaves} if record_map.ended(theirs) else None
    for f in record_map.fields:
        if f.ours in theirs and (last is None or f.ours in last):  # absent carries no information
            meeting.settle(meeting.value(f))
    return meeting.drafts()


class _Meeting:
    """The four rows that one meeting can come to, as they grow."""

    def __init__(self, record_map: RecordMap, subject: Subject, lookups: Lookups, place: Place) -> None:
        ours, theirs = subject.ours, subject.theirs
        assert ours is not None
        assert theirs is not None
        self.record_map, self.lookups, self.place = record_map, lookups, place
        self.ours, self.theirs, self.link = ours, theirs, subject.link
        self.canonical = canonical_ours(record_map, ours.raw, place)
        self.told: Mapping[str, Told] = subject.told or {}
        self.waits_for = ""
        self.shown: list[str] = []

        def row(op: OpKind) -> Draft:
            return Draft(op, subject, ours.label, local_id=ours.id, remote_id=theirs.id, met=True)

        self.here, self.there = row(OpKind.UPDATE_HERE), row(OpKind.UPDATE_THERE)
        self.rebase, self.held = row(OpKind.REBASE), row(OpKind.HOLD)

    def value(self, f: Field) -> _Value:
        link, name = self.link, f.ours
        return _Value(
            f,
            self.canonical[name],
            self.theirs.canonical[name],
            self.ours.raw.get(name),
            self.theirs.raw.get(f.theirs),
            _agreed(link, name),
            link.phase.get(name, "") if link is not None else "",
        )

    def settle(self, v: _Value) -> None:
        """Put what one field needs into its row."""
        f = v.f
        steady = v.phase == Phase.STEADY
        step = step_for(
            f.way, agreed=v.agreed, ours=v.a, theirs=v.b, steady=steady, same=lambda: self._carried_equals(v)
        )
        first_value = not steady and _has_first_value(f.way, step, v)
        phase = Phase.STEADY if first_value else None
        if step is Step.NOTHING and v.phase in (Phase.UNSAID_THERE, Phase.UNSAID_HERE):
            step = self._say_now(v)
        if step is Step.REBASE or (step is Step.NOTHING and first_value):
            self.rebase.remember(f.ours, v.a, v.b, phase=phase or _said(v))
        elif step is Step.CONFLICT:
            self._both_changed(v)
        elif step is Step.SHOW:
            self.shown.append(f.ours)
        elif step in PUTS_BACK and f.policy == Policy.IGNORE:
            self.rebase.remember(f.ours, v.a, v.b, phase=phase or _said(v))
            self.rebase.drifted.append({"field": f.ours, "ours": v.a_raw, "theirs": v.b_raw, "step": step.value})
        elif step in WRITES_THERE:
            self._give(v, step, phase)
        elif step in WRITES_HERE:
            self._take(v, step, phase)

    def _both_changed(self, v: _Value) -> None:
        """Keep both values; let the field's policy decide, where it does and both sides can be told."""
        f = v.f
        told = self.told.get(f.ours)
        base_ours, base_theirs = v.agreed or (None, None)
        row: dict[str, Any] = {
            "field": f.ours,
            "base_ours": base_shown(base_ours),
            "base_theirs": base_shown(base_theirs),
            "ours": v.a_raw,
            "theirs": v.b_raw,
            "policy": f.policy or Policy.ASK,
            **(told.as_kept() if told is not None else {}),
        }
        found = self._by_policy(v, told) if told is not None else ASK
        if not found.keep:
            self.held.conflicts.append(row)
            return
        draft = self.there if found.keep == OURS else self.here
        if found.keep == OURS:
            self._give(v, Step.GIVE, None)
        elif found.keep == THEIRS:
            self._take(v, Step.TAKE, None)
        else:
            draft.body[f.ours] = found.merged
            draft.remember(f.ours, v.a, v.b)
            draft.merged.append(f.ours)
            draft.changes.append({"field": f.ours, "from": v.a_raw, "to": found.merged, "why": ""})
        draft.changes[-1]["why"] = f"{BY_POLICY}{f.policy}"
        draft.decided.append({**row, "decision": found.keep})

    def _by_policy(self, v: _Value, told: Told) -> Verdict:
        """What the policy says, in so far as it can be said on the side that would be written."""
        f = v.f
        there = to_theirs(self.record_map, f, v.a_raw, known=v.b_raw, lookups=self.lookups, place=self.place)
        here = to_ours(self.record_map, f, v.b_raw, known=v.a_raw, lookups=self.lookups, place=self.place)
        if not _plain(here) or not _plain(there):
            return ASK
        assert isinstance(here, Value)
        found = verdict(f.policy, ours=v.a_raw, theirs=here.value, told=told)
        if found.keep != BOTH:
            return found
        merged = to_theirs(self.record_map, f, found.merged, known=v.b_raw, lookups=self.lookups, place=self.place)
        if not _plain(merged):
            return ASK
        assert isinstance(merged, Value)
        if self._canon(f, merged.value) == v.b:
            return Verdict(THEIRS)
        same_here = canonical_ours(self.record_map, {f.ours: found.merged}, self.place)[f.ours] == v.a
        return Verdict(OURS) if same_here else found

    def drafts(self) -> list[Draft]:
        """The rows that have something in them, in the order they run."""
        if self.held.conflicts:
            fields = ", ".join(self.record_map.kind.field(c["field"]).label for c in self.held.conflicts)
            sentence = f"Both sides changed {fields}. Both values are kept until somebody chooses."
            self.held.errors.append({"code": "conflict", "sentence": sentence})
        if self.shown:
            self._tell_of_changes()
        for draft in (self.rebase, self.here, self.there):
            draft.waits_for = self.waits_for
            draft.checks = {
                "ours": {name: self.canonical[name] for name in draft.base},
                "theirs": {name: self.theirs.canonical[name] for name in draft.base},
            }
        rows = [self.rebase] if self.rebase.base else []
        rows += [draft for draft in (self.here, self.there) if draft.body]
        return [*rows, self.held] if self.held.errors else rows

    def _tell_of_changes(self) -> None:
        """What we gave once reads otherwise there by now."""
        fields = ", ".join(self.record_map.kind.field(name).label for name in self.shown)
        seen = seen_of(self.theirs.canonical, self.shown)
        if self.link is not None and self.link.choice == ACCEPT and self.link.decision.get("seen") == seen:
            for name in self.shown:
                self.rebase.remember(name, self.canonical[name], self.theirs.canonical[name])
            return
        apart = set(self.shown) <= set(self.record_map.sums)
        code = DIFFERS if apart else CHANGED_THERE
        sentence = (
            f"{fields}: changed there after it was sent. Nothing was overwritten: put it right there, or say that it "
            "may stay so."
        )
        if apart:
            said = {name: (self.canonical[name], self.theirs.raw) for name in self.shown}
            sentence, self.held.facts["values"] = told_apart(self.record_map, said, self.place)
        if word := self.record_map.ending(self.theirs.canonical):
            sentence = (
                f"It was {word} in the remote after it was sent. Nothing was changed here: credit it here too, or say "
                "that it may stay so."
            )
        self.held.errors.append({"code": code, "sentence": sentence})
        self.held.facts |= {"fields": self.shown, "seen": seen}

    def _carried_equals(self, v: _Value) -> bool:
        return carried_equals(
            self.record_map,
            v.f,
            ours_raw=v.a_raw,
            theirs_raw=v.b_raw,
            theirs=v.b,
            lookups=self.lookups,
            place=self.place,
        )

    def _say_now(self, v: _Value) -> Step:
        """A reference that could not be said when it changed: the step if it can by now, though nothing moved since."""
        if v.phase == Phase.UNSAID_THERE:
            said = to_theirs(self.record_map, v.f, v.a_raw, known=v.b_raw, lookups=self.lookups, place=self.place)
            step = Step.GIVE
        else:
            said = to_ours(self.record_map, v.f, v.b_raw, known=v.a_raw, lookups=self.lookups, place=self.place)
            step = Step.TAKE
        if isinstance(said, Value) and not said.waits_on:
            return Step.REBASE if self._carried_equals(v) else step
        self.waits_for = said.waits_on if isinstance(said, Value | Leave) else ""
        if self.link is not None and (self.link.held_code or self.link.waits_for != self.waits_for):
            return step  # what held the record is over: it waits for that other record again
        return Step.NOTHING

    def _give(self, v: _Value, step: Step, phase: str | None) -> None:
        f = v.f
        said = to_theirs(self.record_map, f, v.a_raw, known=v.b_raw, lookups=self.lookups, place=self.place)
        if isinstance(said, Leave) or (isinstance(said, Value) and said.waits_on and self._canon(f, said.value) == v.b):
            self.rebase.remember(f.ours, v.a, v.b, phase=Phase.UNSAID_THERE)
            self.waits_for = said.waits_on
        elif isinstance(said, Value):
            self.there.body[f.theirs] = said.value
            self.waits_for = said.waits_on or self.waits_for
            self.there.remember(f.ours, v.a, v.b, phase=Phase.UNSAID_THERE if said.waits_on else phase or _said(v))
            why = "default" if said.defaulted else ""
            if step is Step.PUT_BACK_THERE:
                why = "not allowed by map"
            self.there.changes.append({"field": f.ours, "from": v.b_raw, "to": v.a_raw, "why": why})
        else:
            self._cannot(said, f.ours)

    def _canon(self, f: Field, value: Any) -> Any:
        return canon_theirs(self.record_map, f, value, self.place)

    def _take(self, v: _Value, step: Step, phase: str | None) -> None:
        f = v.f
        said = to_ours(self.record_map, f, v.b_raw, known=v.a_raw, lookups=self.lookups, place=self.place)
        if isinstance(said, Leave):
            self.rebase.remember(f.ours, v.a, v.b, phase=Phase.UNSAID_HERE)
            self.waits_for = said.waits_on
        elif isinstance(said, Value):
            self.here.body[f.ours] = said.value
            self.here.remember(f.ours, v.a, v.b, phase=phase or _said(v))
            why = "not allowed by map" if step is Step.PUT_BACK_HERE else ""
            self.here.changes.append({"field": f.ours, "from": v.a_raw, "to": said.value, "why": why})
        else:
            self._cannot(said, f.ours)

    def _cannot(self, problem: Waits | Missing, name: str) -> None:
        if isinstance(problem, Waits):
            self.held.errors.append({"code": "waits", "sentence": problem.sentence})
            self.held.waits_for = problem.on
        else:
            self.held.errors.append({"code": problem.code, "sentence": problem.sentence})
            self.held.facts["field"] = name


def told_apart(
    record_map: RecordMap, said: Mapping[str, tuple[Any, Mapping[str, Any]]], place: Place
) -> tuple[str, dict[str, list[str]]]:
    """The sentence on sums that the remote worked out otherwise, and {label: [ours, theirs]} as they are read.

    `said` has for each field our value and their record.
    """
    values: dict[str, list[str]] = {}
    for name, (ours, theirs) in said.items():
        f = record_map.field(name)
        there = record_map.lens(f).to_ours(theirs.get(f.theirs), known=None, place=place)
        values[record_map.kind.field(name).label] = [_as_money(ours), _as_money(there)]
    both = "; ".join(f"{label} {ours} here, {there} in the remote" for label, (ours, there) in values.items())
    sentence = (
        f"{both}: the remote works it out by itself and came to another sum. Nothing was overwritten. Mend it there by "
        "the amount or the tax of a line, and this goes by itself; or say that it may stay so."
    )
    return sentence, values


def seen_of(canonical: Mapping[str, Any], names: Sequence[str]) -> str:
    """What stands for the values that a person is shown: an answer is about these and no others."""
    return fingerprint({name: canonical[name] for name in names})


def _as_money(value: Any) -> str:
    if not isinstance(value, Mapping):
        return str(value if value is not None else "nothing")
    return Money.from_minor(value["minor"], value["currency"]).written


def _has_first_value(way: Way, step: Step, v: _Value) -> bool:
    """Whether a seeded field has its first value with this step."""
    if way is Way.SEED:
        return v.a is not None or step is Step.TAKE
    return way is Way.SEED_THERE and (v.b is not None or step is Step.GIVE)


def _plain(said: Any) -> bool:
    """Whether a value was said in full: nothing is missing and nothing stands in."""
    return isinstance(said, Value) and not said.waits_on and not said.defaulted


def _said(v: _Value) -> str | None:
    """The phase of a reference that is said at last; None leaves the phase as it is."""
    return Phase.SAID if v.phase in (Phase.UNSAID_THERE, Phase.UNSAID_HERE) else None


def _agreed(link: Known | None, name: str) -> tuple[Any, Any] | None:
    """What the two records last agreed on; None before their first meeting about this field."""
    if link is None or link.state != LinkState.LIVE or name not in link.base_a or name not in link.base_b:
        return None
    return link.base_a[name], link.base_b[name]
