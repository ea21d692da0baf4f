"""Lists: filters, order, pages, what changed since, and expressions that cannot be read."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandboxes.xero.filters import BY_KIND
from sandboxes.xero.problems import Answered
from sandboxes.xero.where import parse
from tests.sandboxes.xero.client import Xero, invoice, line
from tests.sandboxes.xero.stage import AU


@pytest.fixture
def shelf(xero: Xero, harbour: str) -> Xero:
    """Five invoices: numbers A-1 to A-5, dates in November, A-4 voided, A-5 a draft."""
    lines = [line(10 * place) for place in range(1, 6)]
    dated = [
        invoice(harbour, one, InvoiceNumber=f"A-{place}", Date=f"2026-11-0{place}", Reference=f"Ref {place % 2}")
        for place, one in enumerate(lines, 1)
    ]
    dated[4]["Status"] = "DRAFT"
    rows = xero.ask("PUT", "Invoices", {"Invoices": dated}).json["Invoices"]
    xero.made("POST", f"Invoices/{rows[3]['InvoiceID']}", {"Status": "VOIDED"})
    return xero


def numbers(xero: Xero, headers: dict[str, str] | None = None, **query: object) -> list[str]:
    return [row["InvoiceNumber"][2:] for row in xero.rows("Invoices", headers, **query)]


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ('Status=="VOIDED"', "4"),
        ('Status=="AUTHORISED" AND Total>=22 AND Total < 44', "23"),
        ('Status=="DRAFT" OR InvoiceNumber=="a-1"', "15"),
        ('(Status=="DRAFT" || Status=="VOIDED") && Reference=="ref 0"', "4"),
        ("Date>=DateTime(2026,11,03) AND Date<DateTime(2026, 11, 5)", "34"),
        ('Date==DateTime.Parse("2026-11-02T00:00:00")', "2"),
        ('Contact.Name.Contains("CAFÉ") AND AmountDue==11.00', "1"),
        ('InvoiceNumber.StartsWith("A-") AND InvoiceNumber.EndsWith("5")', "5"),
        ('Reference.ToLower().Contains("ref 1")', "135"),
        ('Reference!=null AND Reference!="" AND !(Total>22)', "12"),
        ("SentToContact==false AND FullyPaidOnDate==null AND Total<>11", "2345"),
    ],
)
def test_where_finds(shelf: Xero, where: str, found: str) -> None:
    assert "".join(numbers(shelf, where=where)) == found


def test_where_knows_ids(shelf: Xero, harbour: str) -> None:
    assert len(numbers(shelf, where=f'Contact.ContactID==Guid("{harbour}")')) == 5
    assert numbers(shelf, where=f'Contact.ContactID==Guid("{AU}")') == []
    assert [row["Code"] for row in shelf.rows("Accounts", where='Type=="BANK"', order="Code DESC")] == ["091", "090"]


@pytest.mark.parametrize(
    "where",
    [
        "Nonsense==1",
        "Status",
        'Status=="DRAFT" AND',
        "Status==DRAFT",
        'Status=="DRAFT',
        'Total=="12"',
        'Total.Contains("1")',
        'Status.Like("x")',
        "Date>DateTime(2026,13,1)",
        'Contact.ContactID==Guid("x")',
        "Status==Status==Status",
        "Total>5)",
        "   ",
        "Contact==null",
    ],
)
def test_an_expression_that_cannot_be_read_is_refused(shelf: Xero, where: str) -> None:
    answer = shelf.ask("GET", "Invoices", where=where)
    assert (answer.status, answer.json["ErrorNumber"], answer.json["Type"]) == (400, 16, "QueryParseException")


@settings(max_examples=200, derandomize=True)
@given(st.text(alphabet='AND OR==!<>()."Status Total 12,null-Guid', max_size=40))
def test_no_expression_breaks_the_reader(text: str) -> None:
    with contextlib.suppress(Answered):  # any other exception is a failure of the reader
        assert callable(parse(text, BY_KIND["invoices"]))


def test_lists_of_ids_numbers_and_statuses(shelf: Xero, harbour: str) -> None:
    rows = shelf.rows("Invoices")
    ids = ",".join(row["InvoiceID"] for row in rows[:2])
    assert numbers(shelf, IDs=ids) == ["1", "2"]
    assert numbers(shelf, InvoiceNumbers="a-3,A-9") == ["3"]
    assert numbers(shelf, Statuses="DRAFT,VOIDED") == ["4", "5"]
    assert numbers(shelf, ContactIDs=AU) == []
    assert numbers(shelf, searchTerm="ref 0") == ["2", "4"]
    assert len(numbers(shelf, createdByMyApp="true")) == 5
    assert shelf.ask("GET", "Invoices", IDs=",".join([AU] * 41)).status == 400
    assert shelf.ask("GET", "Invoices", IDs="x").status == 400
    assert [row["ContactID"] for row in shelf.rows("Contacts", IDs=harbour)] == [harbour]


def test_pages_hold_whole_rows_and_lists_without_them_summaries(shelf: Xero) -> None:
    assert all(row["LineItems"] == [] for row in shelf.rows("Invoices"))
    answer = shelf.ask("GET", "Invoices", page=2, pageSize=2).json
    assert answer["pagination"] == {"page": 2, "pageSize": 2, "pageCount": 3, "itemCount": 5}
    assert [len(row["LineItems"]) for row in answer["Invoices"]] == [1, 1]
    assert shelf.ask("GET", "Invoices", page=4, pageSize=2).json["Invoices"] == []
    assert "pagination" not in shelf.ask("GET", "Invoices", pageSize=2).json
    assert shelf.rows("Invoices", page=1, summaryOnly="true")[0]["LineItems"] == []
    wrong: list[dict[str, Any]] = [{"page": 0}, {"page": "x"}, {"page": 1, "pageSize": 1001}, {"unitdp": 3}]
    assert [shelf.ask("GET", "Invoices", **query).status for query in wrong] == [400] * 4


def test_order(shelf: Xero) -> None:
    assert numbers(shelf, order="Total DESC") == ["5", "4", "3", "2", "1"]
    assert numbers(shelf, order="Reference, Date DESC") == ["4", "2", "5", "3", "1"]
    assert shelf.ask("GET", "Invoices", order="Nonsense").status == 400
    assert shelf.ask("GET", "Invoices", order="Date SIDEWAYS").status == 400


def test_what_changed_since(shelf: Xero) -> None:
    shelf.control("clock", {"advance": 3600})
    row = shelf.rows("Invoices")[1]
    changed = shelf.made("POST", f"Invoices/{row['InvoiceID']}", {"Reference": "new"})
    moment = changed["UpdatedDateUTCString"]
    assert moment.endswith("Z")
    assert numbers(shelf, {"If-Modified-Since": moment.removesuffix("Z")}) == ["2"], "at or after"
    assert numbers(shelf, {"If-Modified-Since": "Thu, 01 Jan 2026 00:00:00 GMT"}) == list("12345")
    assert numbers(shelf, {"If-Modified-Since": "2036-01-01T00:00:00"}) == []
    assert shelf.ask("GET", "Invoices", None, {"If-Modified-Since": "yesterday"}).status == 400
    since = {"If-Modified-Since": moment}
    assert [row["ContactID"] for row in shelf.rows("Contacts", since)] == [], "the contact has not changed"


def test_five_hundred_invoices_in_ten_requests(xero: Xero, harbour: str) -> None:
    lines = [line("10.50", Quantity=2, Description=f"Line {place}") for place in range(3)]
    for batch in range(10):
        sent = [invoice(harbour, *lines, InvoiceNumber=f"N-{batch}-{place}") for place in range(50)]
        answer = xero.send("PUT", "/api.xro/2.0/Invoices", json.dumps({"Invoices": sent}).encode(), _headers())
        assert answer.status == 200
    page = xero.send("GET", "/api.xro/2.0/Invoices?page=1&pageSize=1000", None, _headers()).json
    assert (page["pagination"]["itemCount"], len(page["Invoices"])) == (500, 500)
    assert sum(row["Total"] for row in page["Invoices"]) == pytest.approx(500 * 69.30)


def _headers() -> dict[str, str]:
    return {"Authorization": "Bearer t-write", "xero-tenant-id": AU, "Accept": "application/json"}
