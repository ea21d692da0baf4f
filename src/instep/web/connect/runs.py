"""Runs: the list of a connection, one run live and after, its journal, its plan, its calls."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django_htmx.http import trigger_client_event

from instep.connect.models import Run, RunState
from instep.connect.queries import journal, journal_counts, operation_counts, operations_of_run, run_of, runs
from instep.connect.registry import connector_for
from instep.web.components.lists import Tab
from instep.web.connect.frame import RUNS, frame
from instep.web.connect.overview import run_row
from instep.web.shell.doors import page
from instep.web.shell.request import FirmRequest
from instep.web.sync import words
from instep.web.sync.pages import choice, only_rows, paged
from instep.web.sync.rows import journal_rows, plan_rows
from instep.web.sync.standing import run_progress, run_sentence

JOURNAL, PLAN, CALLS = "journal", "plan", "calls"
_CHUNK = 500
_HEADS = (
    *("at", "side", "operation", "kind", "record", "our id", "their id"),
    *("field", "before", "after", "outcome", "detail", "milliseconds"),
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@page("see connections")
def list_runs(request: FirmRequest, key: int) -> HttpResponse:
    """The runs of a connection, newest first."""
    found, context = frame(request, key, RUNS)
    shown = paged(request, runs(request.actor.firm_id, key), ["-pk"])
    context |= {"paged": shown, "runs": [run_row(run, found.remote) for run in shown.rows]}
    return render(request, "connect/runs.html", context)


@page("see connections")
def run(request: FirmRequest, key: int) -> HttpResponse:
    """One run: how far it is, what it did, record by record."""
    found = run_of(request.actor.firm_id, key)
    part = request.GET.get("part", JOURNAL)
    part = part if part in (JOURNAL, PLAN, CALLS) else JOURNAL
    context = _now(request, found) | {
        "heading": words.run_name(found),
        "tabs": _tabs(found, part),
        "part": part,
        "csv_url": reverse("connect:journal", args=[key]),
    }
    if part == JOURNAL:
        context |= _journal(request, found)
    elif part == PLAN:
        context |= _plan(request, found)
    template = "connect/run_rows.html" if only_rows(request) and part != CALLS else "connect/run.html"
    return render(request, template, context)


@page("see connections")
def now(request: FirmRequest, key: int) -> HttpResponse:
    """The live part of the run's page; at its end the rows are fetched once more."""
    found = run_of(request.actor.firm_id, key)
    response = render(request, "connect/run_now.html", _now(request, found))
    return response if found.state == RunState.RUNNING else trigger_client_event(response, "run:over", {})


@page("see connections")
def bar(request: FirmRequest, key: int) -> HttpResponse:
    """The bar of a run, for other pages."""
    found = run_of(request.actor.firm_id, key)
    context = {"progress": run_progress(found, request.terms), "url": request.path, "id": f"run-{key}"}
    return render(request, "sync/run_bar.html", context)


