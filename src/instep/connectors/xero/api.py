"""The wire of Xero: which address each type has, lists page by page, records and batches out of answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from instep.connect.protocols import (
    BadReply,
    PageOfRecords,
    Rejected,
    RemoteRecord,
    Reply,
    Request,
    Values,
    Whole,
)
from instep.connectors.xero import contacts, documents, references, wire
from instep.connectors.xero.troubles import NOT_UNDERSTOOD, messages_of, rejection, told, trouble

PAGE: Final = 1000
_PAGES: Final = "https://go.xero.com"
_PRICES: Final = (("unitdp", "4"),)


@dataclass(frozen=True, slots=True)
class Resource:
    """One type at Xero. `path` names its address and its list in an answer, `id` the field that names a record."""

    path: str
    id: str
    fields: Callable[[Mapping[str, Any]], dict[str, Any]]
    body: Callable[[Values], dict[str, Any]] | None = None
    paged: bool = True
    query: tuple[tuple[str, str], ...] = ()
    """Of lists alone."""
    prices: tuple[tuple[str, str], ...] = ()
    """Of every call: prices with four decimals."""
    ours: tuple[str, str] = ("", "")
    """A field and its value: what else comes in the list is not ours."""
    number: str = ""
    """The field by which the elements of a batch are told apart, unique among what lives there."""
    page: str = ""
    """Where a person sees a record, below Xero's own pages."""
    envelope: str = ""
    """The list's name in an answer, where it is not that of the path."""

    @property
    def key(self) -> str:
        return self.envelope or self.path


RESOURCES: Final[Mapping[str, Resource]] = {
    "contacts": Resource(
        "Contacts",
        "ContactID",
        contacts.contact_fields,
        contacts.contact_body,
        query=(("includeArchived", "true"),),
        number="ContactNumber",
        page="Contacts/View/",
    ),
    "items": Resource("Items", "Code", contacts.item_fields, contacts.item_body, paged=False, number="Code"),
    "invoices": Resource(
        "Invoices",
        "InvoiceID",
        documents.invoice_fields,
        documents.invoice_body,
        query=(("where", f'Type=="{documents.SALE}"'),),
        prices=_PRICES,
        ours=("Type", documents.SALE),
        number="InvoiceNumber",
        page="AccountsReceivable/View.aspx?InvoiceID=",
    ),
    "credit-notes": Resource(
        "CreditNotes",
        "CreditNoteID",
        documents.credit_note_fields,
        documents.credit_note_body,
        query=(("where", f'Type=="{documents.CREDIT}"'),),
        prices=_PRICES,
        ours=("Type", documents.CREDIT),
        number="CreditNoteNumber",
        page="AccountsReceivable/ViewCreditNote.aspx?creditNoteID=",
    ),
    "payments": Resource(
        "Payments",
        "PaymentID",
        documents.payment_fields,
        query=(("where", f'PaymentType=="{documents.RECEIVED}"'),),
        ours=("PaymentType", documents.RECEIVED),
    ),
    "accounts": Resource("Accounts", "AccountID", references.account_fields, paged=False),
    "tax-rates": Resource("TaxRates", "TaxType", references.tax_rate_fields, paged=False),
    "organisation": Resource(
        "Organisation", "OrganisationID", references.organisation_fields, paged=False, envelope="Organisations"
    ),
}
ALLOCATIONS: Final = "credit-allocations"
"""They have no list of their own: each credit note brings its own."""


@dataclass(frozen=True, slots=True)
class AboutRequest(Request):
    """A request about an allocation, whose answer does not say everything: what it leaves out."""

    number: str = ""
    invoice: str = ""
    currency: str = ""


def link(remote_type: str, remote_id: str) -> str | None:
    """The record in Xero's own pages, in the organisation that the person has open there; None where it has no page."""
    page = RESOURCES[remote_type].page if remote_type in RESOURCES else ""
    return f"{_PAGES}/{page}{quote(remote_id, safe='')}" if page else None


# --- in ---------------------------------------------------------------------------------------------------------------


