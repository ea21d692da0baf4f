"""Which status a job may take: the moves between types, the client's stage, the reason (T-01, 7.2.10, 7.2.11)."""

from __future__ import annotations

from instep.base.records.outcomes import Draft
from instep.crm.models import Organisation
from instep.crm.states import Dealing, Stage, allows
from instep.jobs.actions.job_lookups import JobLookups
from instep.jobs.errors import ClientNeeded, ProspectNeeded, ReasonNeeded
from instep.jobs.models import Job, JobStatus
from instep.jobs.states import LIVE_TYPES, NEEDS, NEEDS_REASON, STATUS_MOVES, StatusType

_STAGE_WORDS = {
    Stage.NONE: "outside sales",
    Stage.LEAD: "a lead",
    Stage.PROSPECT: "a prospect",
    Stage.CLIENT: "a client",
}


def settle_status(draft: Draft[Job], lookups: JobLookups, client: Organisation, *, by_hand: bool) -> None:
    """Take the status given. Raises WrongState, ClientNeeded, ProspectNeeded, ReasonNeeded, NoSuchStatus.

    `by_hand` False (imports and sync): follow a remote that may have gone several steps, without asking for reasons.
    """
    old = None if draft.is_new else lookups.statuses[draft.row.status_id]
    given = draft.given.get("status")
    status = old if old is not None and given in (None, "", old.key) else lookups.status(given or None)
    if status is not old:
        _move(draft, old, status, by_hand=by_hand)
    if status is not old or "client_id" in draft.attributes:
        check_stage(client, status)


def _move(draft: Draft[Job], old: JobStatus | None, status: JobStatus, *, by_hand: bool) -> None:
    wanted = StatusType(status.type)
    if old is not None and old.type != status.type:
        if by_hand:
            STATUS_MOVES.check(StatusType(old.type), wanted)
        if wanted in LIVE_TYPES:
            draft.extras["goes_live"] = True
        if draft.row.close_reason and "close_reason" not in draft.given and wanted not in NEEDS_REASON:
            draft.put("close_reason", "", field_name="close_reason")
    if by_hand and wanted in NEEDS_REASON and not draft.value("close_reason"):
        raise ReasonNeeded(status=status.name)
    draft.put("status_id", status.pk)
    draft.note("status", old.key if old else None, status.key)


def check_stage(client: Organisation, status: JobStatus) -> None:
    """Raise ClientNeeded or ProspectNeeded unless the client's stage allows a job of this status (E-13, E-28, E-36)."""
    dealing = NEEDS[StatusType(status.type)]
    if allows(client.stage, dealing):
        return
    refusal = ClientNeeded if dealing is Dealing.LIVE_JOB else ProspectNeeded
    raise refusal(client=client.name, client_id=client.pk, stage=_STAGE_WORDS[Stage(client.stage)], wanted=status.name)
