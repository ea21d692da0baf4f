"""What a call of the API does, once it may: a list, one record, a write, credit used; and the envelope around it."""

from __future__ import annotations

from dataclasses import dataclass

from sandboxes.kit.messages import Request, Response
from sandboxes.xero import accounts, listing, payments, reading, render, wire, writing
from sandboxes.xero.books import IDS, Books, fold
from sandboxes.xero.desk import Desk, new_id
from sandboxes.xero.problems import Answered, Invalid, answer, broken, not_found, validation
from sandboxes.xero.store import Record
from sandboxes.xero.world import World
from sandboxes.xero.writing import KINDS

_NUMBERS = {"contacts": "number", "items": "code", "invoices": "ACCREC", "creditnotes": "ACCRECCREDIT"}


@dataclass(frozen=True, slots=True)
class Call:
    """A call that may be made: by which app, at whose books, for which kind, and the names after it in the path."""

    request: Request
    world: World
    app: Record
    books: Books
    kind: str
    place: str
    names: list[str]

    def desk(self) -> Desk:
        """Where it writes."""
        decimals = listing.decimals(listing.parameters(self.request))
        return self.world.desk(self.books, self.app["name"], app=self.app["id"], decimals=decimals)

    def told(self, name: str, rows: list[dict[str, object]], pagination: dict[str, object] | None = None) -> Response:
        """The envelope."""
        told: dict[str, object] = {"Id": new_id(), "Status": "OK", "ProviderName": self.app["name"]}
        told["DateTimeUTC"] = f"/Date({self.world.now()})/"
        if pagination is not None:
            told["pagination"] = pagination
        return Response(200, wire.encode(told | {name: rows}).encode())


def answered(call: Call) -> Response:
    """Do it. Raises Answered."""
    if call.kind == "organisation":
        return call.told("Organisations", [render.organisation(call.books)])
    if call.place == "list":
        return _listed(call) if call.request.method == "GET" else _written(call)
    desk, number = call.desk(), _number(call)
    if call.place != "one":
        return _credit_used(call, desk, number) if call.request.method == "PUT" else _credit_back(call, desk, number)
    if call.request.method == "DELETE":
        return _removed(call, desk, number)
    how = KINDS[call.kind]
    if call.request.method == "GET":
        return call.told(
            how.name, [render.BY_KIND[call.kind](call.books, call.books[call.kind][number], True, desk.decimals)]
        )
    sent = writing.elements(call.request.body, how.name, 1, normalise=call.request.normalise)
    return call.told(how.name, writing.save_one(desk, call.world.log, call.kind, number, sent[0]))


def _listed(call: Call) -> Response:
    decimals = listing.decimals(listing.parameters(call.request))
    found = listing.find(call.books, call.kind, call.request, call.world.switches, call.app["id"])
    draw = render.BY_KIND[call.kind]
    rows = [draw(call.books, row, found.whole, decimals) for row in found.rows]
    return call.told(KINDS[call.kind].name, rows, found.pagination)


def _written(call: Call) -> Response:
    how, request = KINDS[call.kind], call.request
    most = 1 if call.kind == "payments" and request.method == "POST" else how.most
    sent = writing.elements(request.body, how.name, most, normalise=request.normalise)
    summarize = listing.parameters(request).get("summarizeerrors", "true").lower() != "false"
    create = request.method == "PUT"
    rows = writing.save_all(call.desk(), call.world.log, call.kind, sent, create=create, summarize=summarize)
    return call.told(how.name, rows)


def _number(call: Call) -> str:
    """The id that the address names, or that a number in it stands for. Raises Answered (404)."""
    table, name = call.books.tables[call.kind], call.names[0]
    found = name if call.kind == "taxrates" else reading.guid(name)
    if found in table.rows:
        return str(found)
    key = _NUMBERS.get(call.kind)
    row = table.one(key, fold(name)) if key else None
    if row is None:
        raise not_found()
    return str(row[IDS[call.kind]])


def _removed(call: Call, desk: Desk, number: str) -> Response:
    if call.kind == "items":
        call.books.put("items", number, None)
        return Response(204)
    try:
        removed = accounts.remove_account(desk, number)
    except Invalid as problem:
        return validation([broken({}, IDS[call.kind], number, problem.messages)])
    return call.told(KINDS[call.kind].name, [render.account(call.books, removed, True, desk.decimals)])


def _credit_used(call: Call, desk: Desk, number: str) -> Response:
    rows: list[dict[str, object]] = []
    sent = writing.elements(call.request.body, "Allocations", None, normalise=call.request.normalise)
    with call.world.log.unit():
        for element in sent:
            try:
                rows.append(render.allocation(call.books, payments.allocate(desk, number, element)[1]))
            except Invalid as problem:
                raise Answered(validation([broken(element, "CreditNoteID", number, problem.messages)])) from None
    return call.told("Allocations", rows)


def _credit_back(call: Call, desk: Desk, number: str) -> Response:
    wanted = reading.guid(call.names[2])
    if not any(use["AllocationID"] == wanted for use in call.books["creditnotes"][number]["Allocations"]):
        raise not_found()
    try:
        with call.world.log.unit():
            use = payments.take_back(desk, number, str(wanted))
    except Invalid as problem:
        return validation([broken({}, "CreditNoteID", number, problem.messages)])
    return answer(render.allocation(call.books, use) | {"IsDeleted": True})