def page(remote_type: str, request: Request, reply: Reply) -> PageOfRecords:
    """One page, and the number of the next.

    Lists are asked for in the order of ids, which no edit changes. A record that is made meanwhile may push others one
    place on, so that one is seen twice; none is passed over.
    """
    resource = RESOURCES[remote_type]
    answer = _answer(remote_type, request, reply, one=False)
    try:
        elements = wire.rows(answer, resource.key)
        if resource.key not in answer:
            raise ValueError(f"no {resource.key}")
        found = [
            record for element in elements if _is_ours(resource, element) for record in _records(remote_type, element)
        ]
        asked = int(dict(request.query).get("page", "1"))
        more = resource.paged and _page_follows(wire.inner(answer, "pagination"), asked, len(elements))
    except ValueError as error:
        raise _not_understood(error, request, reply) from None
    return PageOfRecords(found, str(asked + 1) if more else None, _whole(remote_type, elements))


def _whole(remote_type: str, elements: Sequence[Mapping[str, Any]]) -> list[Whole]:
    """A credit note tells all of its allocations, or, where it names no list of them, nothing about them."""
    if remote_type != "credit-notes":
        return []
    told = frozenset(wire.identifier(each, "CreditNoteID") for each in elements if "Allocations" in each)
    return [Whole(ALLOCATIONS, "CreditNote", told, documents.TAKEN_BACK)] if told else []


def _page_follows(told_of: Mapping[str, Any], asked: int, rows: int) -> bool:
    """By what the answer says; without a word of it, by asking until a page is empty."""
    if not told_of:
        return rows > 0
    if wire.number(told_of, "page") != asked:
        raise ValueError(f"not page {asked}")
    count = wire.number(told_of, "pageCount")
    if count is None:
        raise ValueError("no number of pages")
    return asked < count


def _is_ours(resource: Resource, element: Mapping[str, Any]) -> bool:
    name, value = resource.ours
    return not name or wire.text(element, name) == value


def _records(remote_type: str, element: Mapping[str, Any]) -> Iterable[RemoteRecord]:
    yield _record(remote_type, element)
    if remote_type == "credit-notes":
        yield from documents.allocations(element)


def _record(remote_type: str, element: Mapping[str, Any]) -> RemoteRecord:
    """Raises ValueError, which names what is wrong with the shape."""
    resource = RESOURCES[remote_type]
    remote_id = wire.text(element, resource.id)
    if remote_id is None or remote_id == wire.NO_ID:
        raise ValueError(f"a record has no {resource.id}")
    if resource.id.endswith("ID"):
        remote_id = remote_id.lower()
    fields = resource.fields(element)
    return RemoteRecord(
        type=remote_type,
        id=remote_id,
        fields=fields,
        stamp=wire.moment(element, "UpdatedDateUTC"),
        marker=fields.get(resource.number),
        url=link(remote_type, remote_id),
    )


def record(remote_type: str, request: Request, reply: Reply) -> RemoteRecord:
    """The stored record of an answer about one, new or not."""
    named = request.path.partition("/")[2]
    answer = _answer(remote_type, request, reply, one=bool(named))
    try:
        if remote_type == ALLOCATIONS:
            return _allocation(request, answer)
        elements = wire.rows(answer, RESOURCES[remote_type].key)
        if len(elements) != 1:
            raise ValueError(f"{len(elements)} records")
        if refusal := _refusal(remote_type, request, elements[0]):
            raise refusal
        found = _record(remote_type, elements[0])
    except ValueError as error:
        raise _not_understood(error, request, reply) from None
    if named and quote(found.id, safe="").casefold() != named.casefold():
        raise _not_understood(ValueError(f"asked for {named}"), request, reply)
    return found


