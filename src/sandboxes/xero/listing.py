"""Lists: which records are asked for, in which order, which page of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from sandboxes.kit.messages import Request, whole
from sandboxes.kit.switches import Switches
from sandboxes.xero import filters, reading, where
from sandboxes.xero.books import IDS, Books, fold
from sandboxes.xero.problems import query
from sandboxes.xero.store import Record

PAGED = {"contacts", "invoices", "creditnotes", "payments"}
# Tax rates carry no time of change on the wire and take no If-Modified-Since.
_SINCE = set(IDS) - {"taxrates"}
_SEARCHED = {
    "contacts": ("Name", "FirstName", "LastName", "EmailAddress", "ContactNumber", "AccountNumber"),
    "invoices": ("Number", "Reference"),
}


@dataclass(frozen=True, slots=True)
class Found:
    """The rows of an answer, whether they are whole, and what it says of pages."""

    rows: list[Record]
    whole: bool
    pagination: dict[str, object] | None


def parameters(request: Request) -> dict[str, str]:
    """The query by name in lower case; of a name that stands there twice, the last."""
    return {name.lower(): value for name, value in request.pairs()}


def decimals(asked: Mapping[str, str]) -> int:
    """Decimals of prices: 2, or 4 where asked for. Raises Answered (400)."""
    text = asked.get("unitdp", "2")
    if text not in ("2", "4"):
        raise query("unitdp must be 2 or 4.")
    return int(text)


def flag(asked: Mapping[str, str], name: str) -> bool:
    """A parameter that is true or false. Raises Answered (400)."""
    text = asked.get(name, "false").lower()
    if text not in ("true", "false"):
        raise query(f"{name} must be true or false.")
    return text == "true"


def find(books: Books, kind: str, request: Request, switches: Switches, app: str) -> Found:
    """The list that a request asks for. Raises Answered (400)."""
    asked = parameters(request)
    page, size = _page(kind, asked)
    rows = _ordered(books, kind, _rows(books, kind, request, switches=switches, app=app), asked)
    whole_rows = (page is not None or kind not in PAGED) and not flag(asked, "summaryonly")
    if page is None:
        return Found(rows, whole_rows, None)
    told: dict[str, object] = {"page": page, "pageSize": size, "pageCount": -(-len(rows) // size)}
    return Found(rows[(page - 1) * size : page * size], whole_rows, told | {"itemCount": len(rows)})


def _page(kind: str, asked: Mapping[str, str]) -> tuple[int | None, int]:
    size = whole(asked.get("pagesize", "100"), 1)
    if size is None or size > 1000:
        raise query("pageSize must be from 1 to 1000.")
    if "page" not in asked or kind not in PAGED:
        return None, size
    page = whole(asked["page"], 1)
    if page is None:
        raise query("page must be a whole number from 1.")
    return page, size


def _rows(books: Books, kind: str, request: Request, *, switches: Switches, app: str) -> list[Record]:
    asked = parameters(request)
    rows = list(_named(books, kind, asked, switches))
    if kind == "contacts" and not flag(asked, "includearchived"):
        rows = [row for row in rows if row["ContactStatus"] == "ACTIVE"]
    if kind == "invoices":
        if asked.get("statuses"):
            wanted = {text.strip().upper() for text in asked["statuses"].split(",")}
            rows = [row for row in rows if row["Status"] in wanted]
        if flag(asked, "createdbymyapp"):
            rows = [row for row in rows if row["App"] == app]
    since = request.headers.get("if-modified-since")
    if since and kind in _SINCE:
        least = _since(since)
        rows = [row for row in rows if row["UpdatedDateUTC"] >= least]
    if asked.get("searchterm") and kind in _SEARCHED:
        term = fold(asked["searchterm"])
        rows = [row for row in rows if _matches(books, kind, row, term)]
    if asked.get("where"):
        test = where.parse(asked["where"], filters.BY_KIND[kind])
        rows = [row for row in rows if test(books, row)]
    return rows


def _named(books: Books, kind: str, asked: Mapping[str, str], switches: Switches) -> list[Record]:
    """The rows that lists of ids or numbers name; without one, all."""
    table = books[kind]
    numbers: dict[str, None] | None = None
    if asked.get("ids") and kind in ("contacts", "invoices"):
        numbers = dict.fromkeys(_guids("IDs", asked["ids"], switches))
    rows = list(table.values()) if numbers is None else [table[number] for number in numbers if number in table]
    if kind != "invoices":
        return rows
    if asked.get("invoicenumbers"):
        wanted = {fold(text) for text in _split("InvoiceNumbers", asked["invoicenumbers"], switches)}
        rows = [row for row in rows if row["Number"] and fold(row["Number"]) in wanted]
    if asked.get("contactids"):
        of = set(_guids("ContactIDs", asked["contactids"], switches))
        rows = [row for row in rows if row["ContactID"] in of]
    return rows


def _split(name: str, text: str, switches: Switches) -> list[str]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    most = switches["id_list_max"]
    if isinstance(most, int) and len(parts) > most:
        raise query(f"{name} takes {most} entries at most.")
    return parts


def _guids(name: str, text: str, switches: Switches) -> list[str]:
    found = [reading.guid(part) for part in _split(name, text, switches)]
    if None in found:
        raise query(f"{name} must be a list of ids.")
    return [number for number in found if number]


def _since(text: str) -> int:
    """Milliseconds of an If-Modified-Since header: ISO 8601 (UTC unless it says otherwise) or RFC 1123."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        try:
            at = parsedate_to_datetime(text)
        except (ValueError, TypeError):
            raise query("If-Modified-Since is not a time.") from None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return int(at.timestamp() * 1000)


def _matches(books: Books, kind: str, row: Record, term: str) -> bool:
    texts = [row[name] for name in _SEARCHED[kind]]
    if kind == "invoices":
        texts.append(books["contacts"][row["ContactID"]]["Name"])
    return any(text and term in fold(text) for text in texts)


def _ordered(books: Books, kind: str, rows: list[Record], asked: Mapping[str, str]) -> list[Record]:
    fields = filters.BY_KIND[kind]
    # The last word sorts first: sorting keeps the order of what is equal.
    for part in reversed([part for part in asked.get("order", "").split(",") if part.strip()]):
        words = part.split()
        way = words[1].upper() if len(words) == 2 else "ASC"
        if words[0] not in fields or len(words) > 2 or way not in ("ASC", "DESC"):
            raise query(f"'{part.strip()}' is no order for this list.")
        _, get = fields[words[0]]
        rows = sorted(rows, key=lambda row, get=get: _rank(get(books, row)), reverse=way == "DESC")
    return rows


def _rank(value: Any) -> tuple[int, Any]:
    if value is None:
        return 0, 0
    return 1, fold(value) if isinstance(value, str) else value
