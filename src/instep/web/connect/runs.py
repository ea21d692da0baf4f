"""Runs: the list of a connection, one run live and after, its journal, its plan, its calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.db.models import Q
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django_htmx.http import trigger_client_event

from instep.connect.models import Run, RunState
from instep.connect.queries import journal, journal_counts, operation_counts, operations_of_run, run_of, runs
from instep.connect.queries.exports import csv_lines, json_lines
from instep.connect.queries.undo import undoes, undone
from instep.connect.registry import connector_for
from instep.web.components.lists import Tab
from instep.web.connect.frame import RUNS, frame, rights
from instep.web.connect.overview import run_row
from instep.web.shell.doors import page
from instep.web.shell.request import FirmRequest
from instep.web.sync import words
from instep.web.sync.pages import choice, only_rows, paged
from instep.web.sync.rows import journal_rows, plan_rows
from instep.web.sync.standing import run_progress, run_sentence

JOURNAL, PLAN, CALLS = "journal", "plan", "calls"


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
        "json_url": reverse("connect:journal_json", args=[key]),
        **rights(request),
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
    """The whole journal as a file: one line for each entry (X-16)."""
    return _file(run_of(request.actor.firm_id, key), "csv", "text/csv; charset=utf-8", csv_lines)


@page("see connections")
def as_json(request: FirmRequest, key: int) -> Any:
    """The same in JSON."""
    return _file(run_of(request.actor.firm_id, key), "json", "application/json", json_lines)


def _file(found: Run, ending: str, kind: str, lines: Callable[[Run], Iterator[str]]) -> StreamingHttpResponse:
    response = StreamingHttpResponse(lines(found), content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="run-{found.pk}-journal.{ending}"'
    return response


def _now(request: FirmRequest, found: Run) -> dict[str, Any]:
    remote = connector_for(found.connection.provider).title
    state, tone = words.RUN_STATES[found.state]
    running = found.state == RunState.RUNNING
    taken_back, undoing = (None, False) if running else undone(found)
    return {
        "run": found,
        "connection": found.connection,
        "remote": remote,
        "state_word": state,
        "state_tone": tone,
        "progress": run_progress(found, request.terms),
        "did": run_sentence(found, remote),
        "row": run_row(found, remote),
        "running": running,
        "purpose": words.purpose_word(found.purpose),
        "undone_by": taken_back,
        "undoing": undoing,
        "can_undo": not running and taken_back is None and not undoing and request.actor.can("run connections"),
        "undoes": undoes(found),
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
    # A further page costs what the first one does: only its rows are asked for.
    counts = [] if _further(request) else journal_counts(firm_id, found.pk)
    remote = connector_for(found.connection.provider).title
    sides = dict.fromkeys(side for side, *_rest in counts) or _asked(request, "side")
    kinds = dict.fromkeys(kind for _side, kind, *_rest in counts) or _asked(request, "kind")
    outcomes = dict.fromkeys(outcome for *_rest, outcome, _n in counts) or _asked(request, "outcome")
    side = choice(request, "side", _("Where"), [(each, words.side_word(each, remote)) for each in sides])
    kind = choice(
        request, "kind", _("Kind"), [(each, words.kind_word(each, request.terms, plural=True)) for each in kinds]
    )
    outcome = choice(
        request, "outcome", _("Outcome"), [(each, words.OUTCOMES.get(each, (each, None))[0]) for each in outcomes]
    )
    chosen = {each["key"]: each["chosen"] for each in (side, kind, outcome) if each["chosen"]}
    rows, text = _with_text(request, journal(firm_id, found.pk).filter(**chosen))
    shown = paged(request, rows, ["pk"])
    return {
        "paged": shown,
        "rows": journal_rows(request, found.connection, shown.rows),
        "filter_row": [side, kind, outcome],
        "narrowed": bool(chosen or text),
        "text": text,
        "count": None if text or not counts else _matching(counts, chosen),
    }


def _further(request: FirmRequest) -> bool:
    return only_rows(request) and bool(request.GET.get("page"))


def _asked(request: FirmRequest, name: str) -> list[str]:
    said = request.GET.get(name, "")
    return [said] if said else []


def _with_text(request: FirmRequest, rows: Any) -> tuple[Any, str]:
    """Rows of records with this in their name, or with just this id on either side."""
    text = request.GET.get("q", "").strip()[:100]
    if not text:
        return rows, ""
    asked = Q(label__icontains=text) | Q(remote_id=text)
    if text.isdecimal() and len(text) < 19:
        asked |= Q(local_id=int(text))
    return rows.filter(asked), text


def _matching(counts: list[tuple[str, str, str, str, int]], chosen: dict[str, str]) -> int:
    return sum(
        n
        for side, kind, _op, outcome, n in counts
        if all({"side": side, "kind": kind, "outcome": outcome}[key] == value for key, value in chosen.items())
    )


def _plan(request: FirmRequest, found: Run) -> dict[str, Any]:
    remote = connector_for(found.connection.provider).title
    rows = operations_of_run(request.actor.firm_id, found)
    counts = [] if _further(request) else operation_counts(rows)
    kinds = dict.fromkeys(kind for kind, *_rest in counts) or _asked(request, "kind")
    ops = dict.fromkeys(op for _kind, op, *_rest in counts) or _asked(request, "op")
    states = dict.fromkeys(state for _kind, _op, state, *_rest in counts) or _asked(request, "state")
    kind = choice(
        request, "kind", _("Kind"), [(each, words.kind_word(each, request.terms, plural=True)) for each in kinds]
    )
    does = choice(request, "op", _("What happens"), [(each, words.op_word(each, remote)) for each in ops])
    state = choice(
        request, "state", _("Outcome"), [(each, words.OP_STATES.get(each, (each, None))[0]) for each in states]
    )
    chosen = {each["key"]: each["chosen"] for each in (kind, does, state) if each["chosen"]}
    rows, text = _with_text(request, rows.filter(**chosen))
    shown = paged(request, rows, ["pk"])
    asked = (chosen.get("kind"), chosen.get("op"), chosen.get("state"))
    return {
        "paged": shown,
        "rows": plan_rows(request, found.connection, shown.rows),
        "filter_row": [kind, does, state],
        "narrowed": bool(chosen or text),
        "text": text,
        "count": None
        if text or not counts
        else sum(
            n for *facts, _code, n in counts if all(want in (None, is_) for want, is_ in zip(asked, facts, strict=True))
        ),
    }
