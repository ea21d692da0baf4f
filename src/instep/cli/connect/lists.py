"""`instep connect map`: which entries of our lists stand for which of theirs, and joining two of them."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import Any

from instep.bridge.accounting.lists import lists_of_documents
from instep.cli.connect.choose import one, system
from instep.cli.refusals import CannotStart, Exit
from instep.cli.terminal import say, show_json, show_table
from instep.connect.actions.adjust import join_values
from instep.connect.models import Connection
from instep.connect.queries import value_lists
from instep.jobs.queries import job_types_of, statuses_of


@dataclass(frozen=True, slots=True)
class Listed:
    """One list: what is joined, what of ours is not, what they offer."""

    domain: str
    joined: list[tuple[str, str]]
    free: dict[str, str]
    """{our key: its name} of what stands for none of theirs yet."""
    options: list[tuple[str, str]]
    """(their key, its name); empty where the remote does not say."""
    loose: list[str]
    """Seen there, and standing for none of ours."""


def run(options: argparse.Namespace) -> int:
    """Join two entries, or show the lists; 1 when an entry of ours stands for none of theirs."""
    connection = one(options)
    given = [options.domain, options.ours, options.theirs]
    if any(given) and not all(given):
        raise CannotStart("Give all three: DOMAIN OURS THEIRS. Without them the lists are shown.")
    if options.domain:
        join_values(
            connection.pk, by=system(connection), domain=options.domain, ours=options.ours, theirs=options.theirs
        )
    lists = lists_of(connection)
    if options.domain:
        lists = [each for each in lists if each.domain == options.domain]
    missing = sum(len(each.free) for each in lists)
    if options.json:
        show_json({"ok": not missing, "connection": connection.pk, "lists": [_plain(each) for each in lists]})
    else:
        _show(connection, lists)
    return Exit.HELD if missing else Exit.DONE


def lists_of(connection: Connection) -> list[Listed]:
    """Every list of the connection."""
    names = _our_names(connection.firm_id)
    found = []
    for each in value_lists(connection):
        joined = dict(each.entries)
        ours = names.get(each.field, {})
        free = {key: name for key, name in ours.items() if key not in joined}
        found.append(Listed(each.domain, list(each.entries), free, list(each.options), list(each.loose)))
    return found


def _our_names(firm_id: int) -> dict[str, dict[str, str]]:
    """{field: {our key: its name}}."""
    return {
        "status": {row.key: row.name for row in statuses_of(firm_id)},
        "job_type": {row.key: row.name for row in job_types_of(firm_id)},
        **lists_of_documents(firm_id),
    }


def _plain(listed: Listed) -> dict[str, Any]:
    return {
        "domain": listed.domain,
        "joined": [{"ours": ours, "theirs": theirs} for ours, theirs in listed.joined],
        "unmapped": [{"ours": key, "name": name} for key, name in listed.free.items()],
        "offered": [{"theirs": key, "name": name} for key, name in listed.options],
        "seen": listed.loose,
    }


def _show(connection: Connection, lists: list[Listed]) -> None:
    say(connection.title)
    rows: list[tuple[str, str, str]] = []
    for each in lists:
        rows += [(each.domain, ours, theirs) for ours, theirs in each.joined]
        rows += [(each.domain, ours, "(stands for none yet)") for ours in each.free]
    show_table(("list", "ours", "theirs"), rows)
    for each in lists:
        taken = {theirs for _, theirs in each.joined}
        theirs = [name if name.startswith(key) else f"{key} ({name})" for key, name in each.options if key not in taken]
        theirs += each.loose
        if each.free and theirs:
            say(f"\nTheirs for {each.domain}: {', '.join(theirs)}")
    if any(each.free for each in lists):
        say(f"\nJoin two: instep connect map {connection.pk} LIST OURS THEIRS")