def _allocation(request: Request, answer: Mapping[str, Any]) -> RemoteRecord:
    asked = request if isinstance(request, AboutRequest) else AboutRequest(request.operation, request.method, "")
    if request.method == "PUT":
        return _allocated(asked, answer)
    for credit_note in wire.rows(answer, "CreditNotes"):
        for found in documents.allocations(credit_note):
            if found.fields["Invoice"] == asked.invoice:
                return found
    credit_note = request.path.split("/")[1].lower()
    fields = {"CreditNote": credit_note, "Invoice": asked.invoice, **documents.TAKEN_BACK}
    return RemoteRecord(ALLOCATIONS, f"{credit_note}/{asked.invoice}", fields, marker="")


def _allocated(request: AboutRequest, answer: Mapping[str, Any]) -> RemoteRecord:
    """What was just set: the answer tells neither the credit note's number nor its currency."""
    elements = wire.rows(answer, "Allocations")
    if len(elements) != 1:
        raise ValueError(f"{len(elements)} allocations")
    if refusal := _refusal(ALLOCATIONS, request, elements[0]):
        raise refusal
    credit_note, told_of = request.path.split("/")[1].lower(), wire.inner(elements[0], "Invoice")
    fields = {
        "CreditNote": credit_note,
        "Invoice": (wire.text(told_of, "InvoiceID") or request.invoice).lower(),
        "Date": wire.day(elements[0], "Date"),
        "Amount": wire.money(elements[0], "Amount", request.currency),
    }
    if request.number:
        fields["Number"] = request.number
    return RemoteRecord(ALLOCATIONS, f"{credit_note}/{fields['Invoice']}", fields, marker=request.number or None)


def batch(remote_type: str, request: Request, reply: Reply) -> list[RemoteRecord | Rejected]:
    """What became of each element, in the order in which they were sent."""
    if remote_type == ALLOCATIONS:
        try:
            return [record(remote_type, request, reply)]
        except Rejected as refusal:
            return [refusal]
    resource = RESOURCES[remote_type]
    answer = _answer(remote_type, request, reply, one=False)
    try:
        elements = _in_order(resource, request, wire.rows(answer, resource.key))
        return [_refusal(remote_type, request, e) or _record(remote_type, e) for e in elements]
    except ValueError as error:
        raise _not_understood(error, request, reply) from None


def _in_order(resource: Resource, request: Request, elements: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Told apart by their numbers. Raises ValueError where one cannot be, or is missing."""
    sent = [_folded(row.get(resource.number)) for row in wire.decode(request.body or b"")[resource.key]]
    if len(elements) != len(sent):
        raise ValueError(f"{len(elements)} answers to {len(sent)} records")
    by_number = {_folded(wire.text(element, resource.number)): element for element in elements}
    if len(by_number) != len(sent) or set(by_number) != set(sent):
        raise ValueError("the answers are about other records")
    return [by_number[number] for number in sent]


def _folded(value: Any) -> str:
    return str(value or "").strip().casefold()


def _refusal(remote_type: str, request: Request, element: Mapping[str, Any]) -> Rejected | None:
    """A definite no to one element; a warning means that it was stored."""
    status = wire.text(element, "StatusAttributeString")
    broken = wire.flag(element, "HasErrors") or wire.flag(element, "HasValidationErrors")
    if status in ("OK", "WARNING") or (status is None and not broken):
        return None
    return rejection(request, remote_type, messages_of(element))


def answer_of(request: Request, reply: Reply) -> Any:
    """The JSON of a successful answer that has no type of ours: the list of connections."""
    return _json("", request, reply, one=False)


def _answer(remote_type: str, request: Request, reply: Reply, *, one: bool) -> Mapping[str, Any]:
    answer = _json(remote_type, request, reply, one=one)
    if not isinstance(answer, Mapping):
        raise _not_understood(ValueError("not an object"), request, reply)
    return answer


def _json(remote_type: str, request: Request, reply: Reply, *, one: bool) -> Any:
    if reply.status != 200:
        raise trouble(request, reply, remote_type, one=one)
    try:
        return wire.decode(reply.body)
    except ValueError:
        raise _not_understood(ValueError("not JSON"), request, reply) from None


def _not_understood(error: ValueError, request: Request, reply: Reply) -> BadReply:
    return BadReply(NOT_UNDERSTOOD, detail=f"{error}: {told(request, reply)}")
