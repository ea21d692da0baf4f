"""Making plans: the drafts of the planner become rows, with what must still hold when they are carried out."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from instep.connect.authors import told_of
from instep.connect.conflicts import let_go
from instep.connect.fieldmap import RecordMap
from instep.connect.inbox.outbox import acknowledge_dirty
from instep.connect.limits.lease import Holding
from instep.connect.models import Link, LinkState, OpKind, OpState, Pair, Plan, PlanOp, PlanState, Severity
from instep.connect.models.links import MAYBE_MADE
from instep.connect.observations import KnownThere, acknowledge_seen
from instep.connect.place import Bench
from instep.connect.plan.closure import Piece, left_out_with, named_by, needs_of
from instep.connect.plan.decide import Refuses, decide, gated
from instep.connect.plan.flapping import break_circles
from instep.connect.plan.gather import Gatherer
from instep.connect.plan.guards import guard, rules_for
from instep.connect.plan.lag import SINCE, edited_at
from instep.connect.plan.removals import GONE_HERE, GONE_THERE, LEFT_OUT, PUT_AWAY, RELINK, Rules, asleep
from instep.connect.plan.subject import Draft, Subject, standing_of
from instep.connect.protocols import Known, KnowsReferences
from instep.connect.rules import rules_version
from instep.connect.translate import Lookups
from instep.kernel.ids import canonical_json, fingerprint

_ALONG = (OpKind.CREATE_THERE, OpKind.LINK, OpKind.HOLD)
ASKED_OF_GONE = (GONE_THERE, GONE_HERE, RELINK)
FOR_NOBODY = "Left out: what needs it stays behind. It goes along with that."
PLAN_LIFE = timedelta(hours=24)


def map_version(bench: Bench) -> str:
    """Changes with any row or rule of a map or entry of a value map: a plan made before is then expired."""
    return fingerprint([rules_version(bench.maps), sorted(map(list, bench.choices_there.items()))])


def lineage_of(bench: Bench) -> str:
    """Of what a plan is a plan, before any record is known too: this account of the remote, in this life of our
    database, with what the remote is known to do. A plan of another lineage is out of date."""
    connection = bench.connection
    abilities = {name: asdict(each) for name, each in bench.connector.capabilities.items()}
    begins = connection.begins_on.isoformat() if connection.begins_on else ""
    of = [connection.key, connection.provider, connection.tenant, connection.epoch, begins]
    of.append([pair.pk for pair in bench.pairs])
    return fingerprint([*of, sorted((name, canonical_json(each)) for name, each in abilities.items())])


def out_of_date(bench: Bench, plan: Plan, *, now: datetime) -> bool:
    """Whether the maps, the account or the time left the plan behind."""
    late = plan.expires_at is not None and plan.expires_at < now
    return late or plan.map_version != map_version(bench) or plan.lineage != lineage_of(bench)


def open_plan(bench: Bench, *, purpose: str, by: str, now: datetime, undoes: int | None = None) -> Plan:
    """An empty plan to add rows to."""
    return Plan.objects.create(
        firm_id=bench.firm_id,
        connection=bench.connection,
        lineage=lineage_of(bench),
        map_version=map_version(bench),
        purpose=purpose,
        undoes=undoes,
        made_at=now,
        made_by=by,
        expires_at=now + PLAN_LIFE,
    )


class PlanWriter:
    """Adds rows to one plan, opening it with the first row when it was not given."""

    def __init__(
        self,
        bench: Bench,
        *,
        purpose: str,
        by: str,
        now: datetime,
        acknowledge: bool,
        holding: Holding,
        undoes: int | None = None,
    ) -> None:
        self.bench, self.purpose, self.by, self.now, self.undoes = bench, purpose, by, now, undoes
        self.acknowledge, self.holding = acknowledge, holding
        self.plan: Plan | None = None
        self.counts: Counter[str] = Counter()
        self._digest = hashlib.sha256()
        self._next = 1
        self._known: Known | None = None
        self._pieces: list[Piece] = []
        self._held: set[int] = set()
        self._wanted: set[str] = set()
        """Of our records: what those name that are to be made there, or wait."""
        self._named: set[str] = set()
        """What those name that are only joined."""
        self._along: list[tuple[int, str, bool, Pair, Subject]] = []

    def add_pair(self, pair: Pair) -> int:
        """Plan everything that waits in one pair; how many rows that made. Raises LeaseLost."""
        return sum(self._store(pair, decided) for decided in self._decided(pair))

    @transaction.atomic
    def add(self, decided: Sequence[tuple[Pair, list[Draft]]]) -> int:
        """Add rows that were decided elsewhere; nothing is ticked off by them. Raises LeaseLost."""
        self.holding.fence()
        rows: list[PlanOp] = []
        for pair, drafts in decided:
            needed: list[int] = []
            for draft in drafts:
                row = self._row(self.plan or self._open(), pair, draft.subject, draft)
                row.depends_on = list(needed) if draft.link_first else []
                if draft.op not in (OpKind.UPDATE_HERE, OpKind.UPDATE_THERE):
                    needed = [row.no]
                rows.append(row)
        PlanOp.objects.bulk_create(rows, batch_size=200)
        return len(rows)

    def tick_off(self, pair: Pair) -> None:
        """Of what waits in one pair, tick off what needs nothing; no row is made. Raises LeaseLost."""
        for decided in self._decided(pair):
            with transaction.atomic():
                self.holding.fence()
                self._acknowledge(pair, decided)

    def _decided(self, pair: Pair) -> Iterator[list[tuple[Subject, list[Draft]]]]:
        """What is to be done about each record that waits, a chunk at a time."""
        gatherer = Gatherer(self.bench, pair, self.plan)
        record_map = self.bench.map_of(pair)
        for _ in gatherer.index():
            self.holding.ensure()
        refuses, rules = self._refuses(pair), rules_for(self.bench, pair)
        for subjects in gatherer.subjects():
            gatherer.plan = self.plan
            lookups = gatherer.lookups(subjects)
            decided = [(s, self._decide(record_map, s, lookups, refuses, rules)) for s in subjects]
            decided = self._by_policy(pair, decided, lookups, refuses, rules)
            for subject, drafts in decided:
                self._note_needs(record_map, subject, drafts, lookups)
            break_circles(pair, record_map, decided, now=self.now)
            self.holding.ensure()
            yield decided

    def _decide(
        self, record_map: RecordMap, subject: Subject, lookups: Lookups, refuses: Refuses, rules: Rules
    ) -> list[Draft]:
        begins_on = self.bench.connection.begins_on
        return decide(record_map, subject, lookups, self.bench.place, refuses, rules=rules, begins_on=begins_on)

    def _by_policy(
        self, pair: Pair, decided: list[tuple[Subject, list[Draft]]], lookups: Lookups, refuses: Refuses, rules: Rules
    ) -> list[tuple[Subject, list[Draft]]]:
        """Records with a conflict are decided on once more, with what is known of who set the two values and when."""
        asked: dict[int, tuple[Mapping[str, Any], list[str]]] = {}
        for subject, drafts in decided:
            names = [conflict["field"] for draft in drafts for conflict in draft.conflicts]
            if names and subject.ours is not None and subject.theirs is not None:
                asked[subject.ours.id] = (subject.theirs.raw, names)
        if not asked:
            return decided
        told, record_map = told_of(self.bench, pair, asked), self.bench.map_of(pair)
        again = []
        for subject, drafts in decided:
            if subject.ours is not None and subject.ours.id in told:
                known = replace(subject, told=told[subject.ours.id])
                again.append((known, self._decide(record_map, known, lookups, refuses, rules)))
            else:
                again.append((subject, drafts))
        return again

    def _note_needs(self, record_map: RecordMap, subject: Subject, drafts: Sequence[Draft], lookups: Lookups) -> None:
        ours = subject.ours.raw if subject.ours is not None else None
        theirs = subject.theirs.raw if subject.theirs is not None else None
        for draft in drafts:
            if draft.op is OpKind.LINK and ours is not None:
                self._named |= named_by(record_map, ours)
            if draft.op in (OpKind.CREATE_THERE, OpKind.CREATE_HERE, OpKind.HOLD):
                draft.needs = needs_of(record_map, ours, theirs, lookups)
                if ours is not None and not (draft.op is OpKind.HOLD and draft.errors[0]["code"] == LEFT_OUT):
                    self._wanted |= named_by(record_map, ours)

    def _refuses(self, pair: Pair) -> Refuses:
        """What this remote is known to refuse, by its records as last read: a query a type for the whole plan."""
        connector = self.bench.connector
        if not isinstance(connector, KnowsReferences):
            return lambda body: []
        if self._known is None:
            self._known = KnownThere(self.bench)
        known = self._known
        return lambda body: connector.problems(pair.remote_type, body, known)

    def close(self) -> Plan | None:
        """Seal the plan: its digest covers every row."""
        if self.plan is not None:
            self._take_unwanted_out(self.plan)
        if self.plan is not None:
            self._leave_idle(self.plan)
            guard(self.bench, self.plan, self.counts)
            self.plan.digest = self._digest.hexdigest()
            self.plan.counts = dict(self.counts)
            self.plan.state = PlanState.PROPOSED
            self.plan.save(update_fields=["digest", "counts", "state"])
        return self.plan

    def _take_unwanted_out(self, plan: Plan) -> None:
        """What is made only along with others, and nothing in the plan wants: no row, and nobody is asked. It is
        marked anew with whatever wants it."""
        unwanted = [
            (no, pair, subject)
            for no, record, joins, pair, subject in self._along
            if record not in self._wanted and not (joins and record in self._named)
        ]
        if not unwanted:
            return
        gone = {no for no, _pair, _subject in unwanted}
        rows = PlanOp.objects.of(self.bench.firm_id).filter(plan=plan)
        with transaction.atomic():
            self.holding.fence()
            for op in rows.filter(no__in=gone).values_list("op", flat=True):
                self.counts[op] -= 1
            rows.filter(no__in=gone).delete()
            for pair in {pair.pk: pair for _no, pair, _subject in unwanted}.values():
                acknowledge(self.bench, pair, [s for _no, p, s in unwanted if p.pk == pair.pk])
            if not rows.exists():
                plan.delete()
                self.plan = None
        self._pieces = [piece for piece in self._pieces if piece.no not in gone]
        self._held -= gone

    def _leave_idle(self, plan: Plan) -> None:
        """What would be made only for records that stay behind stays behind, too."""
        _, idle = left_out_with(self._pieces, self._held)
        if idle:
            with transaction.atomic():
                self.holding.fence()
                rows = PlanOp.objects.of(self.bench.firm_id).filter(plan=plan, no__in=idle)
                rows.update(state=OpState.SKIPPED, result=FOR_NOBODY)

    @transaction.atomic
    def _store(self, pair: Pair, decided: list[tuple[Subject, list[Draft]]]) -> int:
        self.holding.fence()
        rows: list[PlanOp] = []
        for subject, drafts in decided:
            if not drafts:
                continue
            plan = self.plan or self._open()
            first_no = self._next
            for draft in drafts:
                row = self._row(plan, pair, subject, draft)
                if draft.link_first:
                    row.depends_on = [first_no]
                rows.append(row)
            # The last row of a record ticks off what was dealt with, if all went as planned.
            last = rows[-1].preconditions
            last["ack"] = {"dirty": subject.dirty, "seen": subject.seen, "first": first_no}
            if any(draft.met for draft in drafts):
                last["open"] = [c["field"] for draft in drafts for c in draft.conflicts]
        PlanOp.objects.bulk_create(rows, batch_size=200)
        if self.acknowledge:
            self._acknowledge(pair, decided)
        return len(rows)

    def _acknowledge(self, pair: Pair, decided: list[tuple[Subject, list[Draft]]]) -> None:
        acknowledge(self.bench, pair, [s for s, drafts in decided if not drafts and not gated(s)])

    def _open(self) -> Plan:
        self.plan = open_plan(self.bench, purpose=self.purpose, by=self.by, now=self.now, undoes=self.undoes)
        return self.plan

    def _row(self, plan: Plan, pair: Pair, subject: Subject, draft: Draft) -> PlanOp:
        no, self._next = self._next, self._next + 1
        self.counts["left" if draft.left else draft.op.value] += 1
        checks: dict[str, Any] = {**draft.checks, "link": standing_of(subject.link)}
        if subject.twin is not None:
            checks["twin"] = standing_of(subject.twin)
        if self.purpose == "sync" and (since := edited_at(self.bench, pair.remote_type, draft)) is not None:
            checks[SINCE] = since.isoformat()
        for name in ("conflicts", "decided", "drifted", "merged"):
            if getattr(draft, name):
                checks[name] = getattr(draft, name)
        if draft.needs:
            checks["needs"] = list(draft.needs)
        makes = f"{pair.kind}:{draft.local_id}" if draft.op is OpKind.CREATE_THERE else ""
        if makes or draft.needs:
            self._pieces.append(Piece(no, makes, draft.needs, along=bool(makes) and self.bench.map_of(pair).along))
        if self.acknowledge and draft.local_id is not None and _only_along(self.bench.map_of(pair), subject, draft):
            joins = draft.op is OpKind.LINK or draft.link_first
            self._along.append((no, f"{pair.kind}:{draft.local_id}", joins, pair, subject))
        if draft.op is OpKind.HOLD and draft.errors[0]["code"] != "ignored":
            self._held.add(no)
        if draft.waits_for:
            checks["waits_for"] = draft.waits_for
        if draft.facts:
            checks["facts"] = draft.facts
        digest = fingerprint([draft.op.value, pair.kind, draft.local_id, draft.remote_id, draft.body])
        self._digest.update(digest.encode())
        return PlanOp(
            firm_id=self.bench.firm_id,
            plan=plan,
            no=no,
            op=draft.op.value,
            pair=pair,
            link_id=subject.link.id if subject.link else None,
            kind=pair.kind,
            local_id=draft.local_id,
            remote_type=pair.remote_type,
            remote_id=draft.remote_id,
            label=draft.label[:300],
            changes=draft.changes,
            body=draft.body,
            body_digest=digest,
            base=draft.base,
            phase=draft.phase,
            preconditions=checks,
            severity=Severity.PERSON if draft.asks else Severity.INFO,
            errors=draft.errors,
            state=OpState.SKIPPED if draft.left else OpState.PROPOSED,
        )


def _only_along(record_map: RecordMap, subject: Subject, draft: Draft) -> bool:
    """Whether the row would make, or asks about, a record that is there for others alone: not where somebody said
    what becomes of it, or is asked because its counterpart is gone."""
    if not record_map.along or not (draft.link_first or draft.op in _ALONG):
        return False
    link = subject.link
    if link is not None and (link.state == LinkState.LIVE or link.decision or link.held_code in ASKED_OF_GONE):
        return False
    return draft.op is not OpKind.HOLD or draft.errors[0]["code"] not in (*ASKED_OF_GONE, LEFT_OUT)


def acknowledge(bench: Bench, pair: Pair, subjects: list[Subject]) -> None:
    """Tick off records that are in step, in the caller's transaction; what held them is over."""
    acknowledge_seen(bench, pair.remote_type, [s.seen for s in subjects if s.seen is not None])
    acknowledge_dirty(bench.firm_id, [s.dirty for s in subjects if s.dirty is not None])
    links = [s.link for s in subjects if s.link is not None and not (s.link.held_code == PUT_AWAY and asleep(s))]
    # What may have been made there waits for a person, and what somebody left out stays so.
    links = [li for li in links if li.held_code != MAYBE_MADE or li.state == LinkState.LIVE or li.choice]
    held = [li.id for li in links if li.held_code and (li.state == LinkState.LIVE or li.choice != "ignore")]
    let_go(bench, [li.id for li in links if li.state == LinkState.LIVE], held)
    # A link of a record that is gone, and that never was linked, ties nothing to nothing.
    over = [
        s.link.id
        for s in subjects
        if s.link is not None
        and s.link.state == LinkState.HELD
        and s.ours is None
        and (s.theirs is None or s.theirs.gone)
    ]
    Link.objects.of(bench.firm_id).filter(pk__in=over, state=LinkState.HELD).update(state=LinkState.DEAD)
