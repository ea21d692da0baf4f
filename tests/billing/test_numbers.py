"""Numbers of documents: none twice, none left out, whatever is rolled back, deleted or done at the same moment."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import transaction

from instep.billing.actions.claims import Claim
from instep.billing.actions.credits import cancel_invoice
from instep.billing.actions.drafts import create_draft, delete_draft
from instep.billing.actions.issuing import make_invoice_real
from instep.billing.actions.lines import add_line
from instep.billing.errors import NotADraft
from instep.billing.models import Document
from instep.billing.states import DocumentKind
from instep.kernel.errors import Refusal, StaleVersion
from tests.base.threads import together
from tests.billing.conftest import Practice, aud

MARCH, APRIL = dt.date(2025, 3, 31), dt.date(2025, 4, 30)


def draft(practice: Practice) -> Document:
    """A small draft that needs no time."""
    document = create_draft(by=practice.by, client=practice.client.pk, dated_on=MARCH)
    add_line(document.pk, by=practice.by, description="Printing", price=aud(10))
    return Document.objects.get(pk=document.pk)


def numbers(kind: DocumentKind = DocumentKind.INVOICE) -> list[str]:
    """The numbers given, in order."""
    return sorted(Document.objects.filter(kind=kind).exclude(number="").values_list("number", flat=True))


class GiveUp(Exception):
    """Something went wrong after the number was taken."""


@pytest.mark.capability("E-26", "T-03")
@pytest.mark.django_db(transaction=True)
def test_a_hundred_deleted_drafts_and_a_hundred_rolled_back_invoices_leave_no_gap(practice: Practice) -> None:
    first = make_invoice_real(draft(practice).pk, by=practice.by)
    begun = draft(practice)

    def issue_in_vain() -> None:
        with transaction.atomic():
            make_invoice_real(begun.pk, by=practice.by)
            raise GiveUp()

    for _ in range(100):
        with pytest.raises(GiveUp):
            issue_in_vain()
    for _ in range(100):
        empty = create_draft(by=practice.by, client=practice.client.pk, dated_on=MARCH)
        delete_draft(empty.pk, by=practice.by)
    second = make_invoice_real(begun.pk, by=practice.by)
    assert [first.number, second.number] == ["INV-0001", "INV-0002"] == numbers()
    with pytest.raises(NotADraft):
        delete_draft(second.pk, by=practice.by)


@pytest.mark.capability("B-10", "B-15", "T-03")
@pytest.mark.django_db(transaction=True)
def test_issuing_cancelling_and_giving_up_at_the_same_moment_keep_both_series_whole(practice: Practice) -> None:
    drafts = [draft(practice).pk for _ in range(16)]

    def work(number: int) -> int:
        kept = 0
        for at, pk in enumerate(drafts[number::4]):
            try:
                with transaction.atomic():
                    make_invoice_real(pk, by=practice.by)
                    if at == 1:
                        raise GiveUp()
            except GiveUp:
                continue
            kept += 1
            if at == 2:
                cancel_invoice(pk, by=practice.by, on=APRIL, reason="Too early")
        return kept

    kept = sum(together(4, work))
    assert kept == 12
    assert numbers() == [f"INV-{n:04d}" for n in range(1, 13)]
    assert numbers(DocumentKind.CREDIT_NOTE) == [f"CN-{n:04d}" for n in range(1, 5)]


@pytest.mark.capability("E-26", "E-45")
@pytest.mark.django_db(transaction=True)
def test_one_draft_is_made_real_once_and_one_hour_is_billed_once(practice: Practice) -> None:
    pk = draft(practice).pk
    before = Document.objects.get(pk=pk)

    def issue(_: int) -> str:
        try:
            return make_invoice_real(pk, by=practice.by, expected_version=before.version).number
        except (NotADraft, StaleVersion):
            return ""

    assert sorted(together(3, issue)) == ["", "", "INV-0001"]

    cost = practice.time(60)

    def bill(_: int) -> str:
        try:
            return str(practice.draft(claims=[Claim(practice.hourly.pk)]).total)
        except Refusal as refusal:
            return refusal.code

    found = together(3, bill)
    assert sorted(found)[0] == "110.00 AUD"
    assert len([one for one in found if one.endswith("AUD")]) == 1, found
    cost.refresh_from_db()
    assert cost.charge_minor == 100_00
