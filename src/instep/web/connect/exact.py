"""The exact request of a planned row, as the connector would make it, with names for ids that are not known yet."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from instep.connect.marks import marker_for
from instep.connect.models import Connection, OpKind, PlanOp
from instep.connect.protocols import Creation, Request, TakesBatches
from instep.connect.queries import names_of
from instep.connect.registry import connector_for

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
    names = names_of(
        connection,
        [(kind, int(key)) for kind, key in _references(op.body, "$ref")],
        [(kind, str(key)) for kind, key in _references(op.body, "$here")],
    )
    if op.op in (OpKind.CREATE_HERE, OpKind.UPDATE_HERE):
        body = {name: _named(value, names.theirs, "$here") for name, value in op.body.items()}
        line = _("Written to Instep by the action that a page would call; nothing is sent.")
        return Exact(line, json.dumps(body, indent=2, ensure_ascii=False))
    stand_ins: dict[str, str] = {}
    body = _stand_in(op.body, names.ours, stand_ins)
    connector = connector_for(connection.provider)
    if op.op == OpKind.CREATE_THERE:
        generation = op.link.generation if op.link is not None else 1
        marker = marker_for(connection.key, op.kind, op.local_id or 0, generation)
        if isinstance(connector, TakesBatches):
            # As it goes by itself; rows that go together stand one after the other in the same form.
            request = connector.ask_creates(op.remote_type, [Creation(body, marker)], key="")
        else:
            request = connector.ask_create(op.remote_type, body, marker=marker)
    else:
        request = connector.ask_update(op.remote_type, op.remote_id, body, version=None)
    text = _pretty(request)
    for number, name in stand_ins.items():
        text = text.replace(number, name)
    return Exact(_line(request), text, _("The token travels in a header and is never shown.") if text else "")


def _references(body: Any, mark: str) -> list[tuple[str, Any]]:
    if isinstance(body, dict) and mark in body:
        return [tuple(body[mark])]
    inside = body.values() if isinstance(body, dict) else body if isinstance(body, list) else ()
    return [found for each in inside for found in _references(each, mark)]


def _named(value: Any, names: Any, mark: str) -> Any:
    if isinstance(value, dict) and mark in value:
        kind, key = value[mark]
        return _("the record that is made of “%(name)s”") % {"name": names.get((kind, str(key)), key)}
    return value


def _stand_in(value: Any, names: Any, stand_ins: dict[str, str]) -> Any:
    if isinstance(value, list):
        return [_stand_in(each, names, stand_ins) for each in value]
    if isinstance(value, dict) and "$ref" not in value:
        return {name: _stand_in(each, names, stand_ins) for name, each in value.items()}
    if not isinstance(value, dict):
        return value
    kind, key = value["$ref"]
    number = str(_STAND_IN + len(stand_ins) + 1)
    stand_ins[number] = _("‹id of “%(name)s”, given when it is made›") % {"name": names.get((kind, int(key)), key)}
    return number


def _pretty(request: Request) -> str:
    if not request.body:
        return ""
    return json.dumps(json.loads(request.body), indent=2, ensure_ascii=False)


def _line(request: Request) -> str:
    query = "&".join(f"{name}={value}" for name, value in request.query)
    return f"{request.method} {request.path}" + (f"?{query}" if query else "")
