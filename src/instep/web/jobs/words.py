"""How jobs and phases read on pages: labels, fee types, states, history."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from instep.base.settings.vocabulary import Terms
from instep.jobs.states import TAKES_INVOICE, TAKES_TIME, FeeType, PartyRole, PhaseStatus, StatusType
from instep.web.records.history import Sayings
from instep.web.shell.tones import Tone

STATUS_TONES = {
    StatusType.PROPOSAL: Tone.INFO,
    StatusType.ACTIVE: Tone.OK,
    StatusType.PENDING_INVOICE: Tone.CHANGED,
    StatusType.HOLD: Tone.NEUTRAL,
    StatusType.UNSUCCESSFUL: Tone.NEUTRAL,
    StatusType.COMPLETE: Tone.NEUTRAL,
}
PHASE_TONES = {
    PhaseStatus.QUOTE: Tone.INFO,
    PhaseStatus.LIVE: Tone.OK,
    PhaseStatus.IN_HOUSE: Tone.CHANGED,
    PhaseStatus.COMPLETE: Tone.NEUTRAL,
    PhaseStatus.CLOSED: Tone.NEUTRAL,
}


def type_word(kind: str) -> str:
    """A fixed status type in words."""
    return {
        StatusType.PROPOSAL: _("Proposal"),
        StatusType.ACTIVE: _("Active"),
        StatusType.PENDING_INVOICE: _("Pending invoice"),
        StatusType.HOLD: _("On hold"),
        StatusType.UNSUCCESSFUL: _("Unsuccessful"),
        StatusType.COMPLETE: _("Complete"),
    }[StatusType(kind)]


def takes_word(kind: str) -> str:
    """What a status of this type lets happen (T-01): "takes time and invoices"."""
    time, invoice = TAKES_TIME[StatusType(kind)], TAKES_INVOICE[StatusType(kind)]
    if time and invoice:
        return _("takes time and invoices")
    if time:
        return _("takes time, no invoices")
    return _("takes invoices, no time") if invoice else _("takes neither time nor invoices")


def fee_type_word(fee_type: str) -> str:
    """How a phase earns (T-02), in words."""
    return {
        FeeType.FIXED: _("Fixed fee"),
        FeeType.PERCENT: _("Percent of contract"),
        FeeType.HOURLY: _("Hourly rates"),
        FeeType.CAPPED: _("Capped rates"),
        FeeType.NO_BILLING: _("No billing"),
    }[FeeType(fee_type)]


def phase_status_word(status: str) -> str:
    """The state of a phase in words."""
    return {
        PhaseStatus.QUOTE: _("Quote"),
        PhaseStatus.LIVE: _("Live"),
        PhaseStatus.IN_HOUSE: _("In-house"),
        PhaseStatus.COMPLETE: _("Complete"),
        PhaseStatus.CLOSED: _("Closed"),
    }[PhaseStatus(status)]


def role_word(role: str, terms: Terms) -> str:
    """What a party is to the job; a word of the firm's own as it stands."""
    words = {
        PartyRole.SUPPLIER.value: terms.title("supplier"),
        PartyRole.CONSULTANT.value: _("Consultant"),
        PartyRole.CONTRACTOR.value: _("Contractor"),
        PartyRole.AUTHORITY.value: _("Authority"),
        PartyRole.OTHER.value: _("Other"),
    }
    return words.get(role, role)


def labels(terms: Terms) -> dict[str, str]:
    """{field: its name} for fields and history."""
    return {
        "number": _("Number"),
        "name": _("Name"),
        "client": terms.title("client"),
        "project": terms.title("project"),
        "status": _("Status"),
        "job_type": _("Type"),
        "handler": terms.title("handler"),
        "starts_on": _("Starts"),
        "ends_on": _("Ends"),
        "external_reference": _("Their reference"),
        "address": _("Where it is"),
        "scope": _("Scope"),
        "close_reason": _("Why it was closed"),
        "fee": _("Fee"),
        "currency": _("Currency"),
        "parties": _("Others involved"),
        "archived": _("Archived"),
    }


def sayings(
    terms: Terms,
    values: Mapping[str, Mapping[Any, str]],
    phases: Mapping[int, str],
    read: Callable[[str, Any], Any],
) -> Sayings:
    """How a job's history reads. `values` are names of references by field, `phases` those of its phases by number."""
    what = {"job": terms.title("job"), "phase": terms.title("phase"), "phases": terms.title_plural("phase")}
    fields = {
        "name": _("name"),
        "fee_type": _("fee type"),
        "fee": _("fee"),
        "percent": _("percent"),
        "contract": _("contract"),
        "handler": terms("handler"),
        "position": _("position"),
        "status": _("status"),
    }
    of_phases = {
        f"phase {number} {field}": f"{name}, {word}"
        for number, name in phases.items()
        for field, word in fields.items()
    }
    states = {status.value: phase_status_word(status) for status in PhaseStatus}
    types = {kind.value: fee_type_word(kind) for kind in FeeType}
    of_phase_values = {f"phase {number} status": states for number in phases}
    of_phase_values |= {f"phase {number} fee_type": types for number in phases}
    handlers = values.get("handler", {})
    of_phase_values |= {f"phase {number} handler": handlers for number in phases}
    return Sayings(
        events={
            "job.created": _("%(job)s created") % what,
            "job.updated": _("%(job)s changed") % what,
            "job.status_changed": _("Status changed"),
            "job.phases_added": _("%(phases)s added") % what,
            "job.phase_changed": _("%(phase)s changed") % what,
            "job.phase_moved": _("%(phase)s moved on") % what,
            "job.handler_reassigned": _("%(handler)s changed") % {"handler": terms.title("handler")},
            "job.archived": _("Archived"),
            "job.restored": _("Brought back"),
        },
        labels={**labels(terms), **of_phases},
        values={**values, **of_phase_values},
        read=read,
        # The label of a phase's line says its name already.
        skip=lambda field, change: field.startswith("phase ") and field.endswith(" name") and change[0] is None,
    )
