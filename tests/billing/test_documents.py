"""Documents: what a draft is made of, what may change, and what is fixed once it is real."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from instep.base.audit.queries import history_of
from instep.base.outbox.models import OutboxRow
from instep.base.settings.declared import set_setting
from instep.billing.actions.claims import Claim, bill_phases
from instep.billing.actions.drafts import change_draft, create_draft, delete_draft
from instep.billing.actions.issuing import edit_issued_texts, make_invoice_real
from instep.billing.actions.lines import add_line, change_line, remove_line
from instep.billing.actions.ticking import tick_costs, untick_costs
from instep.billing.errors import (
    ClientNeeded,
    EmptyDocument,
    NoFee,
    NoSuchPhase,
    NotAboveZero,
    NotADraft,
    NothingToBill,
    OtherCurrency,
    OverFee,
    PhaseOnAnotherDraft,
    TakesNoInvoice,
    TextsAreFixed,
)
from instep.billing.models import Document, Line, Tick
from instep.billing.queries.documents import document_details, document_page
from instep.billing.queries.fees import fee_positions_of_job
from instep.billing.queries.unbilled import costs_of_line, unbilled_costs
from instep.billing.queries.wip import wip, wip_now
from instep.billing.settings import EDIT_ISSUED_TEXTS, TAX_BASIS
from instep.costs.actions.rates import set_staff_rate
from instep.costs.errors import PeriodLocked
from instep.costs.settings import CLOSED_UNTIL
from instep.crm.actions.organisations import create_organisation, update_organisation
from instep.jobs.actions.jobs import change_job_status, create_job
from instep.jobs.actions.phases import add_phase, add_phases
from instep.kernel.errors import BadValue, NotAllowed, NotFound, StaleVersion
from instep.kernel.money import Money
from tests.billing.conftest import START, Practice, aud

MARCH, APRIL = dt.date(2025, 3, 31), dt.date(2025, 4, 30)


@pytest.mark.capability("D-10")
@pytest.mark.django_db
def test_four_phases_make_four_lines_and_one_contact(practice: Practice) -> None:
    by, job = practice.by, practice.job
    rows = [{"name": name, "fee_type": "hourly"} for name in ("Concept", "Permit", "Tender")]
    phases = [practice.hourly, *add_phases(job.pk, rows, by=by)]
    for minutes, phase in enumerate(phases, start=1):
        practice.time(60 * minutes, phase=phase)
        practice.time(30, phase=phase)
    details = document_details(practice.firm, practice.draft().pk)
    assert [line.description for line in details.lines] == ["On site", "Concept", "Permit", "Tender"]
    assert [line.net_minor for line in details.lines] == [150_00, 250_00, 350_00, 450_00]
    assert {line.job for line in details.lines} == {job}
    assert details.document.client == practice.client
    assert details.document.client_tax_number == "51 824 753 556"
    assert (details.document.net, details.document.total) == (aud(1200), aud(1320))
    assert details.tax_groups == [("GST", Decimal(10), aud(1200), aud(120))]


@pytest.mark.capability("A-14", "T-02")
@pytest.mark.django_db
def test_a_fee_is_billed_by_percent_by_amount_and_to_its_end(practice: Practice) -> None:
    by, fixed = practice.by, practice.fixed
    practice.time(120, phase=fixed)
    first = practice.draft(claims=[Claim(fixed.pk, percent=Decimal("33.33"))])
    assert first.net == aud("333.30")
    position = fee_positions_of_job(practice.firm, practice.job.pk)[fixed.pk]
    assert (position.fee, position.invoiced, position.drafted, position.remaining) == (
        *(aud(1000), aud(0)),
        *(aud("333.30"), aud("666.70")),
    )
    make_invoice_real(first.pk, by=by)
    assert wip_now(practice.firm) == []
    second = practice.invoice(claims=[Claim(fixed.pk, amount=aud(600))])
    assert fee_positions_of_job(practice.firm, practice.job.pk)[fixed.pk].remaining == aud("66.70")
    with pytest.raises(OverFee, match=r"AUD\s66\.70 left"):
        practice.draft(claims=[Claim(fixed.pk, amount=aud("66.71"))])
    rest = practice.draft(claims=[Claim(fixed.pk)])
    add_line(rest.pk, by=by, description="Models", price=aud(5), phase=fixed.pk)
    assert fee_positions_of_job(practice.firm, practice.job.pk)[fixed.pk].drafted == aud("66.70")
    assert (second.net, rest.net) == (aud(600), aud("66.70"))
    delete_draft(rest.pk, by=by)
    over = practice.draft(claims=[Claim(fixed.pk, percent=Decimal(10))], accepted=["over_fee"])
    assert over.net == aud(100)
    delete_draft(over.pk, by=by)
    with pytest.raises(NoFee):
        practice.draft(claims=[Claim(practice.hourly.pk, percent=Decimal(10))])


@pytest.mark.capability("T-02")
@pytest.mark.django_db
def test_capped_time_stops_at_its_ceiling_and_what_is_never_billed_is_refused(practice: Practice) -> None:
    by, job = practice.by, practice.job
    capped = add_phase(job.pk, by=by, name="Advice", fee_type="capped", fee=aud(250))
    free = add_phase(job.pk, by=by, name="Goodwill", fee_type="no_billing")
    practice.time(120, phase=capped)
    assert practice.invoice(claims=[Claim(capped.pk)]).net == aud(200)
    practice.time(120, phase=capped)
    assert practice.invoice(claims=[Claim(capped.pk)]).net == aud(50)
    assert wip_now(practice.firm) == []
    with pytest.raises(TakesNoInvoice, match="never billed"):
        practice.draft(claims=[Claim(free.pk, amount=aud(1))])


@pytest.mark.capability("E-25", "T-05")
@pytest.mark.django_db
def test_a_draft_is_free_to_change_and_moves_no_figure(practice: Practice) -> None:
    by, firm = practice.by, practice.firm
    costs = [practice.time(60), practice.time(180), practice.time(20)]
    before = wip(firm, on=MARCH)
    draft = practice.draft()
    (line,) = document_details(firm, draft.pk).lines
    assert (line.shown_quantity, line.unit, line.shown_price) == (1, "", Decimal("433.33"))
    with pytest.raises(PhaseOnAnotherDraft):
        practice.draft(claims=[Claim(practice.hourly.pk, amount=aud(1))])
    draft = untick_costs(draft.pk, [costs[2].pk], by=by)
    line.refresh_from_db()
    assert (draft.net, line.shown_quantity, line.unit, line.minutes) == (aud(400), 4, "hour", 240)
    change_line(draft.pk, line.pk, by=by, changes={"quantity": 3, "description": "As agreed"})
    draft = tick_costs(draft.pk, line.pk, by=by)
    assert (draft.net, costs_of_line(firm, line.pk).count()) == (aud(300), 3)
    assert [cost.minutes for cost in costs_of_line(firm, line.pk)] == [60, 180, 20]
    extra = add_line(
        draft.pk, by=by, description="Travel", price=Decimal("0.3333"), quantity=Decimal("10.5"), unit="km"
    )
    assert extra.amount_minor == 350
    moved = change_line(draft.pk, extra.pk, by=by, changes={"position": 1, "tax_percent": 0, "tax_code": "EX"})
    draft = Document.objects.get(pk=draft.pk)
    assert [one.pk for one in document_details(firm, draft.pk).lines] == [moved.pk, line.pk]
    assert (draft.net, draft.tax) == (aud("303.50"), aud(30))
    draft = change_draft(
        draft.pk, by=by, changes={"dated_on": APRIL, "terms_days": 30, "notes": "Thank you", "tax_basis": "no_tax"}
    )
    assert (draft.due_on, draft.tax, draft.total) == (dt.date(2025, 5, 30), aud(0), aud("303.50"))
    draft = remove_line(draft.pk, extra.pk, by=by, expected_version=draft.version)
    for stale in (
        lambda: change_draft(draft.pk, by=by, changes={"notes": ""}, expected_version=1),
        lambda: change_line(draft.pk, line.pk, by=by, changes={"price": 1}, expected_version=1),
        lambda: make_invoice_real(draft.pk, by=by, expected_version=1),
    ):
        with pytest.raises(StaleVersion):
            stale()
    assert wip(firm, on=MARCH) == before
    assert not OutboxRow.objects.filter(kind="invoice").exists()
    delete_draft(draft.pk, by=by)
    assert [table.objects.count() for table in (Document, Line, Tick)] == [0, 0, 0]
    assert unbilled_costs(firm, practice.job.pk).count() == 3
    with pytest.raises(NotAllowed):
        create_draft(by=practice.cast.cy, client=practice.client.pk, dated_on=MARCH)
    with pytest.raises(NotFound):
        delete_draft(practice.draft().pk, by=practice.cast.odo)


@pytest.mark.capability("E-26")
@pytest.mark.django_db
def test_a_real_invoice_is_fixed_but_for_texts_where_the_firm_allows_them(practice: Practice) -> None:
    by, cast = practice.by, practice.cast
    cost = practice.time(60)
    invoice = practice.invoice()
    (line,) = document_details(practice.firm, invoice.pk).lines
    for refused in (
        lambda: change_draft(invoice.pk, by=by, changes={"dated_on": APRIL}),
        lambda: change_line(invoice.pk, line.pk, by=by, changes={"price": 1}),
        lambda: add_line(invoice.pk, by=by, description="More", price=1),
        lambda: remove_line(invoice.pk, line.pk, by=by),
        lambda: untick_costs(invoice.pk, [cost.pk], by=by),
        lambda: bill_phases(invoice.pk, [Claim(practice.fixed.pk)], by=by),
        lambda: delete_draft(invoice.pk, by=by),
        lambda: make_invoice_real(invoice.pk, by=by),
    ):
        with pytest.raises(NotADraft, match="INV-0001 is issued"):
            refused()
    update_organisation(practice.client.pk, by=by, changes={"name": "Acme Group"})
    set_staff_rate(practice.hana.pk, by=by, effective_on=START, charge_rate=999)
    assert document_details(practice.firm, invoice.pk).document.client_name == "Acme"
    texts = {"notes": "Level 2", "client_address": "1 George St\nSydney"}
    with pytest.raises(TextsAreFixed):
        edit_issued_texts(invoice.pk, by=by, changes=texts)
    set_setting(EDIT_ISSUED_TEXTS, True, by=by)
    with pytest.raises(NotAllowed, match="edit issued texts"):
        edit_issued_texts(invoice.pk, by=cast.bo, changes=texts)
    changed = edit_issued_texts(invoice.pk, by=by, changes=texts, lines={line.pk: "Site visits"})
    assert (changed.notes, changed.total) == ("Level 2", invoice.total)
    for money in ("total_minor", "dated_on", "tax_basis", "number"):
        with pytest.raises(BadValue, match="only free texts"):
            edit_issued_texts(invoice.pk, by=by, changes={money: "x"})
    entry = history_of(cast.firm, "invoice", invoice.pk)[0]
    assert entry.event == "invoice.texts_changed"
    assert entry.changes["line 1 description"] == ["On site", "Site visits"]
    page = document_page(practice.firm, job=practice.job.pk)
    assert [row.pk for row in page.rows] == [invoice.pk]


@pytest.mark.capability("E-26", "T-01", "E-36")
@pytest.mark.django_db
def test_what_may_not_be_invoiced_says_why(practice: Practice) -> None:
    by, job = practice.by, practice.job
    with pytest.raises(NothingToBill):
        practice.draft()
    empty = create_draft(by=by, client=practice.client.pk, dated_on=MARCH)
    with pytest.raises(EmptyDocument):
        make_invoice_real(empty.pk, by=by)
    add_line(empty.pk, by=by, description="Less than nothing", price=aud(-1))
    with pytest.raises(NotAboveZero):
        make_invoice_real(empty.pk, by=by)
    prospect = create_organisation(name="Hope", stage="prospect", by=by).sure()
    early = create_draft(by=by, client=prospect.pk, dated_on=MARCH)
    add_line(early.pk, by=by, description="Hope", price=aud(1))
    with pytest.raises(ClientNeeded, match="Hope is not a client"):
        make_invoice_real(early.pk, by=by)
    practice.time(60)
    draft = practice.draft()
    set_setting(CLOSED_UNTIL, "2025-03-31", by=by)
    with pytest.raises(PeriodLocked):
        make_invoice_real(draft.pk, by=by)
    set_setting(CLOSED_UNTIL, "", by=by)
    change_job_status(job.pk, by=by, to="on_hold")
    with pytest.raises(TakesNoInvoice, match="On hold"):
        make_invoice_real(draft.pk, by=by)
    with pytest.raises(TakesNoInvoice):
        practice.draft(claims=[Claim(practice.fixed.pk)])
    change_job_status(job.pk, by=by, to="pending_invoice")
    assert make_invoice_real(draft.pk, by=by, on=APRIL).due_on == dt.date(2025, 5, 14)


@pytest.mark.capability("E-35")
@pytest.mark.django_db
def test_one_invoice_bills_several_jobs_of_one_client_in_one_currency(practice: Practice) -> None:
    by, client = practice.by, practice.client
    other = create_job(by=by, name="Annexe", client=client.pk, status="active").sure()
    annexe = add_phase(other.pk, by=by, name="Works", fee_type="fixed", fee=aud(500))
    abroad = create_job(by=by, name="Abroad", client=client.pk, status="active", currency="NZD").sure()
    away = add_phase(abroad.pk, by=by, name="Far", fee_type="fixed", fee=Money(Decimal(500), "NZD"))
    someone = create_organisation(name="Other", stage="client", code="OTHER", by=by).sure()
    foreign = create_job(by=by, name="Else", client=someone.pk, status="active", handler=practice.hana.pk).sure()
    elsewhere = add_phase(foreign.pk, by=by, name="Else", fee_type="fixed", fee=aud(500))
    practice.time(60)
    draft = practice.draft()
    draft = bill_phases(draft.pk, [Claim(annexe.pk, percent=Decimal(50))], by=by, expected_version=draft.version)
    assert (draft.net, {line.job_id for line in document_details(practice.firm, draft.pk).lines}) == (
        aud(350),
        {practice.job.pk, other.pk},
    )
    for phase, refusal in ((away, OtherCurrency), (elsewhere, NoSuchPhase)):
        with pytest.raises(refusal):
            bill_phases(draft.pk, [Claim(phase.pk)], by=by)


@pytest.mark.capability("X-02")
@pytest.mark.django_db
def test_prices_that_hold_their_tax_leave_the_agreed_amount_without_it(practice: Practice) -> None:
    by = practice.by
    set_setting(TAX_BASIS, "inclusive", by=by)
    practice.time(20)
    draft = practice.draft(claims=[Claim(practice.fixed.pk, amount=aud("333.35")), Claim(practice.hourly.pk)])
    lines = document_details(practice.firm, draft.pk).lines
    assert [(line.net_minor, line.amount_minor) for line in lines] == [(333_35, 366_69), (33_33, 36_66)]
    assert draft.total == aud("403.35")
    assert draft.net == aud("366.68")
    assert all(line.shown_quantity * line.shown_price * 100 == line.amount_minor for line in lines)
