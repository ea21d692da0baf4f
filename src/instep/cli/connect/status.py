"""`instep connect status`: a line for each connection."""

from __future__ import annotations

import argparse

from instep.cli.connect.choose import awaits_preview, chosen, held_of, needs_somebody, preview_hint, standing
from instep.cli.refusals import Exit
from instep.cli.terminal import say, show_held, show_json, show_table


def run(options: argparse.Namespace) -> int:
    """Show how the connections stand; 1 when one of them waits for a person."""
    rows = chosen(options, ended=options.connection is not None)
    facts = [standing(row) for row in rows]
    waits = any(needs_somebody(one) for one in facts)
    if options.json:
        show_json(
            {
                "ok": not waits,
                "connections": [{**one, "held_records": held_of(row)} for row, one in zip(rows, facts, strict=True)],
            }
        )
    elif not facts:
        say("There is no connection yet.")
    else:
        show_table(
            ("id", "firm", "connection", "state", "linked", "held", "conflicts", "waiting", "in step at"),
            [
                (
                    *(one["id"], one["firm"], one["title"], one["state"].replace("_", " ")),
                    *(one["linked"], one["held"], one["conflicts"], one["waiting"]),
                    (one["in_step_at"] or "never")[:19].replace("T", " "),
                )
                for one in facts
            ],
        )
        for one in facts:
            if one["trouble"]:
                say(f"{one['title']}: {one['trouble']}")
            if awaits_preview(one):
                say(preview_hint(one))
        show_held([record for row in rows for record in held_of(row, 20)])
    return Exit.HELD if waits else Exit.DONE
