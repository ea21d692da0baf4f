"""`instep connect doctor`: each connection, measured, with what is wrong in a sentence and what to do about it."""

from __future__ import annotations

import argparse
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from instep.base.tasks.queries import worker_seen_at
from instep.cli.connect.choose import chosen
from instep.cli.refusals import Exit
from instep.cli.terminal import say, show_json
from instep.connect.queries.findings import Finding, findings
from instep.connect.queries.health import Facts, Lag, health


def run(options: argparse.Namespace) -> int:
    """Look at them all; 1 when something needs a person."""
    now, seen = timezone.now(), worker_seen_at()
    told = []
    for row in chosen(options):
        facts = health(row.firm_id, row.pk, now=now)
        told.append((row.firm.key, facts, findings(facts, now=now, worker_seen=seen)))
    person = any(each.person for _, _, found in told for each in found)
    if options.json:
        rows = [_as_json(firm, facts, found, now=now) for firm, facts, found in told]
        show_json({"ok": not person, "worker_seen_at": seen, "connections": rows})
    elif not told:
        say("There is no connection yet.")
    else:
        for firm, facts, found in told:
            _show(firm, facts, found, now=now)
    return Exit.HELD if person else Exit.DONE


def _as_json(firm: str, facts: Facts, found: list[Finding], *, now: datetime) -> dict[str, Any]:
    connection, card = facts.connection, facts.card
    return {
        "id": connection.pk,
        "firm": firm,
        "title": connection.title,
        "state": str(connection.state),
        "trouble": connection.trouble,
        "in_step_at": connection.in_step_at,
        "next_look_at": connection.next_poll_at,
        "resume_at": connection.resume_at,
        "lag_ms": {side: {"count": lag.count, "p50": lag.half, "p95": lag.most} for side, lag in facts.lag.items()},
        "unsent": card.unsent,
        "oldest_unsent_seconds": _seconds(now, card.unsent_since),
        "unseen": card.unseen,
        "held": card.held,
        "conflicts": card.conflicts,
        "open_writes": facts.open_intents,
        "oldest_open_write_seconds": _seconds(now, facts.intents_since),
        "budget": [
            {"limit": each.name, "left": each.left, "of": each.whole, "told_by_remote": each.told}
            for each in facts.budgets
        ],
        "access_until": facts.access_until,
        "lease": {"holder": facts.holder, "until": facts.lease_until},
        "copy": facts.copy,
        "epoch": connection.epoch,
        "adopted_epoch": connection.adopted_epoch,
        "review": connection.review,
        "clock_ahead_seconds": facts.clock_ahead.total_seconds() if facts.clock_ahead is not None else None,
        "webhooks": {"heard": facts.hints_heard, "last_at": facts.heard_at},
        "last_stop": {"at": facts.last_stop.at, "sentence": facts.last_stop.sentence} if facts.last_stop else None,
        "findings": [
            {"code": each.code, "sentence": each.sentence, "todo": each.todo, "person": each.person} for each in found
        ],
    }


def _seconds(now: datetime, since: datetime | None) -> int | None:
    return int((now - since).total_seconds()) if since is not None else None


def _show(firm: str, facts: Facts, found: list[Finding], *, now: datetime) -> None:
    connection, card = facts.connection, facts.card
    say(f"{connection.pk}  {connection.title} ({firm}): {connection.state.replace('_', ' ')}")
    say(f"    last in step {_when(connection.in_step_at)}, next look {_when(connection.next_poll_at)}")
    for side, word in (("there", "our edits arrive there"), ("here", "their edits arrive here")):
        lag = facts.lag.get(side)
        say(f"    {word}: {_lag(lag) if lag else 'none in the last day'}")
    since = f", the oldest from {_when(card.unsent_since)}" if card.unsent_since else ""
    say(f"    unsent {card.unsent}{since}; unseen {card.unseen}; without an answer {facts.open_intents}")
    for each in facts.budgets:
        by = "by its own word" if each.told else "by our count"
        say(f"    calls left this {each.name}: {each.left:,} of {each.whole:,}, {by}")
    if facts.access_until is not None:
        say(f"    access is renewed from {_when(facts.access_until)} on")
    if facts.holder:
        say(f"    in the hands of {facts.holder} until {_when(facts.lease_until)}")
    if facts.clock_ahead is not None:
        say(f"    our clock less theirs: {facts.clock_ahead.total_seconds():+.0f} s")
    if facts.hints_heard:
        say(f"    webhooks: {facts.hints_heard:,} so far, the last {_when(facts.heard_at)}")
    if facts.last_stop is not None:
        say(f"    last stopped {_when(facts.last_stop.at)}: {facts.last_stop.sentence}")
    for one in found:
        say(f"  {'!' if one.person else '-'} {one.sentence} {one.todo}")
    if not found:
        say("  All is well.")


def _when(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC" if moment is not None else "never"


def _lag(lag: Lag) -> str:
    half, most = (timedelta(milliseconds=each).total_seconds() for each in (lag.half, lag.most))
    return f"half within {half:.1f} s, 95 of 100 within {most:.1f} s ({lag.count} in the last day)"
