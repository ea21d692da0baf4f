"""Documents and money against the Xero sandbox: batches, credits, payments, lists of changes, limits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest

from instep.connect.fieldmap import Place, lens_of
from instep.connect.protocols import Creation, NeedsPerson, Rejected, RemoteRecord, Request, TryLater
from instep.connect.transport import HttpTransport
from instep.connectors.xero.connector import BATCH, Xero
from tests.connectors import xero_description
from tests.connectors.sandbox import Sandbox
from tests.connectors.xero_stage import TENANT, XeroLine, XeroStage

XERO = Xero()


class DescribedLine(XeroLine):
    """Every request that leaves is held to Xero's own description, where that is at hand."""

    def send(self, request: Request) -> Any:
        signed = XERO.sign(request, self.secret)
        by_code = request.path.startswith("Items/")  # documented, though the description allows an id alone
        if xero_description.DESCRIPTION.exists() and not by_code:
            assert xero_description.faults(signed) == []
        return super().send(request)


@pytest.fixture
def sandbox(sandbox_of: Callable[[str], Sandbox]) -> Sandbox:
    running = sandbox_of("xero")
    running.reset()
    return running


@pytest.fixture
def stage(sandbox: Sandbox) -> XeroStage:
    return XeroStage(sandbox)


@pytest.fixture
def line(stage: XeroStage) -> Iterator[DescribedLine]:
    with HttpTransport(stage.address, timeout_seconds=5) as transport:
        yield DescribedLine(XERO, transport, stage.secret)


@pytest.fixture
def client(line: DescribedLine) -> RemoteRecord:
    return line.create("contacts", {"Name": "Harbour Cafe"}, "C1")


def creates(line: DescribedLine, remote_type: str, *fields: Mapping[str, Any], key: str = "k-1") -> Any:
    request = XERO.ask_creates(remote_type, [Creation(each, "m") for each in fields], key=key)
    return XERO.read_creates(remote_type, request, line.send(request))


def row(net: str, tax: str, **more: Any) -> dict[str, Any]:
    return {
        "Description": "Design",
        "Quantity": "1",
        "UnitAmount": net,
        "LineAmount": f"{net} AUD",
        "TaxAmount": f"{tax} AUD",
        "TaxType": "OUTPUT",
        "AccountCode": "200",
        **more,
    }


def sale(client: RemoteRecord, number: str, *rows: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "InvoiceNumber": number,
        "Contact": client.id,
        "Date": "2026-07-01",
        "DueDate": "2026-07-31",
        "Reference": "J1",
        "CurrencyCode": "AUD",
        "LineAmountTypes": "Exclusive",
        "LineItems": list(rows) or [row("100.00", "10.00")],
        **more,
    }


def note(client: RemoteRecord, number: str, *rows: Mapping[str, Any]) -> dict[str, Any]:
    fields = sale(client, number, *rows)
    return {n: v for n, v in fields.items() if n not in ("InvoiceNumber", "DueDate")} | {"CreditNoteNumber": number}


# --- writing ----------------------------------------------------------------------------------------------------------


