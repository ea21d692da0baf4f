"""A million hours in the house's own tables: the practice of the shared bench data, loaded in bulk.

The data come from `bench/gen_data.py` of the shared folder (INSTEP_SHARED), which wants an interpreter with numpy and
computes, apart from any database, the work in progress that must come out.
"""

from __future__ import annotations

import csv
import datetime as dt
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

ENTRIES, JOBS, PEOPLE = 1_000_000, 5_000, 200
DATES = (dt.date(2023, 6, 30), dt.date(2025, 12, 31))
OPEN_END = "9999-12-31"
MOMENT = "2026-01-01 00:00:00+00:00"
WORDS = ("Site meeting and minutes", "Drawings of the stair, second round", "Calls with the engineer about levels")
"""What people write: without it the table would be narrower than any that is in use."""
_ROOT = Path(__file__).resolve().parent.parent


def make_data(folder: Path) -> str | None:
    """Write the shared data to `folder`; the reason, if it cannot be done here."""
    script = Path(os.environ.get("INSTEP_SHARED", _ROOT.parent / "shared")).resolve() / "bench" / "gen_data.py"
    if not script.exists():
        return f"no {script}: set INSTEP_SHARED"
    for python in (sys.executable, shutil.which("python3"), shutil.which("python")):
        knows = [python, "-c", "import numpy"] if python else None
        if python and knows and subprocess.run(knows, check=False, capture_output=True).returncode == 0:
            command = [python, str(script), str(folder), str(ENTRIES), str(JOBS)]
            subprocess.run(command, check=True, capture_output=True)
            return None
    return "no interpreter with numpy, which gen_data.py wants"


def expected(folder: Path, on: dt.date) -> list[tuple[int, ...]]:
    """(job, phase, entries, minutes, charge, cost), sorted."""
    return sorted(tuple(map(int, row)) for row in _rows(folder / f"expected_{on}.csv"))


def load(folder: Path) -> Any:
    """The firm with everything in it; ids of jobs and phases are those of the data."""
    from django.db import connection, transaction

    from instep.base.firms.actions.firms import create_firm
    from instep.base.identity.actor import Actor
    from instep.crm.actions.organisations import create_organisation
    from instep.jobs.actions.statuses import create_default_statuses
    from instep.jobs.models import JobStatus
    from instep.staff.actions.resources import create_staff_many

    firm = create_firm(key="bench", name="Bench & Co")
    by = Actor.system(firm, "bench")
    create_default_statuses(firm, by=by)
    status = JobStatus.objects.of(firm).get(key="active").pk
    staff = [one.sure().pk for one in create_staff_many([{"last_name": f"P{n}"} for n in range(PEOPLE)], by=by)]
    client = create_organisation(name="Acme", stage="client", code="ACME", by=by).sure().pk
    with transaction.atomic():
        _load_jobs(folder, firm.pk, client, status, staff[0])
        _load_documents(folder, firm.pk, client)
        _load_costs(folder, firm.pk, staff)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for table in ("jobs_job", "jobs_phase", "costs_cost", "billing_document", "billing_line", "billing_tick"):
                cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    return firm


def copy(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Put rows into a table the fast way of each database."""
    from django.db import connection

    names = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as pipe:
                for row in rows:
                    pipe.write_row(row)
        else:
            marks = ", ".join(["%s"] * len(columns))
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)


def _load_jobs(folder: Path, firm: int, client: int, status: int, handler: int) -> None:
    phases = [tuple(map(int, row)) for row in _rows(folder / "phase.csv")]
    columns = ["id", "firm_id", "number", "name", "client_id", "status_id", "handler_id", "currency", "version"]
    empty = ["address", "scope", "external_reference", "close_reason"]
    jobs = sorted({job for _, job, _ in phases})
    rows = ((job, firm, f"J{job}", f"Job {job}", client, status, handler, "AUD", 1, *[""] * len(empty)) for job in jobs)
    copy("jobs_job", [*columns, *empty], rows)
    columns = ["id", "firm_id", "job_id", "number", "name", "position", "fee_type", "currency", "status"]
    copy(
        "jobs_phase",
        columns,
        ((pk, firm, job, number, f"Phase {number}", number, "hourly", "AUD", "live") for pk, job, number in phases),
    )


def _load_documents(folder: Path, firm: int, client: int) -> None:
    texts = [
        *("reference", "notes", "client_address", "client_tax_number", "contact_name", "contact_email"),
        *("issuer_address", "issuer_tax_number", "payment_details", "credit_key", "reason"),
    ]
    sums = ["net_minor", "tax_minor", "total_minor", "tax_by_line_minor", "tax_by_document_minor", "terms_days"]
    columns = ["id", "firm_id", "kind", "state", "number", "client_id", "dated_on", "due_on", "currency"]
    columns += ["client_name", "issuer_name", "tax_basis", "tax_mode", "made_real_at", "version", *texts, *sums]
    same = ("Acme", "Bench & Co", "exclusive", "line", MOMENT, 1, *[""] * len(texts), *[0] * len(sums))
    rows = (
        (int(pk), firm, "invoice", "real", f"INV-{pk}", client, on, on, "AUD", *same)
        for pk, _, on in _rows(folder / "invoice.csv")
    )
    copy("billing_document", columns, rows)


def _load_costs(folder: Path, firm: int, staff: Sequence[int]) -> None:
    """Costs, and for those with an invoice a line per invoice and phase, and a tick."""
    lines: dict[tuple[int, int], tuple[int, int]] = {}
    ticks: list[tuple[Any, ...]] = []

    def costs() -> Iterator[tuple[Any, ...]]:
        for pk, job, phase, person, on, minutes, charge, cost, invoice, ticked_on in _rows(folder / "time_entry.csv"):
            if invoice:
                line, _ = lines.setdefault((int(invoice), int(phase)), (len(lines) + 1, int(job)))
                ticks.append((len(ticks) + 1, firm, int(pk), line, ticked_on))
            yield (
                *(int(pk), firm, "time", int(job), int(phase), staff[int(person) - 1], on, int(minutes)),
                *(WORDS[int(pk) % len(WORDS)], "AUD"),
                *(0, 0, int(cost), int(charge), False, True, "", "submitted", ticked_on or OPEN_END, MOMENT, 1),
            )

    columns = ["id", "firm_id", "kind", "job_id", "phase_id", "staff_id", "on", "minutes", "description", "currency"]
    columns += ["cost_rate", "charge_rate", "cost_minor", "charge_minor", "investment", "chargeable", "reasons"]
    copy("costs_cost", [*columns, "state", "open_until", "submitted_at", "version"], costs())
    columns = ["id", "firm_id", "document_id", "position", "kind", "job_id", "phase_id", "description", "quantity"]
    columns += ["unit", "price", "agreed", "minutes", "amount_minor", "net_minor", "tax_code", "tax_rate", "tax_minor"]
    copy(
        "billing_line",
        columns,
        (
            (pk, firm, invoice, phase, "time", job, phase, "", 10_000, "", 0, True, 0, 0, 0, "GST", 100_000, 0)
            for (invoice, phase), (pk, job) in lines.items()
        ),
    )
    copy("billing_tick", ["id", "firm_id", "cost_id", "line_id", "real_on"], ticks)


def _rows(path: Path) -> Iterator[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        yield from rows
