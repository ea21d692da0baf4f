"""Saving contacts: how one is found, what is unique, and that archived ones stay as they are."""

from __future__ import annotations

from collections.abc import Mapping

from sandboxes.xero import reading
from sandboxes.xero.books import fold
from sandboxes.xero.desk import Desk, new_id
from sandboxes.xero.problems import Invalid
from sandboxes.xero.store import Record

LIMITS: dict[str, int | None] = {
    "ContactNumber": 50,
    "AccountNumber": 50,
    "Name": 255,
    "FirstName": 255,
    "LastName": 255,
    "CompanyNumber": 50,
    "EmailAddress": 255,
    "TaxNumber": 50,
    "BankAccountDetails": None,
    "AccountsReceivableTaxType": None,
    "AccountsPayableTaxType": None,
    "SalesDefaultAccountCode": None,
    "PurchasesDefaultAccountCode": None,
    "DefaultCurrency": None,
}
ADDRESS = {
    "AddressLine1": 500,
    "AddressLine2": 500,
    "AddressLine3": 500,
    "AddressLine4": 500,
    "City": 255,
    "Region": 255,
    "PostalCode": 50,
    "Country": 50,
    "AttentionTo": 255,
}
PHONE = {"PhoneNumber": 50, "PhoneAreaCode": 10, "PhoneCountryCode": 20}
ADDRESSES, PHONES = ("POBOX", "STREET"), ("DEFAULT", "DDI", "MOBILE", "FAX")
ARCHIVED = (
    "The specified contact details matched an archived contact. "
    "Archived contacts cannot currently be edited via the API."
)
_TERMS = ("DAYSAFTERBILLDATE", "DAYSAFTERBILLMONTH", "OFCURRENTMONTH", "OFFOLLOWINGMONTH")


def duplicate(name: str) -> str:
    """The words for a name that another active contact has."""
    return (
        f"The contact name {name} is already assigned to another contact. "
        "The contact name must be unique across all active contacts."
    )


def find(desk: Desk, sent: Mapping[str, object]) -> Record | None:
    """The contact that is meant: by id, number, then name. Raises Invalid for an id that is not there."""
    books = desk.books
    if sent.get("ContactID"):
        found = books["contacts"].get(reading.guid(sent["ContactID"]) or "")
        if found is None:
            raise Invalid("The contact could not be found.")
        return found
    table = books.tables["contacts"]
    code = reading.text(sent, "ContactNumber")
    if code and (found := table.one("number", fold(code))):
        return found
    name = reading.text(sent, "Name")
    if not name:
        return None
    return table.one("ACTIVE", fold(name)) or table.one("ARCHIVED", fold(name))


def save(
    desk: Desk, sent: Mapping[str, object], *, create: bool, number: str | None = None, person: bool = False
) -> Record:
    """Create or change a contact; a `person` may change an archived one. Raises Invalid."""
    old = desk.books["contacts"][number] if number else find(desk, sent)
    if create and old:
        if old["ContactStatus"] == "ACTIVE" or sent.get("ContactID"):
            _refuse_twin(sent, old)
        old = None
    if old and old["ContactStatus"] == "ARCHIVED" and not person:
        raise Invalid(ARCHIVED)
    record = dict(old) if old else _blank()
    for name, limit in LIMITS.items():
        if name in sent:
            record[name] = reading.text(sent, name, limit)
    record["ContactStatus"] = reading.choice(sent, "ContactStatus", ("ACTIVE", "ARCHIVED")) or record["ContactStatus"]
    record["Addresses"] = _parts(
        sent, "Addresses", "AddressType", kinds=ADDRESSES, limits=ADDRESS, old=record["Addresses"]
    )
    record["Phones"] = _parts(
        sent, "Phones", "PhoneType", kinds=(*PHONES, "OFFICE"), limits=PHONE, old=record["Phones"]
    )
    people = reading.objects(sent, "ContactPersons")
    if people is not None:
        record["ContactPersons"] = _people(people)
    elif not person and desk.switches["contact_persons"] == "remove":
        record["ContactPersons"] = []
    if "PaymentTerms" in sent:
        record["PaymentTerms"] = _terms(reading.inner(sent, "PaymentTerms"))
    _check(desk, record)
    return desk.keep("contacts", record, _what(old, record))


def _what(old: Record | None, record: Record) -> str:
    if old is None:
        return "Created"
    if old["ContactStatus"] != record["ContactStatus"]:
        return "Archived" if record["ContactStatus"] == "ARCHIVED" else "Restored"
    return "Edited"


