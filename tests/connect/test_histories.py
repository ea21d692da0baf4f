"""Random histories of two sides, with troubles and deaths anywhere; left alone, everything must come right.

INSTEP_HISTORIES says how many histories are played (20 by default), INSTEP_HISTORY_STEPS how long they may be.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from typing import Any, ClassVar

import httpx2
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from instep.connect.actions.conflicts import resolve_conflict
from instep.connect.actions.connections import connect_remote, disconnect, pause_sync, start_sync
from instep.connect.actions.decisions import approve_plan, decide_held
from instep.connect.models import Conflict, Connection, ConnectionState, Link, Plan
from instep.kernel.errors import Refusal
from tests.connect.history_checks import check_all, check_quiet
from tests.connect.history_world import (
    FIELDS,
    KINDS,
    STATUSES,
    THEIR_STATUSES,
    Meddler,
    World,
    dies_at_write,
)
from tests.connect.rig import Cut

pytestmark = pytest.mark.django_db(transaction=True)

HISTORIES = int(os.environ.get("INSTEP_HISTORIES", "20"))
STEPS = int(os.environ.get("INSTEP_HISTORY_STEPS", "25"))

kinds = st.sampled_from(sorted(KINDS))
picks = st.integers(0, 7)
FAULTS: tuple[dict[str, Any], ...] = (
    {"do": "drop_before"},
    {"do": "drop_after"},
    {"do": "truncate"},
    {"do": "html"},
    {"do": "status", "status": 500},
    {"do": "status", "status": 503, "headers": {"Retry-After": "3"}},
    {"do": "status", "status": 429, "headers": {"Retry-After": "20"}},
    {"do": "normalise"},
)


def _die() -> None:
    raise Cut


class Histories(RuleBasedStateMachine):
    """Rules are what may happen; `teardown` leaves the two sides alone and looks whether they came right."""

    address: ClassVar[str]
    http: ClassVar[httpx2.Client]
    world: World
    previewed = approved = 0

    @initialize(
        skew=st.sampled_from([0, 0, 3600, -3600]),
        lag=st.sampled_from([0, 0, 4]),
        zone=st.sampled_from(["Australia/Brisbane", "UTC"]),
    )
    def begin(self, skew: int, lag: int, zone: str) -> None:
        self.http.post(f"{self.address}/_sandbox/faults", json=[]).raise_for_status()
        switches = {"visibility_lag_seconds": lag, "zone": zone}
        self.http.post(f"{self.address}/_sandbox/switches", json=switches).raise_for_status()
        self.world = World(self.address, self.http, skew=skew)

    # --- people ------------------------------------------------------------------------------------------------------

    @rule(kind=kinds, near=picks)
    def a_record_is_made_here(self, kind: str, near: int) -> None:
        self.world.create_here(kind, near)

    @rule(kind=kinds, near=picks)
    def a_record_is_made_there(self, kind: str, near: int) -> None:
        self.world.create_there(kind, near)

    @rule(near=picks, same=st.sampled_from(["number", "name"]))
    def the_same_organisation_is_on_both_sides(self, near: int, same: str) -> None:
        name = self.world.new_name("organisation")
        number = f"{len(self.world.identities) + 10_000_000_000}"
        ours, theirs = ({"tax_number": number}, {"abn": number}) if same == "number" else ({}, {})
        self.world.create_here("organisation", near, name=name, **ours)
        self.world.create_there("organisation", near, name=name, **theirs)
        self.world.pass_time(6)  # what the remote does not show yet cannot be recognised

    @rule(kind=kinds, pick=picks, field=picks, empty=st.sampled_from([False, False, False, True]))
    def a_field_is_edited_here(self, kind: str, pick: int, field: int, empty: bool) -> None:
        ids = self.world.local(kind)
        if ids:
            names = sorted(FIELDS[kind])
            self.world.edit_here(kind, ids[pick % len(ids)], names[field % len(names)], empty=empty)

    @rule(kind=kinds, pick=picks, field=picks, empty=st.sampled_from([False, False, False, True]))
    def a_field_is_edited_there(self, kind: str, pick: int, field: int, empty: bool) -> None:
        rows = self.world.remote(kind)
        if rows:
            names = sorted(FIELDS[kind])
            self.world.edit_there(kind, rows[pick % len(rows)]["id"], names[field % len(names)], empty=empty)
            # An update may rest on a picture of the last seconds (tiny+ has no versions): people are slower than that.
            self.world.pass_time(6)

    @rule(kind=kinds, pick=picks, field=picks)
    def a_field_is_edited_on_both_sides(self, kind: str, pick: int, field: int) -> None:
        links = self._links(kind)
        if links:
            link, names = links[pick % len(links)], sorted(FIELDS[kind])
            name = names[field % len(names)]
            self.world.edit_here(kind, link.local_id or 0, name)
            if any(r["id"] == int(link.remote_id or 0) for r in self.world.remote(kind)):
                self.world.edit_there(kind, int(link.remote_id or 0), name)
                self.world.pass_time(6)

    @rule(pick=picks, near=picks, here=st.booleans(), move=st.booleans(), status=picks)
    def a_job_or_contact_moves(self, pick: int, near: int, here: bool, move: bool, status: int) -> None:
        kind = "contact" if move else "job"
        if here:
            ids, homes = self.world.local(kind), self.world.local("organisation")
            if ids and homes:
                changes = {"organisation": homes[near % len(homes)]} if move else {"status": STATUSES[status % 4]}
                self.world.change_here(kind, ids[pick % len(ids)], **changes)
            return
        rows, companies = self.world.remote(kind), self.world.remote("organisation")
        if rows and companies:
            changes = (
                {"primary_company": companies[near % len(companies)]["id"]} if move else THEIR_STATUSES[status % 4]
            )
            self.world.edits += 1
            self.world.edit(KINDS[kind], rows[pick % len(rows)]["id"], **changes)
            self.world.pass_time(6)

    @rule(pick=picks, number=st.booleans())
    def what_we_own_is_edited_there(self, pick: int, number: bool) -> None:
        rows = self.world.remote("job")
        if rows:
            self.world.edits += 1
            values: dict[str, Any] = {"project_number": f"X{pick}"} if number else {"fee_value": 100 * pick}
            self.world.edit("projects", rows[pick % len(rows)]["id"], **values)
            self.world.pass_time(6)

    @rule(kind=kinds, pick=picks, back=st.booleans())
    def a_record_is_archived_or_restored_here(self, kind: str, pick: int, back: bool) -> None:
        ids = self.world.local(kind)
        if ids:
            self.world.put_away(kind, ids[pick % len(ids)], back=back)

    @rule(kind=kinds, pick=picks)
    def a_record_is_deleted_there(self, kind: str, pick: int) -> None:
        rows = self.world.remote(kind)
        if rows:
            self.world.delete_there(kind, rows[pick % len(rows)]["id"])

    @rule(pick=picks, keep=st.sampled_from(["ours", "theirs"]))
    def somebody_decides_a_conflict(self, pick: int, keep: str) -> None:
        rows = list(Conflict.objects.filter(connection=self.world.connection, state="open").order_by("pk"))
        if rows:
            self.world.edits += 1
            resolve_conflict(rows[pick % len(rows)].pk, by=self.world.ada, keep=keep)

    @rule(pick=picks, other=picks, choice=st.sampled_from(["create", "link", "ignore", "again"]))
    def somebody_decides_a_held_record(self, pick: int, other: int, choice: str) -> None:
        rows = list(Link.objects.filter(connection=self.world.connection).exclude(held_code="").order_by("pk"))
        if not rows:
            return
        link = rows[pick % len(rows)]
        remote, local = self.world.remote(link.kind), self.world.local(link.kind)
        made = link.local_id
        try:
            decide_held(
                link.pk,
                by=self.world.ada,
                choice=choice,
                remote_id=str(remote[other % len(remote)]["id"]) if remote else "",
                local_id=local[other % len(local)] if local else None,
            )
        except Refusal:
            return
        self.world.edits += 2
        if choice in ("create", "link"):
            self.world.decided(link.label)
            if made is not None:
                self.world.remade.add(made)

    @rule(minutes=st.sampled_from([0, 1, 45]))
    def time_passes(self, minutes: int) -> None:
        self.world.pass_time(minutes * 60 + 6)

    # --- the connection ----------------------------------------------------------------------------------------------

    @rule(again=st.booleans())
    def the_connection_is_paused_or_ended_and_comes_back(self, again: bool) -> None:
        world = self.world
        if again:
            disconnect(world.connection.pk, by=world.ada)
            connect_remote(
                world.cast.firm.pk, by=world.ada, provider="tinyplus", secret={"access_token": world.token},
                address=f"{world.address}/v2/",
            )  # fmt: skip
        elif world.fresh().state == ConnectionState.ACTIVE:
            pause_sync(world.connection.pk, by=world.ada)

    @precondition(lambda self: self.world.edits > self.previewed)
    @rule()
    def a_preview_is_made(self) -> None:
        self.previewed = self.world.edits
        try:
            self.world.preview()
        except Exception as trouble:
            self._only_troubles(trouble)

    @precondition(lambda self: self.previewed > self.approved)
    @rule()
    def the_preview_is_approved(self) -> None:
        self.approved = self.previewed
        plan = Plan.objects.filter(connection=self.world.connection, state="proposed").last()
        if plan is not None:
            self.world.quietly(lambda: approve_plan(plan.pk, by=self.world.ada))

    @precondition(lambda self: self.world.fresh().state in ("paused", "setup"))
    @rule()
    def the_sync_is_started(self) -> None:
        start_sync(self.world.connection.pk, by=self.world.ada)

    @precondition(lambda self: self.world.fresh().review)
    @rule()
    def what_was_collected_is_approved(self) -> None:
        self._approve_what_waits()

    # --- the engine --------------------------------------------------------------------------------------------------

    @rule(poll=st.sampled_from([True, True, False]))
    def a_cycle_runs(self, poll: bool) -> None:
        self.world.turn(poll=poll)

    @rule(poll=st.sampled_from([True, True, False]))
    def another_cycle_runs(self, poll: bool) -> None:
        self.world.turn(poll=poll)

    @rule(at=st.integers(1, 12), after=st.booleans(), poll=st.sampled_from([True, True, False]))
    def it_dies_at_a_call(self, at: int, after: bool, poll: bool) -> None:
        self.world.turn(poll=poll, meddler=Meddler(None, at=at, after=after, act=_die))  # type: ignore[arg-type]

    @rule(at=st.integers(1, 90), poll=st.sampled_from([True, True, False]))
    def it_dies_at_a_write(self, at: int, poll: bool) -> None:
        with dies_at_write(at):
            try:
                self.world.turn(poll=poll)
            except Cut:
                self.world.troubles += 1  # while the outbox was carried over

    @rule(fault=st.sampled_from(FAULTS), call=st.integers(1, 9), writes=st.booleans(), kind=kinds, new=st.booleans())
    def a_call_goes_wrong(self, fault: dict[str, Any], call: int, writes: bool, kind: str, new: bool) -> None:
        operation = f"{'create' if new else 'update'} {KINDS[kind]}" if writes else "*"
        self.world.post("faults", [{"call": 1 + call % 3 if writes else call, "operation": operation, **fault}])
        self.world.troubles += 1
        self.world.turn()
        self.world.post("faults", [])

    @rule(at=st.integers(1, 10), after=st.booleans(), kind=kinds, pick=picks, field=picks, here=st.booleans())
    def somebody_edits_while_it_runs(self, at: int, after: bool, kind: str, pick: int, field: int, here: bool) -> None:
        def act() -> None:
            if here:
                self.a_field_is_edited_here(kind, pick, field, False)
            else:
                rows, names = self.world.remote(kind), sorted(FIELDS[kind])
                if rows:
                    self.world.edit_there(kind, rows[pick % len(rows)]["id"], names[field % len(names)])

        self._meddle(at, after, act)
        self.world.pass_time(6)

    @rule(at=st.integers(1, 10), after=st.booleans(), pick=picks, other=picks, what=st.integers(0, 3))
    def somebody_decides_while_it_runs(self, at: int, after: bool, pick: int, other: int, what: int) -> None:
        acts: list[Callable[[], None]] = [
            lambda: self.somebody_decides_a_conflict(pick, "ours" if other % 2 else "theirs"),
            lambda: self.somebody_decides_a_held_record(pick, other, ("create", "link", "ignore", "again")[other % 4]),
            lambda: self.the_connection_is_paused_or_ended_and_comes_back(False),
            lambda: self.a_record_is_archived_or_restored_here(sorted(KINDS)[other % 3], pick, False),
        ]
        self._meddle(at, after, acts[what])

    @rule(at=st.integers(1, 10))
    def another_worker_takes_over_while_it_waits_for_an_answer(self, at: int) -> None:
        def act() -> None:
            self.world.pass_time(17)
            self.world.troubles += 1
            self.world.cycle(holder="w2")

        self._meddle(at, True, act)

    # --- afterwards --------------------------------------------------------------------------------------------------

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        world = self.world
        world.post("faults", [])
        if world.fresh().state in ("paused", "setup"):
            start_sync(world.connection.pk, by=world.ada)
        world.pass_time(700)
        for _ in range(6):
            outcome = world.turn()
            self._approve_what_waits()
            assert outcome is not None
            assert not outcome.trouble, outcome.trouble
            world.pass_time(700)
            if outcome.rows == 0 and not world.fresh().review and world.at_rest():
                break
        else:
            raise AssertionError("it does not come to rest")
        check_all(world)
        check_quiet(world)

    def _meddle(self, at: int, after: bool, act: Callable[[], None]) -> None:
        before = dict(self.world.typed)
        meddler = Meddler(None, at=at, after=after, act=act)  # type: ignore[arg-type]
        self.world.turn(meddler=meddler)
        self.world.overwritten_in_the_window(meddler, before)

    def _approve_what_waits(self) -> None:
        plan = Plan.objects.filter(connection=self.world.connection, state="proposed").last()
        if plan is not None and self.world.fresh().review:
            self.world.quietly(lambda: approve_plan(plan.pk, by=self.world.ada))

    def _links(self, kind: str) -> list[Link]:
        return list(Link.objects.filter(connection=self.world.connection, kind=kind, state="live").order_by("pk"))

    @staticmethod
    def _only_troubles(trouble: Exception) -> None:
        from instep.connect.protocols import RemoteTrouble

        if not isinstance(trouble, RemoteTrouble | Refusal):
            raise trouble


@pytest.mark.capability("A-30", "A-31", "X-05", "X-07", "X-18", "X-19")
def test_whatever_happens_nothing_is_lost_doubled_or_left_unquiet(tinyplus_address: str) -> None:
    random.seed(0)
    with httpx2.Client(trust_env=False) as http:
        Histories.address, Histories.http = tinyplus_address, http
        run_state_machine_as_test(
            Histories,
            settings=settings(
                max_examples=HISTORIES,
                stateful_step_count=STEPS,
                deadline=None,
                derandomize="INSTEP_HISTORIES" not in os.environ,
                database=None,
                suppress_health_check=list(HealthCheck),
                print_blob=True,
                phases=[Phase.generate, *([Phase.shrink] if "INSTEP_HISTORY_SHRINK" in os.environ else [])],
                report_multiple_bugs=False,
            ),
        )
        http.post(f"{tinyplus_address}/_sandbox/reset").raise_for_status()
    assert Connection.objects.exists()
