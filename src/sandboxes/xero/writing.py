"""PUT and POST: elements of a body, saved one by one, all or some of them, and the answer to each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sandboxes.kit.encode import decode, encode
from sandboxes.kit.errors import BadInput
from sandboxes.xero import accounts, contacts, documents, items, payments, reading
from sandboxes.xero.books import IDS
from sandboxes.xero.desk import Desk
from sandboxes.xero.problems import Answered, Invalid, broken, no_data, post_data, validation
from sandboxes.xero.render import BY_KIND
from sandboxes.xero.store import Log, Record

Save = Callable[[Desk, Mapping[str, object], bool], Record]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of record: its name on the wire, how one is saved, how many go in one request."""

    name: str
    save: Save
    most: int | None = None
    errors: str = "HasErrors"


KINDS = {
    "accounts": Kind("Accounts", lambda desk, sent, create: accounts.save_account(desk, sent, number=None), 1),
    "taxrates": Kind("TaxRates", lambda desk, sent, create: accounts.save_rate(desk, sent, create=create), 1),
    "items": Kind("Items", lambda desk, sent, create: items.save(desk, sent, create=create), 500),
    "contacts": Kind(
        "Contacts", lambda desk, sent, create: contacts.save(desk, sent, create=create), errors="HasValidationErrors"
    ),
    "invoices": Kind(
        "Invoices", lambda desk, sent, create: documents.save(desk, documents.INVOICE, sent, create=create)
    ),
    "creditnotes": Kind(
        "CreditNotes", lambda desk, sent, create: documents.save(desk, documents.CREDIT, sent, create=create)
    ),
    "payments": Kind("Payments", lambda desk, sent, create: payments.create(desk, sent), errors="HasValidationErrors"),
}


def elements(body: bytes, name: str, most: int | None, *, normalise: bool = False) -> list[Record]:
    """The elements of a body: a list under the kind's name, or one bare element. Raises Answered (400)."""
    try:
        value = decode(body)
        if b"\\ud" in body.lower():
            encode(value).encode()  # half a character, written as an escape, cannot be kept
    except BadInput as problem:
        raise post_data(problem.sentence) from None
    except UnicodeEncodeError:
        raise post_data("The body is not Unicode.") from None
    if not isinstance(value, dict):
        raise post_data("The body is not a JSON object.")
    found = value.get(name, value)
    found = [found] if isinstance(found, dict) else found
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise post_data(f"{name} must be a list of objects.")
    found = [item for item in found if item]
    if not found:
        raise no_data()
    if most is not None and len(found) > most:
        raise post_data(f"{name}: {most} at most in one request.")
    return [_squeezed(item) for item in found] if normalise else found


def _squeezed(value: object) -> Record:
    """A fault: the remote stores texts without doubled blanks."""

    def squeeze(inner: object) -> object:
        if isinstance(inner, str):
            return " ".join(inner.split())
        if isinstance(inner, dict):
            return {key: squeeze(item) for key, item in inner.items()}
        return [squeeze(item) for item in inner] if isinstance(inner, list) else inner

    squeezed = squeeze(value)
    return squeezed if isinstance(squeezed, dict) else {}


def save_all(
    desk: Desk, log: Log, kind: str, sent: list[Record], *, create: bool, summarize: bool
) -> list[dict[str, object]]:
    """Save the elements; those that break rules stop all of them, or with `summarize` off only themselves."""
    how, number = KINDS[kind], IDS[kind]
    saved: list[Record | dict[str, object]] = []
    wrong: list[dict[str, object]] = []
    with log.unit():
        for element in sent:
            known = _known(desk, kind, element)
            try:
                with log.unit():
                    saved.append(how.save(desk, element, create))
                continue
            except Invalid as problem:
                refused = broken(element, number, known, problem.messages)
            wrong.append(refused)
            saved.append({"StatusAttributeString": "ERROR", how.errors: True, **refused})
        if wrong and summarize:
            raise Answered(validation(wrong))
    # Drawn when all is done: a later element may have changed an earlier one's contact.
    return [
        element if "StatusAttributeString" in element else _drawn(desk, kind, element, told=not summarize)
        for element in saved
    ]


def _drawn(desk: Desk, kind: str, record: Record, *, told: bool) -> dict[str, object]:
    current = desk.books[kind].get(record[IDS[kind]], record)
    shown = BY_KIND[kind](desk.books, current, True, desk.decimals)
    if told:
        shown |= {"StatusAttributeString": "OK", KINDS[kind].errors: False}
    return shown


def save_one(desk: Desk, log: Log, kind: str, number: str, sent: Record) -> list[dict[str, object]]:
    """Save one record that is there; a payment is only ever deleted."""
    try:
        with log.unit():
            match kind:
                case "accounts":
                    record = accounts.save_account(desk, sent, number=number)
                case "contacts":
                    record = contacts.save(desk, sent, create=False, number=number)
                case "items":
                    record = items.save(desk, sent, create=False, number=number)
                case "payments":
                    if sent.get("Status") != "DELETED":
                        raise Invalid("A payment cannot be edited; it can only be given the Status DELETED.")
                    record = payments.delete(desk, number)
                case _:
                    form = documents.INVOICE if kind == "invoices" else documents.CREDIT
                    record = documents.save(desk, form, sent, create=False, number=number)
    except Invalid as problem:
        raise Answered(validation([broken(sent, IDS[kind], number, problem.messages)])) from None
    return [_drawn(desk, kind, record, told=False)]


def _known(desk: Desk, kind: str, sent: Mapping[str, object]) -> str | None:
    """The id of the record that an element means, for its echo."""
    given = reading.guid(sent.get(IDS[kind]))
    return given if given in desk.books[kind] else None