@pytest.mark.capability("B-04", "D-10", "D-21", "X-02")
def test_an_invoice_arrives_line_by_line_and_reads_back_as_it_was_sent(
    line: DescribedLine, stage: XeroStage, client: RemoteRecord
) -> None:
    (item,) = creates(line, "items", {"Code": "J1/2 a", "Name": "House"}, key="k-item")
    rows = [
        {"Description": "Work in July"},
        row("25.06", "3.76", ItemCode=item.id),
        row("1125.00", "112.50", Quantity="7.5", UnitAmount="150", ItemCode=item.id),
        row("33.33", "3.34", Quantity="0.333333", UnitAmount="99.999"),
        row("-25.00", "-2.50", UnitAmount="-25"),
    ]
    url = "https://firm.example/invoices/7/"
    (made,) = creates(line, "invoices", sale(client, "INV-1", *rows, Url=url))

    assert made.fields["LineItems"] == [*rows[:3], {**rows[3], "Quantity": "1", "UnitAmount": "33.33"}, rows[4]]
    assert (made.fields["SubTotal"], made.fields["TotalTax"], made.fields["Total"]) == (
        "1158.39 AUD",
        "117.10 AUD",
        "1275.49 AUD",
    )
    assert (made.fields["Status"], made.fields["Url"], made.fields["Contact"]) == ("AUTHORISED", url, client.id)
    assert line.read("invoices", made.id).fields == made.fields
    assert [(r.id, r.fields) for r in line.all("invoices")] == [(made.id, made.fields)]
    assert line.read("items", item.id).fields == {"Code": "J1/2 a", "Name": "House"}
    assert line.update(item, {"Name": "A house"}).fields["Name"] == "A house"
    (contact,) = stage.stored("contacts")
    assert (contact["Name"], contact["IsCustomer"]) == ("Harbour Cafe", True)


@pytest.mark.parametrize("amounts", ["Inclusive", "NoTax"])
def test_prices_with_tax_in_them_or_none_keep_their_totals(
    line: DescribedLine, client: RemoteRecord, amounts: str
) -> None:
    tax, code = ("49.20", "OUTPUT") if amounts == "Inclusive" else ("0.00", "BASEXCLUDED")
    rows = [row("541.25", tax, TaxType=code)]
    (made,) = creates(line, "invoices", sale(client, "INV-1", *rows, LineAmountTypes=amounts))

    net = "492.05" if amounts == "Inclusive" else "541.25"
    assert (made.fields["SubTotal"], made.fields["TotalTax"], made.fields["Total"]) == (
        f"{net} AUD",
        f"{tax} AUD",
        "541.25 AUD",
    )


@pytest.mark.capability("D-33", "D-16")
def test_of_fifty_the_one_that_xero_refuses_stays_behind_with_its_reason(
    line: DescribedLine, stage: XeroStage, sandbox: Sandbox, client: RemoteRecord
) -> None:
    fields = [sale(client, f"INV-{n}") for n in range(BATCH)]
    fields[19] = sale(client, "INV-19", row("100.00", "10.00", AccountCode="999"))
    before = sum(sandbox.calls().values())
    outcomes = creates(line, "invoices", *fields)

    assert sum(sandbox.calls().values()) - before == 1
    assert isinstance(outcomes[19], Rejected)
    assert "999" in outcomes[19].sentence
    assert "value map" in outcomes[19].sentence
    assert [o.marker for n, o in enumerate(outcomes) if n != 19] == [f"INV-{n}" for n in range(BATCH) if n != 19]
    assert len(stage.stored("invoices")) == BATCH - 1

    assert [getattr(o, "id", None) for o in creates(line, "invoices", *fields)] == [
        getattr(o, "id", None) for o in outcomes
    ], "the same key brings the first answer again"
    again = creates(line, "invoices", *fields[:2], key="k-2")
    assert all(isinstance(o, Rejected) and "must be unique" in o.sentence for o in again)
    assert len(stage.stored("invoices")) == BATCH - 1


@pytest.mark.capability("D-13", "D-33")
def test_contacts_are_made_together_and_never_written_over(line: DescribedLine, stage: XeroStage) -> None:
    stage.plant("Contacts", {"Name": "Taken", "EmailAddress": "their@own.example"})
    fields = [{"Name": f"Client {n}", "ContactNumber": f"C{n}"} for n in range(3)]
    fields[1] = {"Name": "TAKEN", "ContactNumber": "C1", "EmailAddress": "ours@firm.example"}
    made, refused, other = creates(line, "contacts", *fields)

    assert (made.marker, other.marker) == ("C0", "C2")
    assert isinstance(refused, Rejected)
    assert "Link this client with that contact" in refused.sentence
    taken = next(c for c in stage.stored("contacts") if c["Name"] == "Taken")
    assert taken["EmailAddress"] == "their@own.example"


