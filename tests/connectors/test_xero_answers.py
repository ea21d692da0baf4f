"""Answers of Xero of every shape, good and bad."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from instep.connect.protocols import BadReply, Gone, NeedsPerson, Rejected, Reply, Request, TryLater
from tests.connectors.xero_words import CONTACT, CREDIT, CREDITED, INVOICE, SALE, SECRET, XERO, creates, reply

# --- answers ----------------------------------------------------------------------------------------------------------

SHOWN = {
    "InvoiceID": INVOICE.upper(),
    "InvoiceNumber": "INV-1",
    "Type": "ACCREC",
    "Status": "PAID",
    "Contact": {"ContactID": CONTACT, "Name": "Müller"},
    "Date": "/Date(1782864000000+0000)/",
    "DueDateString": "2026-07-31T00:00:00",
    "CurrencyCode": "AUD",
    "LineItems": [
        {"Description": "x", "Quantity": 1.0000, "UnitAmount": 10.5, "LineAmount": 10.50, "AccountCode": "200"}
    ],
    "Total": 11.55,
    "UpdatedDateUTC": "/Date(1782900000123+0000)/",
    "SomethingNew": {"deep": [1.5]},
}


def read(data: Any, remote_type: str = "invoices", asked: str = INVOICE) -> Any:
    return XERO.read_record(remote_type, XERO.ask_record(remote_type, asked), reply(data))


def test_a_document_shows_exact_amounts_and_what_xero_leaves_out_is_empty() -> None:
    record = read({"Invoices": [SHOWN]})

    assert (record.id, record.marker) == (INVOICE, "INV-1")
    assert record.url == f"https://go.xero.com/AccountsReceivable/View.aspx?InvoiceID={INVOICE}"
    assert record.stamp == datetime(2026, 7, 1, 10, 0, 0, 123_000, tzinfo=UTC)
    assert record.fields["Date"] == "2026-07-01"
    assert record.fields["Total"] == "11.55 AUD"
    assert record.fields["Reference"] is None
    assert record.fields["LineItems"] == [
        {"Description": "x", "Quantity": "1", "UnitAmount": "10.5", "LineAmount": "10.50 AUD", "AccountCode": "200"}
    ]


@pytest.mark.parametrize(("status", "shown"), [("VOIDED", "INV-1 (voided)"), ("DELETED", "INV-1 (deleted)")])
def test_a_document_that_was_ended_there_is_not_taken_for_a_live_one(status: str, shown: str) -> None:
    record = read({"Invoices": [{**SHOWN, "Status": status}]})

    assert record.fields["InvoiceNumber"] == record.marker == shown


@pytest.mark.parametrize(
    "data",
    [
        *(
            b"<html>The hotel's network</html>",
            b'{"Invoices": [{"Inv',
            b"",
            b"\xff\xfe",
            b"[" * 100_000,
            b"null",
            b"[]",
        ),
        *({}, {"Invoices": []}, {"Invoices": [{}]}, {"Invoices": {}}, {"Invoices": [SHOWN, SHOWN]}),
        {"Invoices": [{**SHOWN, "InvoiceID": "00000000-0000-0000-0000-000000000000"}]},
        {"Invoices": [{**SHOWN, "InvoiceID": CONTACT}]},
        *({"Invoices": [{**SHOWN, "Total": each}]} for each in ("12", True, [])),
        *(
            b'{"Invoices": [{"InvoiceID": "x", "Total": %s}]}' % each
            for each in (b"NaN", b"1e999999999", b"1e-99999999")
        ),
        {"Invoices": [{**SHOWN, "Date": "/Date(999999999999999)/"}]},
        {"Invoices": [{**SHOWN, "UpdatedDateUTC": "yesterday"}]},
        {"Invoices": [{**SHOWN, "LineItems": ["x"]}]},
    ],
)
def test_an_answer_of_another_shape_is_never_taken_for_a_record(data: Any) -> None:
    with pytest.raises(BadReply):
        read(data)


def test_pages_follow_one_another_by_what_the_answer_says() -> None:
    def page(asked: str, told: Mapping[str, int] | None, rows: int) -> str | None:
        data: dict[str, Any] = {"Contacts": [{"ContactID": f"{n}"} for n in range(1, rows + 1)]}
        request = XERO.ask_page("contacts", since=None, after=asked)
        return XERO.read_page("contacts", request, reply(data | ({"pagination": told} if told else {}))).next_after

    assert page("1", {"page": 1, "pageCount": 3}, 2) == "2"
    assert page("3", {"page": 3, "pageCount": 3}, 2) is None
    assert page("1", {"page": 1, "pageCount": 0}, 0) is None
    assert page("1", None, 2) == "2", "without a word of pages, until one is empty"
    assert page("2", None, 0) is None
    for wrong in ({"page": 1, "pageCount": 3}, {"page": 2}):
        with pytest.raises(BadReply):
            page("2", wrong, 2)


def test_what_is_not_a_sale_is_passed_over() -> None:
    bill = {**SHOWN, "Type": "ACCPAY", "InvoiceID": CONTACT}
    request = XERO.ask_page("invoices", since=None, after=None)

    assert [r.id for r in XERO.read_page("invoices", request, reply({"Invoices": [bill, SHOWN]})).records] == [INVOICE]
    refund = {"PaymentID": "p", "PaymentType": "ARCREDITPAYMENT", "CreditNote": {"CreditNoteID": CREDIT}}
    request = XERO.ask_page("payments", since=None, after=None)
    assert XERO.read_page("payments", request, reply({"Payments": [refund]})).records == []


def allocation(invoice: str, amount: float, **more: Any) -> dict[str, Any]:
    return {
        "AllocationID": "a",
        "Amount": amount,
        "Date": "/Date(1782950400000+0000)/",
        "Invoice": {"InvoiceID": invoice, "InvoiceNumber": "INV-1"},
        **more,
    }


def test_credit_notes_bring_what_of_them_went_where() -> None:
    note = {
        "CreditNoteID": CREDIT,
        "CreditNoteNumber": "CN-1",
        "Type": "ACCRECCREDIT",
        "CurrencyCode": "NZD",
        "Allocations": [
            allocation(INVOICE, 0.10),
            allocation(INVOICE, 0.20),
            allocation(CONTACT, 5, IsDeleted=True),
        ],
    }
    request = XERO.ask_page("credit-notes", since=None, after=None)
    records = XERO.read_page("credit-notes", request, reply({"CreditNotes": [note]})).records

    assert [(r.type, r.id) for r in records] == [
        ("credit-notes", CREDIT),
        ("credit-allocations", f"{CREDIT}/{INVOICE}"),
    ]
    assert records[1].fields == {
        "CreditNote": CREDIT,
        "Invoice": INVOICE,
        "Date": "2026-07-02",
        "Amount": "0.30 NZD",
        "Number": "CN-1/INV-1",
        "Status": "AUTHORISED",
    }
    one = XERO.ask_record("credit-allocations", f"{CREDIT}/{INVOICE}")
    assert XERO.read_record("credit-allocations", one, reply({"CreditNotes": [note]})).fields == records[1].fields
    taken_back = XERO.read_record("credit-allocations", one, reply({"CreditNotes": [{**note, "Allocations": []}]}))
    assert (taken_back.id, taken_back.marker) == (records[1].id, "")
    assert (taken_back.fields["Status"], taken_back.fields["Number"]) == ("DELETED", None)


# --- batches ----------------------------------------------------------------------------------------------------------


def stored(number: str, **more: Any) -> dict[str, Any]:
    return {**SHOWN, "InvoiceNumber": number, "StatusAttributeString": "OK", **more}


BROKEN = {
    "InvoiceNumber": "INV-2",
    "InvoiceID": "00000000-0000-0000-0000-000000000000",
    "StatusAttributeString": "ERROR",
    "HasErrors": True,
    "ValidationErrors": [{"Message": "Invoice # must be unique."}],
}


@pytest.mark.capability("D-33")
def test_each_of_a_batch_has_its_own_outcome_in_the_order_that_was_sent() -> None:
    request = creates("invoices", *({**SALE, "InvoiceNumber": f"INV-{n}"} for n in (1, 2, 3)))
    warned = stored("inv-3", StatusAttributeString="WARNING", Warnings=[{"Message": "Rounded."}])
    one, two, three = XERO.read_creates("invoices", request, reply({"Invoices": [warned, stored("INV-1"), BROKEN]}))

    assert (one.marker, three.marker) == ("INV-1", "inv-3")  # type: ignore[union-attr]
    assert isinstance(two, Rejected)
    assert "“Invoice # must be unique”" in two.sentence
    assert "Look in Xero whether the document is there already" in two.sentence


@pytest.mark.parametrize("rows", [[], [stored("INV-1")], [stored("INV-1")] * 2, [stored("INV-1"), stored("INV-9")]])
def test_a_batch_that_is_answered_for_other_records_is_unknown(rows: list[Any]) -> None:
    request = creates("invoices", *({**SALE, "InvoiceNumber": f"INV-{n}"} for n in (1, 2)))

    with pytest.raises(BadReply):
        XERO.read_creates("invoices", request, reply({"Invoices": rows}))


# --- troubles ---------------------------------------------------------------------------------------------------------

REFUSED = {
    "ErrorNumber": 10,
    "Type": "ValidationException",
    "Message": "A validation exception occurred",
    "Elements": [{"ValidationErrors": [{"Message": "The field ContactNumber must be 50 characters or fewer."}]}],
}
NOT_FOUND = b"<!DOCTYPE html><p>The resource you're looking for cannot be found</p>"


def raised(request: Request, answer: Reply, remote_type: str = "contacts") -> Exception:
    with pytest.raises((TryLater, NeedsPerson, BadReply, Rejected, Gone)) as caught:
        XERO.read_record(remote_type, request, answer)
    return caught.value


@pytest.mark.capability("D-16", "D-31")
@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (reply({"Title": "Unauthorized", "Detail": "TokenExpired: token expired at"}, 401), NeedsPerson, "sign in"),
        (reply({"Detail": "AuthorizationUnsuccessful"}, 401), NeedsPerson, "allow everything"),
        (
            reply({"title": "Forbidden", "detail": "AuthenticationUnsuccessful"}, 403),
            NeedsPerson,
            "no longer connected",
        ),
        (reply(NOT_FOUND, 404), Gone, "no longer in Xero"),
        (reply(b"<h1>nginx</h1>", 404), BadReply, "cannot be understood"),
        (reply(b"", 429, **{"retry-after": "26", "x-rate-limit-problem": "minute"}), TryLater, "in a minute"),
        (reply(b"", 429, **{"retry-after": "4000", "x-rate-limit-problem": "day"}), TryLater, "in a day are used up"),
        (reply(b"", 429, **{"x-rate-limit-problem": "concurrent"}), TryLater, "ran at once"),
        (reply(b"<html>", 503), TryLater, "trouble of its own"),
        (reply(REFUSED, 400), Rejected, "Client code: “The field ContactNumber must be"),
        (reply(b"<html>", 400), BadReply, "cannot be understood"),
        (reply({"Message": "The key is used with a different request"}, 400), BadReply, "cannot be understood"),
        (reply(b"", 413), Rejected, "Shorten"),
        (reply(b"", 302), BadReply, "cannot be understood"),
    ],
)
def test_every_refusal_is_named_by_what_to_do_next(answer: Reply, kind: type[Exception], words: str) -> None:
    found = raised(XERO.ask_update("contacts", CONTACT, {"Name": "x"}, version=None), answer)

    assert type(found) is kind
    assert words in str(found)
    if isinstance(found, TryLater):
        assert found.untouched == (answer.status == 429)
        assert found.after_seconds == {"26": 26, "4000": 4000}.get(answer.headers.get("retry-after", ""))


def test_a_question_that_xero_cannot_read_is_our_fault_and_no_refusal_of_a_record() -> None:
    assert isinstance(raised(XERO.ask_record("contacts", CONTACT), reply(REFUSED, 400)), BadReply)
    allocated = creates("credit-allocations", CREDITED)
    assert isinstance(raised(allocated, reply(NOT_FOUND, 404), "credit-allocations"), Rejected)
    outcome = XERO.read_creates("credit-allocations", allocated, reply(REFUSED, 400))
    assert isinstance(outcome[0], Rejected)


@pytest.mark.capability("X-22")
@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 429, 500])
def test_a_server_that_repeats_the_token_does_not_get_it_into_our_journal(status: int) -> None:
    signed = XERO.sign(XERO.ask_update("contacts", CONTACT, {"Name": "x"}, version=None), SECRET)
    said = f"bad {SECRET['access_token']} for {SECRET['tenant_id']}"
    text = json.dumps({"Elements": [{"ValidationErrors": [{"Message": said}]}]}) + ("" if status != 200 else "x")
    found = raised(signed, Reply(status, {}, text.encode()))

    assert not any(secret in f"{found!r} {found} {found.detail}" for secret in SECRET.values())  # type: ignore[attr-defined]


def test_of_two_addresses_the_billing_one_is_read_and_a_telephone_is_put_together() -> None:
    shown = {
        "ContactID": CONTACT,
        "Name": "Müller",
        "Addresses": [
            {"AddressType": "STREET", "AddressLine1": "Wharf 3"},
            {"AddressType": "POBOX", "AddressLine1": "PO Box 7", "City": "Sydney", "PostalCode": "2000"},
        ],
        "Phones": [
            {"PhoneType": "MOBILE", "PhoneNumber": "0412 345 678"},
            {"PhoneType": "DEFAULT", "PhoneNumber": "98765432", "PhoneAreaCode": "2", "PhoneCountryCode": "61"},
        ],
    }
    fields = read({"Contacts": [shown]}, "contacts", CONTACT).fields

    assert fields["Address"] == "PO Box 7\nSydney\n2000"
    assert (fields["Phone"], fields["Mobile"]) == ("+61 2 98765432", "0412 345 678")
    assert (fields["EmailAddress"], fields["ContactNumber"]) == (None, None)
    bare = read({"Contacts": [{"ContactID": CONTACT}]}, "contacts", CONTACT).fields
    assert "Address" not in bare
    assert "Phone" not in bare
