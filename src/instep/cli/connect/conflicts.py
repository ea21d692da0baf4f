"""`instep connect conflicts`: what both sides changed, with who and when, and keeping one of the two values."""

from __future__ import annotations

import argparse
from typing import Any

from instep.base.identity.actor import Actor
from instep.cli.connect.choose import chosen
from instep.cli.refusals import CannotStart, Exit
from instep.cli.terminal import say, show_json, show_table
from instep.connect.actions.conflicts import resolve_conflict
from instep.connect.models import Conflict
from instep.connect.queries import open_conflicts


def run(options: argparse.Namespace) -> int:
    """List the open conflicts, or keep "ours" or "theirs" of one; 1 while one waits for somebody."""
    if options.keep is not None:
        _keep(*options.keep)
    rows = [row for connection in chosen(options) for row in open_conflicts(connection.firm_id, connection.pk)]
    if options.json:
        show_json({"ok": not rows, "conflicts": [_plain(row) for row in rows]})
    elif not rows:
        say("Nothing was changed on both sides.")
    else:
        show_table(
            ("id", "connection", "record", "field", "ours", "theirs", "both said"),
            [
                (
                    *(row.pk, row.connection.title, row.link.label, row.field),
                    *(_told(row.ours, row.ours_by), _told(row.theirs, row.theirs_by), _told(row.base_ours, "")),
                )
                for row in rows
            ],
        )
        say("\nKeep one of two values: instep connect conflicts --keep ours ID")
    return Exit.HELD if rows else Exit.DONE


def _keep(side: str, number: str) -> None:
    if side not in ("ours", "theirs") or not number.isdecimal():
        raise CannotStart("Say which value stays and of which conflict: --keep ours 12, or --keep theirs 12.")
    firm_id = Conflict.objects.filter(pk=int(number)).values_list("firm_id", flat=True).first()
    if firm_id is None:
        raise CannotStart(f"There is no conflict {number}. `instep connect conflicts` lists those that are open.")
    resolve_conflict(int(number), by=Actor.system(firm_id, "command line"), keep=side)


def _plain(row: Conflict) -> dict[str, Any]:
    return {
        "id": row.pk,
        "connection": row.connection_id,
        "kind": row.link.kind,
        "record": row.link.local_id,
        "label": row.link.label,
        "field": row.field,
        "ours": row.ours,
        "ours_by": row.ours_by,
        "ours_at": row.ours_at.isoformat() if row.ours_at else None,
        "theirs": row.theirs,
        "theirs_by": row.theirs_by,
        "theirs_at": row.theirs_at.isoformat() if row.theirs_at else None,
        "agreed": row.base_ours,
        "policy": row.policy,
        "opened_at": row.opened_at.isoformat(),
    }


def _told(value: Any, who: str) -> str:
    if isinstance(value, dict):
        value = " ".join(str(part) for part in value.values() if part)
    text = " ".join(str(value).split()) if value not in (None, "") else "(empty)"
    text = text if len(text) <= 40 else f"{text[:39]}…"
    return f"{text} ({who})" if who else text
