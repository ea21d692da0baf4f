"""Jobs in the shared words: the fee is the sum of its phases' fees (A-14), the status the firm's own sub-status."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from instep.base.identity.actor import Actor
from instep.bridge.writing import actor_writes, deep_link, put_away, text, write_all
from instep.connect.protocols import LocalOutcome, LocalRecord, LocalWrite
from instep.jobs.actions.jobs import archive_job, create_jobs, restore_job, update_jobs
from instep.jobs.fees import fees_of_jobs
from instep.jobs.models import Job
from instep.kernel.money import Money

_FIELDS = ("name", "address", "scope", "status", "client", "handler", "job_type")


LOCKED = "Its status, {status}, is locked, so nothing is sent of it. The link stays; it goes on with another status."


class JobSide:
    """Our side of jobs."""

    kind = "job"

    def read(self, firm_id: int, ids: Sequence[int]) -> list[LocalRecord]:
        rows = list(Job.objects.of(firm_id).filter(pk__in=ids).select_related("status", "job_type"))
        fees = fees_of_jobs(firm_id, rows)
        return [
            LocalRecord(
                kind=self.kind,
                id=row.pk,
                version=row.version,
                fields={
                    "name": text(row.name),
                    "status": row.status.key,
                    "number": text(row.number),
                    "client": row.client_id,
                    "job_type": row.job_type.key if row.job_type else None,
                    "handler": row.handler_id,
                    "address": text(row.address),
                    "fee": _fee_json(fees.get(row.pk)),
                    "scope": text(row.scope),
                    "deep_link": deep_link(self.page_path(row.pk)),
                },
                label=row.name,
                archived=row.archived_at is not None,
                origin=row.number,
                withheld=LOCKED.format(status=row.status.name) if row.status.locked else "",
            )
            for row in rows
        ]

    def scan(self, firm_id: int, *, after_id: int, limit: int) -> list[int]:
        rows = Job.objects.of(firm_id).filter(pk__gt=after_id, archived_at=None).order_by("pk")
        return list(rows.values_list("pk", flat=True)[:limit])

    def write(self, firm_id: int, writes: Sequence[LocalWrite], *, by: Actor) -> list[LocalOutcome]:
        how = actor_writes(by)
        return write_all(
            writes,
            values_of=_values,
            create=lambda rows: create_jobs(rows, **how),
            update=lambda edits: update_jobs(edits, **how),
            read=lambda ids: self.read(firm_id, ids),
        )

    def archive(self, firm_id: int, ids: Sequence[int], *, by: Actor) -> list[LocalOutcome]:
        return put_away(ids, archive=lambda pk: archive_job(pk, by=by), read=lambda found: self.read(firm_id, found))

    def restore(self, firm_id: int, ids: Sequence[int], *, by: Actor) -> list[LocalOutcome]:
        return put_away(ids, archive=lambda pk: restore_job(pk, by=by), read=lambda found: self.read(firm_id, found))

    def page_path(self, record_id: int) -> str:
        return f"/jobs/{record_id}/"


def _fee_json(fee: Money | None) -> dict[str, Any] | None:
    return None if fee is None else {"minor": fee.minor, "currency": fee.currency}


def _values(fields: Mapping[str, Any]) -> dict[str, Any]:
    values = {name: value for name, value in fields.items() if name in _FIELDS}
    if "fee" in fields:
        fee = fields["fee"]
        values["fee"] = None if fee is None else Money.from_minor(fee["minor"], fee["currency"])
    return values
