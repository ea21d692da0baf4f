"""The rules of recorded time, held alike by every action that writes it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from instep.base.identity.actor import Actor
from instep.base.records.ids import batches, is_id
from instep.base.records.outcomes import Draft
from instep.base.records.texts import one_date, one_flag
from instep.base.records.words import WordRow
from instep.base.records.writer import Writer
from instep.base.settings.declared import get_settings
from instep.costs.errors import (
    CostApproved,
    CostHeld,
    JobTakesNoTime,
    NoSuchPhase,
    NoSuchStaff,
    PeriodLocked,
    PhaseTakesNoTime,
    RateMissing,
)
from instep.costs.holds import holders_of
from instep.costs.models import Cost
from instep.costs.pricing import RateBook, priced, why_not_charged
from instep.costs.settings import CLOSED_UNTIL, INTERNAL_CLIENTS
from instep.costs.states import COST_MOVES, COUNTS, OPEN_END, CostState
from instep.jobs.models import Phase
from instep.jobs.states import PHASE_TAKES_TIME, TAKES_TIME, PhaseStatus, StatusType
from instep.kernel.errors import BadValue, NotAllowed, NotFound
from instep.kernel.records.kinds import FieldType, RecordField
from instep.staff.models import StaffResource
from instep.staff.states import StaffKind

LONGEST_DAY = 24 * 60
_FIGURES = frozenset({"phase_id", "staff_id", "on", "minutes", "investment"})
_DESCRIPTION = RecordField("description", FieldType.MULTILINE, "Description", max_length=4000)


class TimeWriter(Writer[Cost]):
    """Writes time. `state` is given by the actions alone."""

    model = Cost
    kind = "cost"
    right = "record time"
    texts = {"description": _DESCRIPTION}
    others = frozenset({"phase", "staff", "on", "minutes", "investment", "state"})
    # Time is found by job, person and day; a million descriptions would be several million words.
    words = WordRow
    word_sources = ()

    _phases: dict[int, Phase]
    _staff: dict[int, StaffResource]
    _own: int | None
    _held: dict[int, str]
    _rates: RateBook
    _closed_until: dt.date | None
    _internal: frozenset[int]

    def __init__(self, by: Actor, *, now: dt.datetime | None = None) -> None:
        super().__init__(by)
        self.now = now or timezone.now()
        self._may_for_others = by.can("record others' time")
        self._takes_time: set[int] = set()

    def gather(self, drafts: Sequence[Draft[Cost]]) -> None:
        settings = get_settings(self.firm, [CLOSED_UNTIL, INTERNAL_CLIENTS])
        closed = settings[CLOSED_UNTIL.key]
        self._closed_until = dt.date.fromisoformat(closed) if closed else None
        self._internal = frozenset(settings[INTERNAL_CLIENTS.key])
        old = [draft.row for draft in drafts if not draft.is_new]
        self._load_phases({row.phase_id for row in old} | set(self.ids_given(drafts, "phase")))
        self._load_staff({row.staff_id for row in old} | set(self.ids_given(drafts, "staff")))
        self._held = holders_of(self.firm.pk, sorted(row.pk for row in old))
        prices = any(row.state in COUNTS for row in old) or any("state" in draft.given for draft in drafts)
        self._rates = RateBook(self.firm, self._staff if prices else ())

    def _load_phases(self, ids: set[int]) -> None:
        self._phases = {}
        rows = Phase.objects.of(self.firm).select_related("job__status")
        for batch in batches(ids):
            self._phases.update((row.pk, row) for row in rows.filter(pk__in=batch))

    def _load_staff(self, ids: set[int]) -> None:
        self._staff, self._own = {}, None
        rows = StaffResource.objects.of(self.firm)
        for batch in batches(ids):
            self._staff.update((row.pk, row) for row in rows.filter(pk__in=batch))
        if self.by.user_id is not None:
            mine = next((row for row in self._staff.values() if row.user_id == self.by.user_id), None)
            mine = mine or rows.filter(user_id=self.by.user_id).first()
            if mine is not None:
                self._own = mine.pk
                self._staff[mine.pk] = mine

    def settle(self, draft: Draft[Cost]) -> None:
        given, new = draft.given, draft.is_new
        if not new:
            self._check_free(draft)
        if new or "staff" in given:
            self._settle_staff(draft)
        self._check_right(draft)
        if new or "phase" in given:
            self._settle_phase(draft)
        if new or "on" in given:
            draft.put("on", self._date(given.get("on")), field_name="on")
        if new or "minutes" in given:
            draft.put("minutes", _minutes(given.get("minutes")), field_name="minutes")
        if "investment" in given:
            draft.put("investment", one_flag(given["investment"], "Investment"), field_name="investment")
        self._settle_state(draft)

    # --- the rules ---------------------------------------------------------------------------------------------------

    def _check_free(self, draft: Draft[Cost]) -> None:
        row = draft.row
        if row.state == CostState.REMOVED:
            raise NotFound(what="time entry")
        if row.pk in self._held:
            raise CostHeld(holder=self._held[row.pk])
        if row.state == CostState.APPROVED:
            raise CostApproved()
        self._check_period(row.on)

    def _check_period(self, on: dt.date) -> None:
        if self._closed_until is not None and on <= self._closed_until:
            raise PeriodLocked(on=on, closed_until=self._closed_until)

    def _settle_staff(self, draft: Draft[Cost]) -> None:
        chosen = draft.given.get("staff")
        if chosen is None and draft.is_new:
            chosen = self._own
        found = self._staff.get(chosen) if is_id(chosen) else None
        if found is None or not found.active or found.kind != StaffKind.PERSON:
            raise NoSuchStaff()
        draft.put("staff_id", found.pk, field_name="staff")

    def _check_right(self, draft: Draft[Cost]) -> None:
        whose = {draft.value("staff_id")} if draft.is_new else {draft.value("staff_id"), draft.row.staff_id}
        if not self._may_for_others and whose != {self._own}:
            raise NotAllowed(right="record others' time")

    def _settle_phase(self, draft: Draft[Cost]) -> None:
        chosen = draft.given.get("phase")
        phase = self._phases.get(chosen) if is_id(chosen) else None
        if phase is None:
            raise NoSuchPhase()
        draft.put("phase_id", phase.pk, field_name="phase")
        draft.put("job_id", phase.job_id)
        draft.put("currency", phase.currency)

    def _date(self, value: Any) -> dt.date:
        on = one_date(value, "Date")
        if on is None:
            raise BadValue(field="Date", problem="give a date, such as 2026-03-31")
        self._check_period(on)
        return on

    def _settle_state(self, draft: Draft[Cost]) -> None:
        old = CostState(draft.row.state)
        wanted = CostState(draft.given.get("state", old))
        if wanted is not old:
            COST_MOVES.check(old, wanted)
            draft.put("state", wanted.value)
            draft.note("state", None if draft.is_new else old.value, wanted.value)
        figures = draft.is_new or wanted is not old or not _FIGURES.isdisjoint(draft.attributes)
        if wanted is CostState.REMOVED:
            draft.put("open_until", None)
        elif figures:
            self._check_takes_time(self._phases[draft.value("phase_id")])
            if wanted in COUNTS:
                self._price(draft, entering=old not in COUNTS)
        if figures and old in COUNTS:
            draft.put("changed_at", self.now)

    def _check_takes_time(self, phase: Phase) -> None:
        if phase.pk in self._takes_time:
            return
        if not TAKES_TIME[StatusType(phase.job.status.type)]:
            raise JobTakesNoTime(job=str(phase.job), status=phase.job.status.name)
        if PhaseStatus(phase.status) not in PHASE_TAKES_TIME:
            raise PhaseTakesNoTime(phase=phase.name, job=str(phase.job), status=phase.status)
        self._takes_time.add(phase.pk)

    def _price(self, draft: Draft[Cost], *, entering: bool) -> None:
        """Freeze the rates when it is submitted, and again when it becomes another person's or another day's."""
        put = draft.attributes.__setitem__ if entering else draft.put
        if entering:
            put("open_until", OPEN_END)
            put("submitted_at", self.now)
        staff, currency = draft.value("staff_id"), draft.value("currency")
        if entering or not {"staff_id", "on", "currency"}.isdisjoint(draft.attributes):
            on = draft.value("on")
            rates = self._rates.find(staff, currency, on)
            if rates is None:
                raise RateMissing(staff=self._staff[staff].name, on=on, currency=currency)
            put("cost_rate", rates.cost)
            put("charge_rate", rates.charge)
        minutes, before = draft.value("minutes"), draft.row.charge_minor
        put("cost_minor", priced(minutes * draft.value("cost_rate"), currency))
        charge = priced(minutes * draft.value("charge_rate"), currency)
        put("charge_minor", charge)
        if charge != before:
            draft.note("charge", None if entering else before, charge)
        self._judge(draft)

    def _judge(self, draft: Draft[Cost]) -> None:
        phase = self._phases[draft.value("phase_id")]
        reasons = why_not_charged(
            internal_client=phase.job.client_id in self._internal,
            in_house=phase.status == PhaseStatus.IN_HOUSE,
            charge_rate=draft.value("charge_rate"),
            investment=draft.value("investment"),
        )
        draft.put("reasons", " ".join(reasons))
        draft.put("chargeable", not reasons)


def _minutes(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= LONGEST_DAY:
        raise BadValue(field="Time", problem="give more than nothing and at most 24 hours")
    return value
