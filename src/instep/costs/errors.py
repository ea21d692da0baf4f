"""Refusals about time, costs and rates."""

from __future__ import annotations

from instep.kernel.errors import Refusal


class NoSuchPhase(Refusal):
    """Time is booked to a phase of the firm."""

    code = "no_such_phase"
    sentence = "Choose the part of the job that this time is for; there is no such part in this firm."
    status = 422


class NoSuchStaff(Refusal):
    """Time is somebody's."""

    code = "no_such_staff"
    sentence = "Choose whose time this is, an active person among the staff resources."
    status = 422


class JobTakesNoTime(Refusal):
    """The status of the job forbids time (T-01). Facts: job, status."""

    code = "job_takes_no_time"
    sentence = "{job} is {status} and takes no time. Give it a status that does, or choose another job."


class PhaseTakesNoTime(Refusal):
    """The phase is complete or closed (7.2.9, 7.2.13). Facts: phase, job, status."""

    code = "phase_takes_no_time"
    sentence = "{phase} of {job} is {status} and takes no time. Open it again, or choose another part."


class CostHeld(Refusal):
    """A ticked cost cannot change (T-05, E-45). Facts: holder, a document as a person would say it."""

    code = "cost_held"
    sentence = "This is on {holder} and cannot be changed. Take it off the draft, or credit the invoice, first."


class CostApproved(Refusal):
    """An approved cost cannot change."""

    code = "cost_approved"
    sentence = "This is approved and cannot be changed. Take the approval back first."


class PeriodLocked(Refusal):
    """The books are closed up to a date. Facts: on, closed_until."""

    code = "period_locked"
    sentence = (
        "{on} is in a closed period: the books are closed up to and including {closed_until}. Choose a later date."
    )


class RateMissing(Refusal):
    """Time is priced when it is submitted. Facts: staff, on, currency."""

    code = "rate_missing"
    sentence = "{staff} has no rate in {currency} on {on}. Set one that is effective by then, then submit again."
