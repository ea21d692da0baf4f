"""Xero's own client for Python reads and writes the sandbox unchanged: told nothing but the address and a token."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.sandboxes.xero.client import Xero
from tests.sandboxes.xero.stage import AU, TOKEN

accounting = pytest.importorskip("xero_python.accounting", reason="the group `contract` is not installed")


@pytest.fixture
def api(xero: Xero) -> Iterator[Any]:
    from xero_python.api_client import ApiClient
    from xero_python.api_client.configuration import Configuration
    from xero_python.api_client.oauth2 import OAuth2Token

    held = {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 1800, "scope": ["x"]}
    client = ApiClient(
        Configuration(oauth2_token=OAuth2Token()), oauth2_token_getter=lambda: held, oauth2_token_saver=held.update
    )
    yield accounting.AccountingApi(client, base_url=f"{xero.address}/api.xro/2.0")
    client.rest_client.pool_manager.clear()


def test_the_official_client_keeps_the_books(api: Any) -> None:
    mine = accounting
    own = api.get_organisations(AU).organisations[0]
    assert (own.name, own.base_currency.value, own.country_code.value) == ("Northlight Architects", "AUD", "AU")
    assert {account.code for account in api.get_accounts(AU, where='Type=="BANK"').accounts} == {"090", "091"}
    assert "OUTPUT" in {rate.tax_type for rate in api.get_tax_rates(AU).tax_rates}

    fresh = api.create_account(AU, mine.Account(code="205", name="Fees", type=mine.AccountType.REVENUE))
    assert fresh.accounts[0].tax_type == "BASEXCLUDED"
    rate = mine.TaxRate(
        name="5% on Income", report_tax_type="OUTPUT", tax_components=[mine.TaxComponent(name="GST", rate=5.0)]
    )
    assert api.create_tax_rates(AU, mine.TaxRates(tax_rates=[rate])).tax_rates[0].tax_type == "TAX002"

    contact = api.create_contacts(
        AU,
        mine.Contacts(
            contacts=[
                mine.Contact(
                    name="Bloggs & Daughters",
                    contact_number="ORG-1",
                    email_address="joe@bloggs.example",
                    addresses=[mine.Address(address_type="STREET", address_line1="1 High Street", city="Perth")],
                    phones=[mine.Phone(phone_type="MOBILE", phone_number="0400 000 000")],
                    contact_persons=[mine.ContactPerson(first_name="Ann", email_address="ann@bloggs.example")],
                )
            ]
        ),
    ).contacts[0]
    assert (len(contact.addresses), len(contact.phones)) == (2, 4)
    assert api.get_contact(AU, contact.contact_id).contacts[0].contact_persons[0].first_name == "Ann"
    assert api.get_contact_by_contact_number(AU, "ORG-1").contacts[0].contact_id == contact.contact_id

    item = mine.Item(code="PLAN", name="A plan", sales_details=mine.Purchase(unit_price=100, account_code="200"))
    assert api.create_items(AU, mine.Items(items=[item])).items[0].item_id

    named = mine.Contact(contact_id=contact.contact_id)
    lines = [mine.LineItem(description="Plan", quantity=2, unit_amount=10.50, account_code="200", item_code="PLAN")]
    draft = mine.Invoice(
        type="ACCREC",
        contact=named,
        line_items=lines,
        date=date(2026, 11, 2),
        due_date=date(2026, 12, 2),
        invoice_number="INV-77",
        status="AUTHORISED",
    )
    invoice = api.create_invoices(AU, mine.Invoices(invoices=[draft])).invoices[0]
    assert (invoice.sub_total, invoice.total_tax, invoice.status) == (Decimal("21"), Decimal("2.1"), "AUTHORISED")
    again = api.update_or_create_invoices(
        AU, mine.Invoices(invoices=[mine.Invoice(invoice_number="INV-77", type="ACCREC", reference="Ours")])
    )
    assert (again.invoices[0].invoice_id, again.invoices[0].reference) == (invoice.invoice_id, "Ours")

    note = api.create_credit_notes(
        AU,
        mine.CreditNotes(
            credit_notes=[
                mine.CreditNote(
                    type="ACCRECCREDIT",
                    contact=named,
                    status="AUTHORISED",
                    date=date(2026, 11, 3),
                    line_items=[mine.LineItem(description="Less", quantity=1, unit_amount=10, account_code="200")],
                )
            ]
        ),
    ).credit_notes[0]
    use = mine.Allocation(
        invoice=mine.Invoice(invoice_id=invoice.invoice_id), amount=Decimal("3.10"), date=date(2026, 11, 3)
    )
    made = api.create_credit_note_allocation(AU, note.credit_note_id, mine.Allocations(allocations=[use])).allocations[
        0
    ]
    paid = api.create_payments(
        AU,
        mine.Payments(
            payments=[
                mine.Payment(
                    invoice=mine.Invoice(invoice_id=invoice.invoice_id),
                    account=mine.Account(code="090"),
                    date=date(2026, 11, 4),
                    amount=Decimal("20.00"),
                )
            ]
        ),
    ).payments[0]
    settled = api.get_invoice(AU, invoice.invoice_id).invoices[0]
    assert (settled.status, settled.amount_due, settled.fully_paid_on_date) == ("PAID", 0, date(2026, 11, 4))
    with warnings.catch_warnings():
        gone = api.delete_payment(AU, paid.payment_id, mine.PaymentDelete(status="DELETED")).payments[0]
    assert gone.status == "DELETED"
    assert api.delete_credit_note_allocations(AU, note.credit_note_id, made.allocation_id).is_deleted is True
    reopened = api.get_invoices(AU, i_ds=[invoice.invoice_id], page=1).invoices[0]
    assert (reopened.status, reopened.amount_due, len(reopened.line_items)) == ("AUTHORISED", Decimal("23.1"), 1)


def test_the_official_client_filters_and_pages(api: Any, xero: Xero) -> None:
    old, new = datetime(2020, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC)
    assert len(api.get_contacts(AU, if_modified_since=old, page=1, page_size=1).contacts) == 1
    assert api.get_contacts(AU, if_modified_since=new).contacts == []
    assert api.get_contacts(AU, search_term="gum", summary_only=True).contacts[0].name == "Gum Tree"
    repeated = [
        api.create_contacts(AU, accounting.Contacts(contacts=[accounting.Contact(name="Once")]), idempotency_key="k")
        for _ in range(2)
    ]
    assert repeated[0].contacts[0].contact_id == repeated[1].contacts[0].contact_id


def test_the_official_client_reads_connections_and_refusals(api: Any, xero: Xero) -> None:
    from xero_python.exceptions import AccountingBadRequestException
    from xero_python.identity import IdentityApi

    tenants = [one.tenant_id for one in IdentityApi(api.api_client, base_url=xero.address).get_connections()]
    assert tenants == [AU]
    with pytest.raises(AccountingBadRequestException) as refused:
        api.create_contacts(AU, accounting.Contacts(contacts=[accounting.Contact(name="Harbour Cafe")]))
    assert "already assigned to another contact" in str(refused.value)