def _refuse_twin(sent: Mapping[str, object], old: Record) -> None:
    if old["Name"] and fold(old["Name"]) == fold(str(sent.get("Name") or "")):
        raise Invalid(duplicate(str(sent["Name"]).strip()))
    if old["ContactNumber"]:
        raise Invalid(f"The contact number {old['ContactNumber']} is already assigned to another contact.")
    raise Invalid("The contact is there already.")


def _blank() -> Record:
    return {
        "ContactID": new_id(),
        **dict.fromkeys(LIMITS),
        "ContactStatus": "ACTIVE",
        "Addresses": {},
        "Phones": {},
        "ContactPersons": [],
        "PaymentTerms": {},
        "IsCustomer": False,
        "IsSupplier": False,
    }


def _parts(
    sent: Mapping[str, object], name: str, by: str, *, kinds: tuple[str, ...], limits: Mapping[str, int], old: Record
) -> Record:
    """Addresses or phones by their kind: a kind that is sent is replaced, the others stay."""
    parts = reading.objects(sent, name)
    if parts is None:
        return old
    record = dict(old)
    for part in parts:
        kind = reading.choice(part, by, kinds)
        if kind is None:
            raise Invalid(f"{by} is required.")
        texts = {field: reading.text(part, field, limit) for field, limit in limits.items()}
        record[kind] = {field: value for field, value in texts.items() if value}
    return record


def _people(people: list[Mapping[str, object]]) -> list[Record]:
    if len(people) > 5:
        raise Invalid("A contact can have up to 5 additional people.")
    found = []
    for person in people:
        texts = {name: reading.text(person, name, 255) for name in ("FirstName", "LastName", "EmailAddress")}
        found.append(texts | {"IncludeInEmails": bool(reading.flag(person, "IncludeInEmails"))})
    return found


def _terms(sent: Mapping[str, object]) -> Record:
    terms: Record = {}
    for side in ("Bills", "Sales"):
        term = reading.inner(sent, side)
        if term:
            days, kind = reading.number(term, "Day"), reading.choice(term, "Type", _TERMS)
            if days is None or kind is None or not 0 <= days <= 999:
                raise Invalid("A payment term needs Day and Type.")
            terms[side] = {"Day": int(days), "Type": kind}
    return terms


def _check(desk: Desk, record: Record) -> None:
    problems: list[str] = []
    books, table = desk.books, desk.books.tables["contacts"]
    if not record["Name"]:
        problems.append("The contact name cannot be empty.")
    elif record["ContactStatus"] == "ACTIVE":
        twin = table.one("ACTIVE", fold(record["Name"]))
        if twin and twin["ContactID"] != record["ContactID"]:
            problems.append(duplicate(record["Name"]))
    if record["ContactNumber"]:
        twin = table.one("number", fold(record["ContactNumber"]))
        if twin and twin["ContactID"] != record["ContactID"]:
            problems.append(f"The contact number {record['ContactNumber']} is already assigned to another contact.")
    if record["EmailAddress"] and "@" not in record["EmailAddress"]:
        problems.append("Email address must be valid.")
    for name in ("AccountsReceivableTaxType", "AccountsPayableTaxType"):
        if record[name] and books.rate(record[name]) is None:
            problems.append(f"The TaxType code '{record[name]}' does not exist.")
    for name in ("SalesDefaultAccountCode", "PurchasesDefaultAccountCode"):
        if record[name] and books.account(record[name]) is None:
            problems.append(f"Account code '{record[name]}' is not a valid code for this document.")
    if problems:
        raise Invalid(*problems)


def of_document(desk: Desk, sent: Mapping[str, object]) -> Record:
    """The contact of a document: by its id alone as it is; with more, it is changed or made. Raises Invalid."""
    if not sent:
        raise Invalid("A Contact must be specified for this type of transaction")
    found = find(desk, sent)
    if found is not None and found["ContactStatus"] == "ARCHIVED":
        raise Invalid(ARCHIVED)
    named = {name for name, value in sent.items() if value is not None}
    if found is not None and named in ({"ContactID"}, {"ContactNumber"}, {"Name"}):
        return found
    return save(desk, sent, create=False)


def mark_side(desk: Desk, contact: Record, sales: bool) -> None:
    """Note that the contact buys from us, or sells to us; that is no change of the contact."""
    name = "IsCustomer" if sales else "IsSupplier"
    if not contact[name]:
        desk.books.put("contacts", contact["ContactID"], contact | {name: True})