@page("see connections")
def as_csv(request: FirmRequest, key: int) -> Any:
    """The whole journal as a file: one line for each field of each record (X-16)."""
    found = run_of(request.actor.firm_id, key)
    response = StreamingHttpResponse(_lines(found), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="run-{found.pk}-journal.csv"'
    return response


def _now(request: FirmRequest, found: Run) -> dict[str, Any]:
    remote = connector_for(found.connection.provider).title
    state, tone = words.RUN_STATES[found.state]
    return {
        "run": found,
        "connection": found.connection,
        "remote": remote,
        "state_word": state,
        "state_tone": tone,
        "progress": run_progress(found, request.terms),
        "did": run_sentence(found, remote),
        "row": run_row(found, remote),
        "running": found.state == RunState.RUNNING,
        "purpose": words.purpose_word(found.purpose),
        "calls": [
            (words.operation_word(operation, remote), number)
            for operation, number in sorted(found.calls.items(), key=lambda item: -item[1])
        ],
        "total_calls": sum(found.calls.values()),
    }


def _tabs(found: Run, part: str) -> list[Tab]:
    here = reverse("connect:run", args=[found.pk])
    rows = ((JOURNAL, _("Journal")), (PLAN, _("Plan")), (CALLS, _("Calls")))
    return [Tab(label, here if key == JOURNAL else f"{here}?part={key}", key == part) for key, label in rows]


def _journal(request: FirmRequest, found: Run) -> dict[str, Any]:
    firm_id = request.actor.firm_id
    counts = journal_counts(firm_id, found.pk)
    remote = connector_for(found.connection.provider).title
    sides = dict.fromkeys(side for side, *_rest in counts)
    kinds = dict.fromkeys(kind for _side, kind, *_rest in counts)
    outcomes = dict.fromkeys(outcome for *_rest, outcome, _n in counts)
    side = choice(request, "side", _("Where"), [(each, words.side_word(each, remote)) for each in sides])
    kind = choice(
        request, "kind", _("Kind"), [(each, words.kind_word(each, request.terms, plural=True)) for each in kinds]
    )
    outcome = choice(
        request, "outcome", _("Outcome"), [(each, words.OUTCOMES.get(each, (each, None))[0]) for each in outcomes]
    )
    chosen = {each["key"]: each["chosen"] for each in (side, kind, outcome) if each["chosen"]}
    shown = paged(request, journal(firm_id, found.pk).filter(**chosen), ["pk"])
    return {
        "paged": shown,
        "rows": journal_rows(request, found.connection, shown.rows),
        "filter_row": [side, kind, outcome],
        "narrowed": bool(chosen),
        "count": _matching(counts, chosen),
    }


def _matching(counts: list[tuple[str, str, str, str, int]], chosen: dict[str, str]) -> int:
    return sum(
        n
        for side, kind, _op, outcome, n in counts
        if all({"side": side, "kind": kind, "outcome": outcome}[key] == value for key, value in chosen.items())
    )


def _plan(request: FirmRequest, found: Run) -> dict[str, Any]:
    remote = connector_for(found.connection.provider).title
    rows = operations_of_run(request.actor.firm_id, found)
    counts = operation_counts(rows)
    kinds = dict.fromkeys(kind for kind, *_rest in counts)
    ops = dict.fromkeys(op for _kind, op, *_rest in counts)
    states = dict.fromkeys(state for _kind, _op, state, *_rest in counts)
    kind = choice(
        request, "kind", _("Kind"), [(each, words.kind_word(each, request.terms, plural=True)) for each in kinds]
    )
    does = choice(request, "op", _("What happens"), [(each, words.op_word(each, remote)) for each in ops])
    state = choice(
        request, "state", _("Outcome"), [(each, words.OP_STATES.get(each, (each, None))[0]) for each in states]
    )
    chosen = {each["key"]: each["chosen"] for each in (kind, does, state) if each["chosen"]}
    shown = paged(request, rows.filter(**chosen), ["pk"])
    asked = (chosen.get("kind"), chosen.get("op"), chosen.get("state"))
    return {
        "paged": shown,
        "rows": plan_rows(request, found.connection, shown.rows),
        "filter_row": [kind, does, state],
        "narrowed": bool(chosen),
        "count": sum(
            n for *facts, _code, n in counts if all(want in (None, is_) for want, is_ in zip(asked, facts, strict=True))
        ),
    }


class _Line:
    """A file to write to that hands the line back."""

    def write(self, text: str) -> str:
        """The line itself."""
        return text


def _lines(found: Run) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield "\ufeff" + writer.writerow(_HEADS)
    last = 0
    while True:
        entries = list(journal(found.firm_id, found.pk).filter(pk__gt=last).order_by("pk")[:_CHUNK])
        if not entries:
            return
        last = entries[-1].pk
        for entry in entries:
            head = (entry.at.isoformat(), entry.side, entry.op, entry.kind, entry.label, entry.local_id or "")
            tail = (entry.outcome, entry.detail, entry.duration_ms)
            fields = entry.fields or {"": ["", ""]}
            for name, (before, after) in fields.items():
                cells = (*head, entry.remote_id, name, before, after, *tail)
                yield writer.writerow([_cell(cell) for cell in cells])


def _cell(value: Any) -> str:
    """Plain text that no spreadsheet takes for a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
