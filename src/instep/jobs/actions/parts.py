"""The rows below a job that its own actions write: the first phase and the parties."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from instep.base.identity.models import Firm
from instep.base.records.ids import batches
from instep.base.records.outcomes import Draft
from instep.base.records.texts import one_text
from instep.base.settings.declared import get_setting
from instep.crm.errors import NoSuchOrganisation
from instep.jobs.actions.job_lookups import JobLookups
from instep.jobs.errors import FeeComesFromPhases, OtherCurrency
from instep.jobs.fees import checked_minor, fee_of_phases
from instep.jobs.models import Job, JobParty, Phase
from instep.jobs.settings import FIRST_PHASE
from instep.jobs.states import FIRST_PHASE_STATUS, FeeType, PhaseStatus, StatusType
from instep.kernel.errors import BadValue
from instep.kernel.money import Money
from instep.kernel.records.kinds import FieldType, RecordField

_ROLE = RecordField("role", FieldType.TEXT, "Role", max_length=40, required=True)
_REFERENCE = RecordField("reference", FieldType.TEXT, "Reference", max_length=100)


class Party(NamedTuple):
    """An organisation at a job, its role, and its own reference there."""

    organisation: int
    role: str
    reference: str = ""


def money_json(money: Money | None) -> dict[str, Any] | None:
    """A fee as the audit log and the shared record words write it."""
    return None if money is None else {"minor": money.minor, "currency": money.currency}


def settle_fee(draft: Draft[Job], lookups: JobLookups) -> None:
    """Take a fee for the whole job: it becomes the fixed fee of the only phase while that has none (A-14).

    Raises FeeComesFromPhases otherwise, unless it is what the phases sum to anyway.
    """
    fee: Money | None = draft.given["fee"]
    currency = draft.value("currency")
    if fee is not None and not isinstance(fee, Money):
        raise BadValue(field="Fee", problem="give an amount with its currency")
    if fee is not None and fee.currency != currency:
        raise OtherCurrency(job=draft.value("name"), currency=currency, given=fee.currency)
    minor = None if fee is None else checked_minor(fee, "Fee")
    if draft.is_new:
        draft.extras["fee_minor"] = minor
        draft.note("fee", None, money_json(fee))
        return
    phases = lookups.phases[draft.row.pk]
    now = fee_of_phases(phases, currency)
    if fee == now or (fee is None and not now):
        return
    if len(phases) != 1 or phases[0].fee_minor:
        shown = f"{now.amount:,} {now.currency}" if now is not None else "none"
        raise FeeComesFromPhases(job=str(draft.row), fee=shown)
    draft.extras["first_fee"] = (phases[0], minor)
    draft.note("fee", money_json(now), money_json(fee))


def settle_parties(draft: Draft[Job], lookups: JobLookups) -> None:
    """Take the whole set of parties: those not among them leave the job."""
    wanted: dict[tuple[int, str], str] = {}
    for party in draft.given["parties"] or ():
        if not isinstance(party, Party) or party.organisation not in lookups.party_ids:
            raise NoSuchOrganisation(field="Party")
        role = one_text(party.role, _ROLE)
        if not role:
            raise BadValue(field="Role", problem="it cannot be empty")
        wanted.setdefault((party.organisation, role), one_text(party.reference, _REFERENCE))
    now = {(row.organisation_id, row.role): row for row in lookups.parties.get(draft.row.pk, ())}
    if {key: row.reference for key, row in now.items()} == wanted:
        return
    draft.extras["parties"] = (now, wanted)
    draft.note(
        "parties",
        sorted([*key, row.reference] for key, row in now.items()),
        sorted([*key, reference] for key, reference in wanted.items()),
    )


def write_first_phases(firm: Firm, drafts: Sequence[Draft[Job]], lookups: JobLookups) -> None:
    """Give each new job its first phase (E-32)."""
    if not drafts:
        return
    name = get_setting(firm, FIRST_PHASE)[:200] or FIRST_PHASE.default
    Phase.objects.bulk_create(
        Phase(
            firm_id=firm.pk,
            job_id=draft.row.pk,
            number=1,
            position=1,
            name=name,
            fee_type=FeeType.FIXED,
            fee_minor=draft.extras.get("fee_minor"),
            currency=draft.row.currency,
            status=FIRST_PHASE_STATUS[StatusType(lookups.statuses[draft.row.status_id].type)],
        )
        for draft in drafts
    )


def write_first_fees(drafts: Sequence[Draft[Job]]) -> None:
    """Write the fees that single phases took."""
    phases = []
    for draft in drafts:
        if "first_fee" in draft.extras:
            phase, minor = draft.extras["first_fee"]
            phase.fee_type, phase.fee_minor, phase.percent, phase.contract_minor = FeeType.FIXED, minor, None, None
            phases.append(phase)
    Phase.objects.rewrite(phases, ["fee_type", "fee_minor", "percent", "contract_minor"])


def write_live(firm: Firm, drafts: Sequence[Draft[Job]]) -> None:
    """Let quoted phases go live with their job (7.2.11)."""
    for batch in batches(draft.row.pk for draft in drafts if draft.extras.get("goes_live")):
        rows = Phase.objects.of(firm).filter(job__in=batch, status=PhaseStatus.QUOTE)
        rows.update(status=PhaseStatus.LIVE)


def write_parties(firm: Firm, drafts: Sequence[Draft[Job]]) -> None:
    """Bring the parties to what was given."""
    gone: list[int] = []
    stored: list[JobParty] = []
    for draft in drafts:
        now, wanted = draft.extras.get("parties", ({}, {}))
        gone += [row.pk for key, row in now.items() if key not in wanted]
        stored += [
            JobParty(firm_id=firm.pk, job_id=draft.row.pk, organisation_id=key[0], role=key[1], reference=reference)
            for key, reference in wanted.items()
            if key not in now or now[key].reference != reference
        ]
    for batch in batches(gone):
        JobParty.objects.of(firm).filter(pk__in=batch).delete()
    JobParty.objects.bulk_create(
        stored,
        update_conflicts=True,
        unique_fields=["firm", "job", "organisation", "role"],
        update_fields=["reference"],
    )
