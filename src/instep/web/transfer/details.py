"""One line opened: the lines of the document with account, item and tax, the contact it is for, the items it needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from instep.connect.models import Connection, Link, LinkState, OpKind, PlanOp
from instep.connect.queries import choices_here, names_of, operations
from instep.connect.registry import connector_for, side_for
from instep.connect.translate import references_in
from instep.kernel.money import Money
from instep.web.components.formats import Form
from instep.web.shell.request import FirmRequest
from instep.web.sync import words


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """A line as it is sent: what it says, how much, and where it is booked."""

    description: str
    quantity: str
    price: str
    net: Money | None
    tax: Money | None
    account: str
    tax_code: str
    item: str


@dataclass(frozen=True, slots=True)
class Beside:
    """A record that the document needs there: what happens to it."""

    kind: str
    title: str
    does: str
    url: str
    fields: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Details:
    """What the pop-up of a line shows."""

    lines: list[DocumentLine] = field(default_factory=list)
    beside: list[Beside] = field(default_factory=list)


def details_of(request: FirmRequest, connection: Connection, op: PlanOp) -> Details:
    """Of a document; nothing for records without lines."""
    if op.local_id is None or op.kind not in ("invoice", "credit_note"):
        return Details()
    [record] = side_for(op.kind).read(connection.firm_id, [op.local_id])
    needed = [("organisation", record.fields["organisation"])]
    rows = record.fields.get("lines") or []
    needed += [("item", row["item"]) for row in rows if row.get("item") is not None]
    needed = list(dict.fromkeys([*needed, *references_in(op.body)]))
    names = names_of(connection, needed, [])
    theirs = {(domain, ours): there for (domain, there), ours in choices_here(connection).items()}
    lines = [_document_line(row, theirs, names.ours, Form.of(request.firm)) for row in rows]
    return Details(lines, _beside(request, connection, op, needed, names.ours))


def _document_line(
    said: Mapping[str, Any],
    theirs: Mapping[tuple[str, str], str],
    names: Mapping[tuple[str, int], str],
    form: Form,
) -> DocumentLine:
    """Account and tax code as the value maps say them there; an entry without a counterpart as it is here."""
    account, code = str(said.get("account") or ""), str(said.get("tax_code") or "")
    return DocumentLine(
        description=said.get("description") or "",
        quantity=_number(said.get("quantity"), form),
        price=_number(said.get("unit_price"), form),
        net=_money(said.get("net")),
        tax=_money(said.get("tax")),
        account=theirs.get(("account", account), account),
        tax_code=theirs.get(("tax_code", code), code),
        item=names.get(("item", said["item"]), "") if said.get("item") is not None else "",
    )


def _number(text: str | None, form: Form) -> str:
    """At least two decimals, and as many more as it has."""
    if not text:
        return ""
    number = Decimal(text)
    return form.decimal(number, max(2, -int(number.as_tuple().exponent)))


def _money(value: Any) -> Money | None:
    return Money.from_minor(value["minor"], value["currency"]) if value else None


def _beside(
    request: FirmRequest,
    connection: Connection,
    op: PlanOp,
    needed: list[tuple[str, int]],
    names: Mapping[tuple[str, int], str],
) -> list[Beside]:
    remote = connector_for(connection.provider).title
    planned = {
        (each.kind, each.local_id): each
        for each in operations(connection.firm_id, op.plan_id).filter(kind__in={kind for kind, _id in needed})
    }
    linked = set(
        Link.objects.of(connection.firm_id)
        .filter(connection=connection, state=LinkState.LIVE, kind__in={kind for kind, _id in needed})
        .filter(local_id__in={record_id for _kind, record_id in needed})
        .values_list("kind", "local_id")
    )
    found = []
    for kind, record_id in needed:
        if kind not in ("organisation", "item", "invoice"):
            continue
        row = planned.get((kind, record_id))
        does = _what(row, remote) if row is not None else ""
        if not does:
            does = _("There already") if (kind, record_id) in linked else _("Not there yet")
        found.append(
            Beside(
                kind=words.kind_word(kind, request.terms, title=True).capitalize(),
                title=names.get((kind, record_id), str(record_id)),
                does=does,
                url=words.record_url(kind, record_id),
                fields=_fields(row),
            )
        )
    return found


def _what(row: PlanOp, remote: str) -> str:
    if row.op == OpKind.CREATE_THERE:
        return _("Added to %(remote)s") % {"remote": remote}
    if row.op == OpKind.UPDATE_THERE:
        return _("Updated in %(remote)s") % {"remote": remote}
    if row.op == OpKind.HOLD:
        return _("Needs you first")
    return ""


def _fields(row: PlanOp | None) -> list[tuple[str, str]]:
    if row is None:
        return []
    said = ((name, _("emptied there") if value is None else value) for name, value in row.body.items())
    return [(name, str(value)) for name, value in said if isinstance(value, str | int) and value != ""]
