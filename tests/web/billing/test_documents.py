"""The page of a document: lines typed in place, made real, paid, cancelled; its list; its PDF."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pypdf import PdfReader

from instep.base.settings.declared import set_setting
from instep.billing.actions.claims import Claim
from instep.billing.actions.drafts import create_draft
from instep.billing.actions.issuing import make_invoice_real
from instep.billing.actions.lines import add_line
from instep.billing.actions.payments import record_payment
from instep.billing.models import Document, Line, Payment
from instep.billing.queries.balances import standing_of
from instep.billing.settings import ISSUER_ADDRESS, ISSUER_TAX_NUMBER, PAYMENT_DETAILS, TAX_RATE
from instep.billing.states import DocumentState
from instep.crm.actions.organisations import create_organisation
from tests.billing.conftest import Practice, aud

HTMX = {"HX-Request": "true", "HX-Target": "act"}
MARCH = dt.date(2025, 3, 31)


def read(made: bytes) -> str:
    """The text of a PDF, line by line."""
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(made)).pages)


@pytest.mark.capability("E-25", "X-02")
def test_a_line_of_a_draft_is_typed_where_it_stands(practice: Practice, ada: Client) -> None:
    set_setting(TAX_RATE, 150_000, by=practice.by)
    draft = create_draft(by=practice.by, client=practice.client.pk, dated_on=MARCH)
    lines = [
        add_line(draft.pk, by=practice.by, description="Part", price=Decimal(price))
        for price in ("25.06", "25.61", "25.63")
    ]
    url = f"/billing/invoices/{draft.pk}/"
    page = ada.get(url).content.decode()
    assert "Tax is rounded for each line; for the whole document it would be" in page
    assert "$11.45" in page
    assert "11.44" in page
    name, version = f"line.{lines[0].pk}", Document.objects.get().version
    sent = {f"{name}.price": "1,000.5", f"{name}.quantity": "two", "version": version}
    answer = ada.post(f"{url}lines/", sent, headers={"X-Requested-With": "fetch"}).json()
    assert answer["cells"][f"{name}.price"] == {"value": "1,000.50", "problem": ""}
    assert "such as 12.50" in answer["cells"][f"{name}.quantity"]["problem"]
    assert answer["cells"][f"{name}.quantity"]["value"] == "two"
    assert answer["texts"] == {f"line-{lines[0].pk}-amount": "1,000.50"}
    stale = ada.post(f"{url}lines/", {**sent, f"{name}.quantity": "2"}, headers={"X-Requested-With": "fetch"}).json()
    assert "Somebody changed this" in stale["cells"][f"{name}.price"]["problem"]
    assert ada.post(f"{url}lines/{lines[2].pk}/remove/", headers={"HX-Request": "true"}).status_code == 204
    added = {"description": "Prints", "quantity": "3", "price": "1.10", "tax_percent": ""}
    assert ada.post(f"{url}lines/new/", added, headers=HTMX).status_code == 204
    assert [line.net_minor for line in Line.objects.order_by("position")] == [1000_50, 25_61, 3_30]
    assert ada.post(f"{url}field/terms_days/", {"value": "900"}, headers={"HX-Request": "true"}).status_code == 422
    assert ada.post(f"{url}field/terms_days/", {"value": "30"}, headers={"HX-Request": "true"}).status_code == 200
    assert Document.objects.get().due_on == dt.date(2025, 4, 30)


@pytest.mark.capability("E-26", "B-10", "T-06")
def test_a_draft_is_made_real_paid_and_cancelled_with_each_step_beside_its_refusal(
    practice: Practice, ada: Client
) -> None:
    practice.time(90)
    draft = practice.draft()
    url = f"/billing/invoices/{draft.pk}/"
    asked = ada.get(f"{url}make-real/", headers=HTMX).content.decode()
    assert "INV-0001" in asked
    assert "$165.00" in asked
    assert "1 entry of time leaves work in progress" in asked
    assert ada.post(f"{url}make-real/", {"on": ""}, headers=HTMX).status_code == 422
    assert ada.post(f"{url}make-real/", {"on": "2025-03-31"}, headers=HTMX).status_code == 204
    page = ada.get(url).content.decode()
    assert "Invoice INV-0001" in page
    assert "data-saves" not in page
    assert ada.post(f"{url}lines/", {f"line.{Line.objects.get().pk}.price": "1"}).status_code == 302
    assert Document.objects.get().net == aud(150)
    over = ada.post(f"{url}pay/", {"amount": "200", "received_on": "2025-04-10"}, headers=HTMX)
    assert over.status_code == 422
    assert f"{aud(165).written} that is open" in over.content.decode()
    paid = ada.post(f"{url}pay/", {"amount": "65", "received_on": "2025-04-10", "reference": "EFT"}, headers=HTMX)
    assert paid.status_code == 204
    assert "Overdue</span>" in ada.get("/billing/invoices/?view=open").content.decode()
    cancel = {"on": "2025-04-20", "reason": "Billed too early"}
    blocked = ada.post(f"{url}cancel/", cancel, headers=HTMX)
    assert blocked.status_code == 422
    assert "Unallocate first" in blocked.content.decode()
    assert "Billed too early" in blocked.content.decode()
    freed = ada.post(f"{url}cancel/", {**cancel, "unallocate": "1"}, headers=HTMX)
    assert "unapplied money" in freed.content.decode()
    assert "Billed too early" in freed.content.decode()
    assert ada.post(f"{url}cancel/", cancel, headers=HTMX).status_code == 204
    note = Document.objects.get(kind="credit_note")
    page = ada.get(f"/billing/invoices/{note.pk}/").content.decode()
    assert "Credit note CN-0001" in page
    assert "Billed too early" in page
    assert Document.objects.get(pk=draft.pk).state == DocumentState.CANCELLED
    assert "$150.00" in ada.get("/billing/").content.decode()


@pytest.mark.capability("E-45")
def test_time_is_ticked_off_and_on_a_line(practice: Practice, ada: Client) -> None:
    first, second = practice.time(60), practice.time(30, on=dt.date(2025, 3, 4))
    draft = practice.draft()
    line = Line.objects.get()
    url = f"/billing/invoices/{draft.pk}/lines/{line.pk}/time/"
    assert ada.get(url, headers=HTMX).content.decode().count("checked") == 2
    shown = [first.pk, second.pk]
    assert ada.post(url, {"shown": shown, "cost": [first.pk]}, headers=HTMX).status_code == 204
    assert Document.objects.get().net == aud(100)
    assert ada.get(url, headers=HTMX).content.decode().count("checked") == 1
    assert ada.post(url, {"shown": [first.pk], "cost": shown}, headers=HTMX).status_code == 204
    assert Document.objects.get().net == aud(150)
    assert ada.post(f"/billing/invoices/{draft.pk}/delete/", headers=HTMX)["HX-Redirect"] == "/billing/invoices/"
    assert not Document.objects.exists()


@pytest.mark.capability("B-08", "B-17")
def test_a_payment_is_allocated_anew_changed_and_removed_with_a_reason(practice: Practice, ada: Client) -> None:
    invoices = []
    for percent in (40, 60):
        draft = practice.draft(claims=[Claim(practice.fixed.pk, percent=Decimal(percent))])
        invoices.append(make_invoice_real(draft.pk, by=practice.by))
    one, two = invoices
    payment = record_payment(by=practice.by, received_on=MARCH, amount=aud(500), allocations={one.pk: aud(440)}).sure()
    url = f"/billing/payments/{payment.pk}/"
    assert "$60.00" in ada.get(url).content.decode()
    over = ada.post(f"{url}allocate/", {f"part.{one.pk}": "440", f"part.{two.pk}": "61"}, headers=HTMX)
    assert over.status_code == 422
    assert 'value="61"' in over.content.decode()
    assert ada.post(f"{url}allocate/", {f"part.{one.pk}": "x"}, headers=HTMX).status_code == 422
    both = {f"part.{one.pk}": "40", f"part.{two.pk}": "460", "version": payment.version}
    assert ada.post(f"{url}allocate/", both, headers=HTMX).status_code == 204
    assert standing_of(practice.firm, one).open == aud(400)
    listed = ada.get("/billing/invoices/?view=open").content.decode()
    assert "400.00" in listed
    field = ada.post(f"{url}field/reference/", {"value": "EFT 7"}, headers={"HX-Request": "true"})
    assert field.status_code == 200
    assert ada.post(f"{url}remove/", {"reason": ""}, headers=HTMX).status_code == 422
    assert ada.post(f"{url}remove/", {"reason": "Bounced"}, headers=HTMX).status_code == 204
    page = ada.get(url).content.decode()
    assert "Bounced" in page
    assert standing_of(practice.firm, one).open == aud(440)
    assert "EFT 7" in ada.get("/billing/payments/?view=removed").content.decode()
    assert "No payments yet" not in ada.get("/billing/payments/").content.decode()


def test_the_list_finds_what_is_meant_and_takes_as_many_queries_for_many(practice: Practice, ada: Client) -> None:
    practice.time(60)
    first = practice.invoice()
    ada.get("/billing/invoices/")
    with CaptureQueriesContext(connection) as few:
        ada.get("/billing/invoices/")
    practice.time(60)
    record_payment(by=practice.by, received_on=MARCH, amount=aud(110), allocations={first.pk: aud(110)})
    second = practice.invoice(reference="PO 12")
    practice.time(60)
    practice.draft()
    with CaptureQueriesContext(connection) as many:
        page = ada.get("/billing/invoices/").content.decode()
    assert len(many) == len(few) <= 8
    assert (first.number in page, second.number in page) == (True, True)
    for query, shown in (
        ("view=drafts", []),
        ("view=paid", [first.number]),
        ("view=open", [second.number]),
        ("view=overdue", [second.number]),
        ("view=credits", []),
        ("q=po+12", [second.number]),
        ("q=acme", [first.number, second.number]),
    ):
        page = ada.get(f"/billing/invoices/?{query}").content.decode()
        assert [each for each in (first.number, second.number) if each in page] == shown, query
    ada.get("/billing/payments/")
    with CaptureQueriesContext(connection) as payments:
        assert "110.00" in ada.get("/billing/payments/").content.decode()
    assert len(payments) <= 8


def test_the_paper_says_everything_and_reads_nothing_as_markup(practice: Practice, ada: Client) -> None:
    set_setting(ISSUER_ADDRESS, "Am Größten Platz 3\n1010 Wien", by=practice.by)
    set_setting(ISSUER_TAX_NUMBER, "51 824 753 556", by=practice.by)
    set_setting(PAYMENT_DETAILS, "Konto für Zahlungen: #panic(1)", by=practice.by)
    client = create_organisation(name="Müller & Söhne ¥ *GmbH*", stage="client", code="MS", by=practice.by).sure()
    draft = create_draft(by=practice.by, client=client.pk, dated_on=MARCH, reference='"PO" $7')
    add_line(draft.pk, by=practice.by, description="Entwurf #let x = 1\nzweite Zeile", price=Decimal("1234.5"))
    url = f"/billing/invoices/{draft.pk}/pdf/"
    assert "Draft: not an invoice yet" in read(ada.get(url).content)
    make_invoice_real(draft.pk, by=practice.by)
    answer = ada.get(url)
    assert answer["Content-Type"] == "application/pdf"
    text = read(answer.content)
    for said in (
        *("Tax invoice", "INV-0001", "Banksia & Bell", "Am Größten Platz 3", "ABN 51 824 753 556", '"PO" $7'),
        *("Müller & Söhne ¥ *GmbH*", "Entwurf #let x = 1", "zweite Zeile", "1,234.50", "GST 10 % of 1,234.50"),
        *("123.45", "AUD 1,357.95", "31 Mar 2025", "14 Apr 2025", "Konto für Zahlungen: #panic(1)"),
    ):
        assert said in text, said
    fonts = [font for page in PdfReader(io.BytesIO(answer.content)).pages for font in page["/Resources"]["/Font"]]
    assert fonts
    page = ada.post(f"/billing/invoices/{draft.pk}/cancel/", {"on": "2025-04-01", "reason": "Zu früh"}, headers=HTMX)
    assert page.status_code == 204
    note = Document.objects.get(kind="credit_note")
    text = read(ada.get(f"/billing/invoices/{note.pk}/pdf/").content)
    assert "Credit note" in text
    assert "CN-0001" in text
    assert "Zu früh" in text
    assert "-1,357.95" in text.replace("\u2212", "-")


def test_nothing_of_it_is_there_for_another_firm_or_without_the_right(
    practice: Practice, signed_in: Callable[[str], Client]
) -> None:
    practice.time(60)
    invoice = practice.invoice()
    line = Line.objects.get()
    payment = record_payment(by=practice.by, received_on=MARCH, amount=aud(5), client=practice.client.pk).sure()
    pages = [
        *(
            f"/billing/invoices/{invoice.pk}/{part}"
            for part in ("", "pdf/", "cancel/", "pay/", "make-real/", "delete/")
        ),
        *(f"/billing/invoices/{invoice.pk}/{part}" for part in ("lines/new/", f"lines/{line.pk}/time/")),
        *(f"/billing/invoices/{invoice.pk}/field/notes/", f"/billing/jobs/{practice.job.pk}/"),
        *(f"/billing/payments/{payment.pk}/{part}" for part in ("", "allocate/", "remove/", "field/reference/")),
    ]
    odo, cy = signed_in("odo"), signed_in("cy")
    for page in pages:
        assert odo.get(page).status_code == 404, page
        assert cy.get(page).status_code == 403, page
    for page in (f"/billing/invoices/{invoice.pk}/lines/", f"/billing/invoices/{invoice.pk}/lines/{line.pk}/remove/"):
        assert odo.post(page).status_code == 404, page
        assert cy.post(page).status_code == 403, page
    assert "INV-0001" not in odo.get("/billing/invoices/").content.decode()
    assert odo.post(f"/billing/payments/{payment.pk}/remove/", {"reason": "x"}).status_code == 404
    assert Payment.objects.get().removed_at is None
    bo = signed_in("bo")
    assert bo.get(f"/billing/payments/{payment.pk}/").status_code == 200
    assert bo.post(f"/billing/payments/{payment.pk}/remove/", {"reason": "x"}).status_code == 403
