"""The item of a job in the shared words: its number is the code, so that a package can tell sales by job (D-21)."""

from __future__ import annotations

from collections.abc import Sequence

from instep.base.identity.actor import Actor
from instep.billing.models import Line
from instep.billing.states import ISSUED
from instep.bridge.accounting.documents import REFUSED
from instep.connect.protocols import LocalOutcome, LocalRecord, LocalWrite
from instep.jobs.models import Job


class ItemSide:
    """Our side of items. Only jobs with a line on an issued document have one: a list of every job would swell."""

    kind = "item"
    follows = ("job", "invoice", "credit_note")

    def read(self, firm_id: int, ids: Sequence[int]) -> list[LocalRecord]:
        rows = Job.objects.of(firm_id).filter(pk__in=ids)
        return [
            LocalRecord(
                self.kind, row.pk, row.version, {"code": row.number, "name": row.name}, f"{row.number} {row.name}"
            )
            for row in rows
        ]

    def scan(self, firm_id: int, *, after_id: int, limit: int) -> list[int]:
        rows = Job.objects.of(firm_id).filter(pk__gt=after_id).order_by("pk")
        return list(rows.values_list("pk", flat=True)[:limit])

    def concerned(self, firm_id: int, kind: str, ids: Sequence[int], scope: str) -> list[int]:
        states = sorted(state.value for state in ISSUED)
        lines = Line.objects.of(firm_id).filter(document__state__in=states, job__isnull=False)
        lines = lines.filter(document__in=ids) if kind in ("invoice", "credit_note") else lines.filter(job__in=ids)
        return sorted({job_id for job_id in lines.values_list("job_id", flat=True).distinct() if job_id is not None})

    def write(self, firm_id: int, writes: Sequence[LocalWrite], *, by: Actor) -> list[LocalOutcome]:
        return [REFUSED for _ in writes]

    def page_path(self, record_id: int) -> str:
        return f"/jobs/{record_id}/"