@pytest.mark.parametrize("left_out", ["remove", "keep"])
def test_the_people_at_a_contact_and_its_other_address_stay_through_every_write(
    line: DescribedLine, stage: XeroStage, sandbox: Sandbox, left_out: str
) -> None:
    """By one reading, an update that does not name the people removes them: so they are named as they were read."""
    people = [{"FirstName": "Ann", "LastName": "Lee", "EmailAddress": "ann@harbour.example", "IncludeInEmails": True}]
    street = {"AddressType": "STREET", "AddressLine1": "Wharf 3", "City": "Sydney"}
    (there,) = stage.plant("Contacts", {"Name": "Harbour", "ContactPersons": people, "Addresses": [street]})
    sandbox.switches(contact_persons=left_out)
    record = line.read("contacts", there)
    along = {name: record.fields[name] for name in XERO.sends_along["contacts"]} if left_out == "remove" else {}
    line.update(record, {"Address": "PO Box 7\nSydney", "Phone": "02 9876 5432", **along})
    creates(line, "invoices", sale(record, "INV-1"))

    assert line.read("contacts", there).fields["ContactPersons"] == people
    (contact,) = stage.stored("contacts")
    by_type = {a["AddressType"]: a for a in contact["Addresses"]}
    assert by_type["STREET"]["AddressLine1"] == "Wharf 3"
    assert by_type["POBOX"]["AddressLine1"] == "PO Box 7"


# --- credits and payments ---------------------------------------------------------------------------------------------


@pytest.mark.capability("B-11")
def test_a_credit_note_closes_the_invoice_that_it_credits(line: DescribedLine, client: RemoteRecord) -> None:
    (invoice,) = creates(line, "invoices", sale(client, "INV-1"))
    (credit,) = creates(line, "credit-notes", note(client, "CN-1"), key="k-2")
    fields = {
        "Number": "CN-1/INV-1",
        "CreditNote": credit.id,
        "Invoice": invoice.id,
        "Date": "2026-07-02",
        "Amount": "110.00 AUD",
    }
    (made,) = creates(line, "credit-allocations", fields, key="k-3")

    assert (made.fields, made.marker) == (fields, "CN-1/INV-1")
    assert line.read("invoices", invoice.id).fields["Status"] == "PAID"
    listed = line.all("credit-notes")
    assert [(r.type, r.id) for r in listed] == [("credit-notes", credit.id), ("credit-allocations", made.id)]
    told = {**fields, "Status": "AUTHORISED"}
    assert listed[1].fields == told == line.read("credit-allocations", made.id).fields
    (too_much,) = creates(line, "credit-allocations", {**fields, "Amount": "1.00 AUD"}, key="k-4")
    assert isinstance(too_much, Rejected)


@pytest.mark.capability("D-33")
def test_payments_come_with_their_invoice_and_amount_and_say_when_they_were_taken_back(
    line: DescribedLine, stage: XeroStage, sandbox: Sandbox, client: RemoteRecord
) -> None:
    (invoice,) = creates(line, "invoices", sale(client, "INV-1"))
    bill = {**stage.stored("invoices")[0]}
    (bill_id,) = stage.plant(
        "Invoices",
        {n: bill[n] for n in ("Contact", "Date", "DueDate", "LineAmountTypes")}
        | {
            "Type": "ACCPAY",
            "Status": "AUTHORISED",
            "LineItems": [{"Description": "x", "LineAmount": 5, "AccountCode": "429"}],
        },
    )
    paid = {"Account": {"Code": "090"}, "Date": "2026-07-05", "Reference": "EFT 12"}
    ours, _ = stage.plant(
        "Payments",
        {**paid, "Invoice": {"InvoiceID": invoice.id}, "Amount": 60.05},
        {**paid, "Invoice": {"InvoiceID": bill_id}, "Amount": 1},
    )
    (payment,) = line.all("payments")

    assert payment.id == ours
    assert payment.fields == {
        "Invoice": invoice.id,
        "Date": "2026-07-05",
        "Amount": "60.05 AUD",
        "Reference": "EFT 12",
        "Account": "090",
        "Status": "AUTHORISED",
    }
    payments = XERO.maps["payment"]
    state = payments.field("state")
    word = lens_of(state, payments.kind.field("state"))
    assert word.to_ours(payment.fields["Status"], known=None, place=Place()) == "live"
    sandbox.advance(60)
    stage.do("delete", "payments", id=ours)
    assert payment.stamp is not None
    (gone,) = line.all("payments", since=payment.stamp + timedelta(seconds=30))
    assert word.to_ours(gone.fields["Status"], known=None, place=Place()) == "removed"


