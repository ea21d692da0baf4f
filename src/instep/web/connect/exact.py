"""The exact request of a planned row, as the connector would make it, with names for ids that are not known yet."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from instep.connect.marks import marker_for
from instep.connect.models import Connection, OpKind, PlanOp
from instep.connect.models.plans import REMOVALS_THERE
from instep.connect.protocols import Creation, Request, TakesBatches
from instep.connect.queries import names_of, seen_there
from instep.connect.registry import connector_for
from instep.connect.removing import Removes
from instep.connect.translate import put_in, references_in, said_along

# Stands for an id that the remote gives while the plan is carried out; no remote counts so far.
_STAND_IN = 900_000_000_000_000


@dataclass(frozen=True)
class Exact:
    """What leaves, or what is written here: `line` names it, `body` is the JSON."""

    line: str
    body: str
    note: str = ""


def exact_request(connection: Connection, op: PlanOp) -> Exact:
    """The row's request, without secrets; for a row that changes Instep alone, the values it writes."""
    wanted = list(dict.fromkeys(references_in(op.body)))
    made_here = [value["$here"] for value in op.body.values() if isinstance(value, dict) and "$here" in value]
    names = names_of(connection, wanted, [(kind, str(key)) for kind, key in made_here])
    if op.op in (OpKind.CREATE_HERE, OpKind.UPDATE_HERE):
        body = {name: _named(value, names.theirs) for name, value in op.body.items()}
        line = _("Written to Instep by the action that a page would call; nothing is sent.")
        return Exact(line, json.dumps(body, indent=2, ensure_ascii=False))
    stand_ins = {reference: str(_STAND_IN + n) for n, reference in enumerate(wanted)}
    body = put_in(op.body, stand_ins)
    connector = connector_for(connection.provider)
    if op.op == OpKind.CREATE_THERE:
        generation = op.link.generation if op.link is not None else 1
        marker = marker_for(connection.key, op.kind, op.local_id or 0, generation)
        if isinstance(connector, TakesBatches):
            # As it goes by itself; rows that go together stand one after the other in the same form.
            request = connector.ask_creates(op.remote_type, [Creation(body, marker)], key="")
        else:
            request = connector.ask_create(op.remote_type, body, marker=marker)
    elif op.op in REMOVALS_THERE and isinstance(connector, Removes):
        request = connector.ask_remove(op.remote_type, op.remote_id, op.body["how"], version=None)
    else:
        body = {**said_along(connector, op.remote_type, seen_there(connection, op)), **body}
        request = connector.ask_update(op.remote_type, op.remote_id, body, version=None)
    line, text = _line(request), _pretty(request)
    for reference, number in stand_ins.items():
        name = names.ours.get(reference, str(reference[1]))
        named = _("‹id of “%(name)s”, given when it is made›") % {"name": name}
        line, text = line.replace(number, named), text.replace(number, named)
    return Exact(line, text, _("The token travels in a header and is never shown.") if text else "")


def _named(value: Any, names: Mapping[tuple[str, str], str]) -> Any:
    if isinstance(value, dict) and "$here" in value:
        kind, key = value["$here"]
        return _("the record that is made of “%(name)s”") % {"name": names.get((kind, str(key)), key)}
    return value


def _pretty(request: Request) -> str:
    if not request.body:
        return ""
    return json.dumps(json.loads(request.body), indent=2, ensure_ascii=False)


def _line(request: Request) -> str:
    query = "&".join(f"{name}={value}" for name, value in request.query)
    return f"{request.method} {request.path}" + (f"?{query}" if query else "")
