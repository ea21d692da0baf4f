"""`instep connect probe CONNECTION`: whether a real account is as its connector says, without writing to it."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.utils import timezone

from instep.cli.connect.choose import chosen
from instep.cli.refusals import CannotStart, Exit
from instep.cli.terminal import say, show_json, show_table
from instep.connect.errors import RemoteRefused
from instep.connect.models import Connection, ConnectionState
from instep.connect.probing import Report, TypeReport, probe
from instep.connect.protocols import RemoteTrouble
from instep.connect.registry import connector_for, transport_to


def run(options: argparse.Namespace) -> int:
    """Probe it; 1 when something is not as the connector says."""
    [connection] = chosen(options, ended=True)
    if connection.state == ConnectionState.DISCONNECTED:
        raise CannotStart("This connection was ended, so nobody lets us look. Connect the account again first.")
    try:
        report = probe(connection, holder="probe", transport=transport_to(connection.address), clock=timezone.now)
    except RemoteTrouble as trouble:
        remote = connector_for(connection.provider).title
        raise RemoteRefused(remote=remote, reason=trouble.sentence) from None
    told = _as_json(connection, report)
    if options.out is not None:
        _keep(options.out, told)
    if options.json:
        show_json(told)
    else:
        _show(connection, report)
        if options.out is not None:
            say(f"The whole report is in {options.out}.")
    return Exit.DONE if told["ok"] else Exit.HELD


def _keep(path: Path, told: dict[str, Any]) -> None:
    try:
        with path.open("x") as file:
            json.dump(told, file, indent=1, ensure_ascii=False, default=str)
    except FileExistsError:
        raise CannotStart(f"{path} is there already, and nothing is written over. Choose another name.") from None
    except OSError as problem:
        raise CannotStart(f"{path} cannot be written: {problem.strerror}.") from None


def _as_json(connection: Connection, report: Report) -> dict[str, Any]:
    return {
        "ok": not any(each.wrong for each in report.types),
        "connection": connection.pk,
        "title": connection.title,
        "at": timezone.now(),
        "calls": dict(report.calls),
        "limits_told": dict(report.limits_told),
        "headers": dict(report.headers),
        "stamps": report.zone,
        "clock_ahead_seconds": report.clock_ahead,
        "types": [
            {
                **asdict(each),
                "wrong": each.wrong,
                "assumed_seen": each.assumed(shown=True),
                "assumed_not_seen": each.assumed(shown=False),
            }
            for each in report.types
        ],
    }


def _show(connection: Connection, report: Report) -> None:
    calls = sum(report.calls.values())
    say(f"{connection.title}: {calls} calls, all of them readings. Nothing was written to either side.\n")
    show_table(
        ("type", "records", "page", "since", "one record", "assumed seen", "not seen"),
        [
            (
                *(each.remote_type, each.records, each.page, each.since, each.record),
                *(len(each.assumed(shown=True)), len(each.assumed(shown=False))),
            )
            for each in report.types
        ],
    )
    say()
    for each in report.types:
        _show_type(each)
    say(f"Stamps: {report.zone}.")
    if report.clock_ahead is not None:
        say(f"Our clock less theirs: {report.clock_ahead:+.0f} s.")
    limits = ", ".join(f"{name}: {left}" for name, left in report.limits_told.items())
    say(f"Calls left, by its own word: {limits or 'it says nothing'}.")
    if report.headers:
        say("Headers about limits: " + "; ".join(f"{name}: {value}" for name, value in report.headers.items()))


def _show_type(each: TypeReport) -> None:
    for shown, word in ((True, "assumed, and seen"), (False, "assumed, and not seen")):
        names = each.assumed(shown=shown)
        if names and each.records:
            say(f"{each.remote_type}: {word}: {', '.join(names)}")
    for sentence in each.wrong:
        say(f"! {each.remote_type}: {sentence}")