# --- lists, limits ----------------------------------------------------------------------------------------------------


def test_a_quiet_poll_is_one_call_a_list_and_brings_what_changed_alone(
    line: DescribedLine, stage: XeroStage, sandbox: Sandbox, client: RemoteRecord
) -> None:
    made = creates(line, "invoices", *(sale(client, f"INV-{n}") for n in range(3)))
    sandbox.advance(3600)
    stage.do("save", "invoices", id=made[1].id, fields={"Reference": "Changed"})
    since = made[0].stamp + timedelta(seconds=1800)
    before = sum(sandbox.calls().values())

    assert [r.fields["Reference"] for r in line.all("invoices", since=since)] == ["Changed"]
    for quiet in ("contacts", "items", "credit-notes", "payments"):
        assert line.all(quiet, since=since + timedelta(hours=2)) == []
    assert sum(sandbox.calls().values()) - before == 5


def test_a_voided_invoice_says_so_by_its_number(line: DescribedLine, stage: XeroStage, client: RemoteRecord) -> None:
    (made,) = creates(line, "invoices", sale(client, "INV-1"))
    stage.do("save", "invoices", id=made.id, fields={"Status": "VOIDED"})

    assert line.read("invoices", made.id).fields["InvoiceNumber"] == "INV-1 (voided)"


@pytest.mark.capability("D-31")
@pytest.mark.parametrize("which", ["minute", "day"])
def test_a_limit_pauses_for_as_long_as_it_says_and_nothing_was_done(
    line: DescribedLine, stage: XeroStage, sandbox: Sandbox, which: str
) -> None:
    sandbox.switches(**{f"per_{which}": 2})
    for _ in range(2):
        line.all("contacts")
    with pytest.raises(TryLater) as caught:
        creates(line, "contacts", {"Name": "Acme"})

    assert caught.value.untouched
    assert f"in a {which}" in caught.value.sentence
    assert caught.value.after_seconds is not None
    assert stage.stored("contacts") == []
    sandbox.advance(caught.value.after_seconds + 1)
    (made,) = creates(line, "contacts", {"Name": "Acme"})
    assert made.id


@pytest.mark.capability("D-22")
def test_accounts_and_rates_are_offered_as_they_stand(line: DescribedLine) -> None:
    known = {remote_type: line.all(remote_type) for remote_type in XERO.references}

    assert ("200", "200 Sales") in XERO.choices("account", known)
    assert "090" not in dict(XERO.choices("account", known)), "a bank account stands in no line"
    assert dict(XERO.choices("tax_code", known))["OUTPUT"] == "GST on Income (10 %)"
    assert XERO.problems("invoices", {"LineItems": [row("1.00", "0.10")], "CurrencyCode": "AUD"}, known) == []


def test_another_organisation_is_not_read(line: DescribedLine, stage: XeroStage) -> None:
    line.secret = {**stage.secret, "tenant_id": TENANT.replace("1", "2")}

    with pytest.raises(NeedsPerson, match="no longer connected"):
        line.all("invoices")
