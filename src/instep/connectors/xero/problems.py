"""What Xero would refuse in a record that is about to be made there, told before it is sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from instep.connect.protocols import Known, Problem, RemoteRecord, Values
from instep.connectors.xero.contacts import ARCHIVED
from instep.connectors.xero.maps import BY_TYPE
from instep.connectors.xero.references import APPLIES, active, fits_lines
from instep.kernel.canonical import canon_text

_DOCUMENTS = {"invoices": "invoice", "credit-notes": "credit note"}


def problems(remote_type: str, fields: Values, known: Known) -> Iterator[Problem]:
    """Each once. What was never read of Xero is not judged."""
    yield from _too_long(remote_type, fields)
    if remote_type == "contacts":
        yield from _archived_twin(fields, known)
        yield from _taken_name(fields, known)
    if remote_type in _DOCUMENTS:
        noun = _DOCUMENTS[remote_type]
        yield from _whole(noun, fields, known)
        yield from _archived_contact(noun, fields, known)
        yield from _lines(fields.get("LineItems") or (), known)


def _too_long(remote_type: str, fields: Values) -> Iterator[Problem]:
    record_map = BY_TYPE[remote_type]
    for f in record_map.fields:
        value = fields.get(f.theirs)
        if f.max_length is not None and isinstance(value, str) and len(value) > f.max_length:
            yield Problem(
                "too_long",
                f"{record_map.kind.field(f.ours).label} has {len(value)} characters and Xero takes {f.max_length}. "
                "Shorten it; it is never cut.",
                f.ours,
            )


def _archived_twin(fields: Values, known: Known) -> Iterator[Problem]:
    name, code = _folded(fields.get("Name")), _folded(fields.get("ContactNumber"))
    for contact in known.get("contacts", ()):
        there = contact.fields
        if there.get("ContactStatus") != ARCHIVED:
            continue
        if name == _folded(there.get("Name")) or (code and code == _folded(there.get("ContactNumber"))):
            yield Problem(
                "contact_archived",
                f"Xero has an archived contact “{there.get('Name')}”. Restore it in Xero, then link it with this "
                "client; or change the name and code here.",
                "name",
            )
            return


def _taken_name(fields: Values, known: Known) -> Iterator[Problem]:
    """Xero takes each name once among its active contacts."""
    name = _folded(fields.get("Name"))
    for contact in known.get("contacts", ()):
        there = contact.fields
        if there.get("ContactStatus") != ARCHIVED and name and name == _folded(there.get("Name")):
            yield Problem(
                "name_taken",
                f"Xero has a contact “{there.get('Name')}” already and takes each name once. Link this client with "
                "it, or change one of the two names.",
                "name",
            )
            return


def _archived_contact(noun: str, fields: Values, known: Known) -> Iterator[Problem]:
    contact = next((c for c in known.get("contacts", ()) if c.id == fields.get("Contact")), None)
    if contact is not None and contact.fields.get("ContactStatus") == ARCHIVED:
        yield Problem(
            "contact_archived",
            f"The contact “{contact.fields.get('Name')}” is archived in Xero, which takes no new {noun} for it. "
            "Restore it in Xero.",
            "organisation",
        )


def _whole(noun: str, fields: Values, known: Known) -> Iterator[Problem]:
    organisation = next(iter(known.get("organisation", ())), None)
    if organisation is None:
        return
    base, currency = organisation.fields.get("BaseCurrency"), fields.get("CurrencyCode")
    if base and currency and base != currency:
        yield Problem(
            "currency_differs",
            f"This {noun} is in {currency} and the Xero organisation keeps its books in {base}. Enter it in Xero by "
            "hand, and link the two.",
            "currency",
        )
    locked = max(
        (d for n in ("PeriodLockDate", "EndOfYearLockDate") if (d := organisation.fields.get(n))), default=None
    )
    on = fields.get("Date")
    if locked and on and on <= locked:
        yield Problem(
            "locked",
            f"This {noun} is dated {_said(on)} and Xero is locked up to {_said(locked)}. Have the lock date moved in "
            "Xero, then look again.",
            "on",
        )


def _lines(lines: Any, known: Known) -> Iterator[Problem]:
    accounts = {r.fields["Code"]: r for r in known.get("accounts", ()) if r.fields.get("Code")}
    rates = {r.fields["TaxType"]: r for r in known.get("tax-rates", ()) if r.fields.get("TaxType")}
    seen: set[tuple[str, ...]] = set()
    for number, line in enumerate(lines, start=1):
        code, tax = line.get("AccountCode"), line.get("TaxType")
        for problem in (_account(line, code, accounts), _tax(tax, rates), _together(code, tax, accounts, rates)):
            if problem is not None and (problem.code, code or "", tax or "") not in seen:
                seen.add((problem.code, code or "", tax or ""))
                yield Problem(problem.code, f"Line {number}: {problem.sentence}", "lines")


def _account(line: Mapping[str, Any], code: str | None, accounts: Mapping[str, RemoteRecord]) -> Problem | None:
    if not code:
        if not line.get("LineAmount") or line["LineAmount"].startswith(("0.00 ", "0 ")):
            return None
        return Problem("account_missing", "it has an amount and no account. Choose its account in the settings.")
    if not accounts:
        return None
    account = accounts.get(code)
    if account is None:
        return Problem("account_unknown", f"Xero has no account “{code}”. Choose another for it in the value map.")
    name = f"“{code} {account.fields.get('Name') or ''}”".replace(" ”", "”")
    if not active(account):
        sentence = f"account {name} is archived in Xero. Restore it there, or choose another in the value map."
        return Problem("account_archived", sentence)
    if not fits_lines(account):
        sentence = f"account {name} cannot stand in a line. Choose an income account in the value map."
        return Problem("account_unfit", sentence)
    return None


def _tax(tax: str | None, rates: Mapping[str, RemoteRecord]) -> Problem | None:
    if not tax or not rates:
        return None
    rate = rates.get(tax)
    if rate is None:
        return Problem("tax_unknown", f"Xero has no tax rate “{tax}”. Choose another for it in the value map.")
    if not active(rate):
        sentence = f"tax rate “{rate.fields.get('Name') or tax}” is no longer used in Xero. Choose another for it."
        return Problem("tax_archived", sentence)
    return None


def _together(
    code: str | None, tax: str | None, accounts: Mapping[str, RemoteRecord], rates: Mapping[str, RemoteRecord]
) -> Problem | None:
    account, rate = accounts.get(code or ""), rates.get(tax or "")
    if account is None or rate is None:
        return None
    applies = APPLIES.get(account.fields.get("Class") or "", "")
    if rate.fields.get(applies) is not False:
        return None
    return Problem(
        "tax_unfit",
        f"Xero does not take tax rate “{rate.fields.get('Name') or tax}” with account “{code}”. Choose another "
        "tax rate or another account in the value map.",
    )


def _folded(value: Any) -> str:
    return (canon_text(value) or "").casefold()


def _said(text: str) -> str:
    try:
        on = date.fromisoformat(text)
    except ValueError:
        return text
    return f"{on.day} {on:%B %Y}"
