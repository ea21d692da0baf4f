"""What a person does on the pages: the same rules as the API's, the refusal shown where it was typed."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sandboxes.kit.encode import decode_object
from sandboxes.kit.errors import BadInput, Refused
from sandboxes.kit.html import see_other
from sandboxes.kit.messages import Response
from sandboxes.xero import accounts, items, payments
from sandboxes.xero import contacts as people
from sandboxes.xero import documents as papers
from sandboxes.xero.books import Books
from sandboxes.xero.desk import Desk
from sandboxes.xero.pages import about, contacts, document, documents, layout, simple
from sandboxes.xero.problems import Answered
from sandboxes.xero.seed import person, read_settings
from sandboxes.xero.store import Record
from sandboxes.xero.world import World

Posted = Mapping[str, str]


def find(books: Books, section: str, number: str) -> Record | None:
    """The record of a page, or None. Raises Refused (404) for a section that is not there."""
    if section in documents.SECTIONS:
        row = books[documents.SECTIONS[section].form.kind].get(number)
        return row if row and row["Type"] == documents.SECTIONS[section].type else None
    if section == "contacts":
        return books["contacts"].get(number)
    if section in simple.KINDS:
        return books[simple.KINDS[section][0]].get(number)
    raise Refused(404, "There is nothing at this address.")


def page(
    world: World, books: Books, section: str, record: Record | None, *, given: Posted, problem: str | None = None
) -> Response:
    """The page of a record, or of a new one."""
    if section in documents.SECTIONS:
        return document.show(world, books, documents.SECTIONS[section], record, given=given, problem=problem)
    if section == "contacts":
        return contacts.one(world, books, record, given=given, problem=problem)
    if section in simple.KINDS:
        return simple.one(world, books, section, record, given=given, problem=problem)
    raise Refused(404, "There is nothing at this address.")


def sentence(problem: Refused) -> str:
    """The words of a refusal that was made for a client."""
    if not isinstance(problem, Answered):
        return problem.sentence
    try:
        return str(decode_object(problem.response.body).get("Message", "This cannot be read."))
    except BadInput:
        return "There is nothing at this address." if problem.status == 404 else "This cannot be read."


class Edits:
    """Takes the forms."""

    def __init__(self, world: World) -> None:
        self._world = world

    def _desk(self, books: Books) -> Desk:
        return self._world.desk(books, person(books), decimals=4)

    def save(self, posted: Posted, key: str, section: str, number: str) -> Response:
        """A form of a record, or of a new one."""
        books = self._world.find(key)
        record = None if number == "new" else find(books, section, number)
        if record is None and number != "new":
            raise Refused(404, "There is no such record; it may have been deleted.")
        try:
            with self._world.log.unit():
                saved = _saved(self._desk(books), section, record, posted)
        except Refused as problem:
            return page(self._world, books, section, record, given=posted, problem=sentence(problem))
        return see_other(f"{layout.path(books, section, saved)}?{'saved' if record else 'added'}=1")

    def do(self, posted: Posted, key: str, section: str, number: str, do: str) -> Response:
        """A button of a record's page."""
        books = self._world.find(key)
        record = find(books, section, number)
        deeds: dict[str, Callable[[Desk, str, Record, Posted], str]] = {
            "status": _status,
            "pay": _pay,
            "unpay": _unpay,
            "use": _use,
            "unuse": _unuse,
        }
        if record is None or do not in deeds:
            raise Refused(404, "There is nothing at this address.")
        try:
            with self._world.log.unit():
                told = deeds[do](self._desk(books), section, record, posted)
        except Refused as problem:
            return page(self._world, books, section, record, given={}, problem=sentence(problem))
        return see_other(f"{layout.path(books, section, number)}?{told}=1")

    def settings(self, posted: Posted, key: str) -> Response:
        """The organisation's own settings."""
        books = self._world.find(key)
        try:
            books.save_settings(**read_settings(dict(posted)))
        except Refused as problem:
            return about.settings(self._world, books, {}, sentence(problem))
        return see_other(f"{layout.path(books, 'settings')}?saved=1")

    def setting(self, posted: Posted, key: str, do: str) -> Response:
        """The tier, or an app that is disconnected."""
        books = self._world.find(key)
        if do == "tier":
            self._world.set_switches({"tier": posted.get("tier", "")})
        elif do == "disconnect":
            row = self._world.office["connections"].get(posted.get("id", ""))
            if row is not None and row["tenant"] == books.tenant:
                self._world.office.put("connections", row["id"], None)
        else:
            raise Refused(404, "There is nothing at this address.")
        return see_other(f"{layout.path(books, 'settings')}?saved=1")


