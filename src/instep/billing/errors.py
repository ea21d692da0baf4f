"""Refusals and cautions about documents, ticks, credits and payments."""

from __future__ import annotations

from instep.kernel.errors import Caution, Refusal


class NotADraft(Refusal):
    """The money of a real document is fixed (E-26, trap 6). Facts: document."""

    code = "not_a_draft"
    sentence = "{document} is issued and its money is fixed. Credit it and make a new one instead."


class NotAnInvoice(Refusal):
    """Only an issued invoice is credited and paid. Facts: document."""

    code = "not_an_invoice"
    sentence = "{document} is no issued invoice. Choose an invoice that has been made real."


class ClientNeeded(Refusal):
    """Only a client is invoiced (7.2.10)."""

    code = "invoice_needs_client"
    sentence = "{client} is not a client. Promote it to client first, then make the invoice real."


class NoSuchClient(Refusal):
    """A document is for an organisation of the firm."""

    code = "no_such_client"
    sentence = "Choose the client that this is for; there is no such organisation in this firm."
    status = 422


class NoSuchPhase(Refusal):
    """A line bills a phase of the client's jobs."""

    code = "no_such_billed_phase"
    sentence = "There is no such part of a job of {client}. Choose one of its jobs' parts."
    status = 422


class TakesNoInvoice(Refusal):
    """The status of the job or phase forbids invoicing (T-01, 7.2.13). Facts: what, status."""

    code = "takes_no_invoice"
    sentence = "{what} is {status} and cannot be invoiced. Change its status first."


class OtherCurrency(Refusal):
    """A document has one currency. Facts: what, currency, given."""

    code = "document_currency"
    sentence = "{what} is in {given}, this document in {currency}. Bill it on a document of its own."
    status = 422


class PhaseOnAnotherDraft(Refusal):
    """One draft a phase (T-05). Facts: phase, document_id."""

    code = "phase_on_another_draft"
    sentence = "{phase} is already on another draft. Open that draft, or delete it first."


class NothingToBill(Refusal):
    """There is nothing for a line. Facts: what."""

    code = "nothing_to_bill"
    sentence = "{what} has nothing to bill by that date. Choose a later date, or record and submit the time first."


class NoFee(Refusal):
    """A percentage needs a fee. Facts: phase."""

    code = "no_fee"
    sentence = "{phase} has no fee to take a percentage of. Give it one, or give an amount."
    status = 422


class OverFee(Caution):
    """More than what is left of the fee. Facts: phase, remaining, given (texts)."""

    code = "over_fee"
    sentence = "{given} is more than the {remaining} left of the fee of {phase}. Say yes to bill it all the same."


class EmptyDocument(Refusal):
    """A document that says nothing is not issued."""

    code = "empty_document"
    sentence = "There is nothing on this draft. Add a line first."


class NotAboveZero(Refusal):
    """An invoice asks for money. Facts: total."""

    code = "total_not_above_zero"
    sentence = "The total is {total}; an invoice asks for more than nothing. Credit an invoice to give money back."


class AlreadyTicked(Refusal):
    """A cost is billed once."""

    code = "already_ticked"
    sentence = "Some of this time has just been put on another document. Look at what is left, then try again."


class TextsAreFixed(Refusal):
    """Texts of real documents change only where the firm switched that on (trap 6)."""

    code = "texts_are_fixed"
    sentence = (
        "The texts of issued documents are fixed in this firm. An administrator can allow changes in the settings."
    )
    status = 403


class PaymentsAllocated(Refusal):
    """An invoice with money on it is not cancelled (B-10, T-06). Facts: document, paid."""

    code = "payments_allocated"
    sentence = "{document} has payments of {paid} allocated to it. Unallocate them first, then cancel it."


class AlreadyCredited(Refusal):
    """The sum of credits never exceeds the invoice. Facts: document, credited."""

    code = "already_credited"
    sentence = "{document} has credits of {credited} already. Credit the rest of it instead of cancelling it."


class CreditBeforeInvoice(Refusal):
    """A credit is not older than its invoice. Facts: document, dated_on."""

    code = "credit_before_invoice"
    sentence = "{document} is dated {dated_on}; its credit cannot be older. Choose that date or a later one."
    status = 422


class ReasonNeeded(Refusal):
    """A credit says why (B-15)."""

    code = "credit_reason_needed"
    sentence = "Say why this is credited."
    status = 422


class PaymentRemoved(Refusal):
    """A removed payment stays so. Facts: payment."""

    code = "payment_removed"
    sentence = "The payment of {payment} has been removed. Record a new one instead."


class OverAllocated(Refusal):
    """More than the payment holds. Facts: unapplied, given."""

    code = "over_allocated"
    sentence = "{given} is more than the {unapplied} of this payment that is left. Give a smaller amount."
    status = 422


class OverPaid(Refusal):
    """More than the invoice is open for. Facts: document, open, given."""

    code = "over_paid"
    sentence = (
        "{given} is more than the {open} that is open on {document}. Allocate that, and leave the rest unapplied."
    )
    status = 422


class NumberGiven(Refusal):
    """A number is given once. Facts: number."""

    code = "number_given"
    sentence = "The number {number} is already given. Set the next number in the settings, then try again."