def _saved(desk: Desk, section: str, record: Record | None, posted: Posted) -> str:
    """Save; the id."""
    if section in documents.SECTIONS:
        found = documents.SECTIONS[section]
        known = record[found.form.id] if record else None
        sent = document.sent(found, posted, record)
        return str(papers.save(desk, found.form, sent, create=record is None, number=known)[found.form.id])
    if section == "contacts":
        known = record["ContactID"] if record else None
        sent = contacts.sent(posted, record)
        return str(people.save(desk, sent, create=record is None, number=known, person=True)["ContactID"])
    sent = simple.sent(section, posted)
    if section == "items":
        number = record["ItemID"] if record else None
        return str(items.save(desk, sent, create=record is None, number=number)["ItemID"])
    if section == "accounts":
        return str(accounts.save_account(desk, sent, number=record["AccountID"] if record else None)["AccountID"])
    sent |= {"TaxType": record["TaxType"]} if record else {}
    return str(accounts.save_rate(desk, sent, create=record is None)["TaxType"])


def _status(desk: Desk, section: str, record: Record, posted: Posted) -> str:
    if section == "contacts":
        wanted = posted.get("ContactStatus")
        people.save(desk, {"ContactStatus": wanted}, create=False, number=record["ContactID"], person=True)
        return "archived" if wanted == "ARCHIVED" else "restored"
    wanted = posted.get("Status")
    if section == "accounts":
        accounts.save_account(desk, {"Status": wanted}, number=record["AccountID"])
        return "archived" if wanted == "ARCHIVED" else "restored"
    found = documents.SECTIONS.get(section)
    if found is None:
        raise Refused(404, "There is nothing at this address.")
    papers.save(desk, found.form, {"Status": wanted}, create=False, number=record[found.form.id])
    return {"AUTHORISED": "approved", "VOIDED": "voided"}.get(str(wanted), "removed")


def _pay(desk: Desk, section: str, record: Record, posted: Posted) -> str:
    form = documents.SECTIONS[section].form
    payments.create(
        desk,
        {
            "CreditNote" if form is papers.CREDIT else "Invoice": {form.id: record[form.id]},
            "Account": {"Code": posted.get("PayCode", "")},
            "Amount": posted.get("PayAmount", "").replace(",", ""),
            "Date": posted.get("PayDate", ""),
            "Reference": posted.get("PayReference", ""),
        },
    )
    return "paid"


def _unpay(desk: Desk, section: str, record: Record, posted: Posted) -> str:
    if posted.get("PaymentID") not in desk.books["payments"]:
        raise Refused(404, "There is no such payment.")
    payments.delete(desk, posted["PaymentID"])
    return "unpaid"


def _use(desk: Desk, section: str, record: Record, posted: Posted) -> str:
    sent = {"Invoice": {"InvoiceID": posted.get("UseInvoice", "")}, "Date": posted.get("UseDate", "")}
    payments.allocate(desk, record["CreditNoteID"], {**sent, "Amount": posted.get("UseAmount", "").replace(",", "")})
    return "credited"


def _unuse(desk: Desk, section: str, record: Record, posted: Posted) -> str:
    if all(use["AllocationID"] != posted.get("AllocationID") for use in record.get("Allocations", [])):
        raise Refused(404, "There is no such use of credit.")
    payments.take_back(desk, record["CreditNoteID"], posted["AllocationID"])
    return "uncredited"
