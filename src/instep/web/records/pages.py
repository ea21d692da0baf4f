"""The page of one record: the same answer as a page, in the side panel, and in part after a change."""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views import View
from django_htmx.http import trigger_client_event

from instep.connect.actions.hints import look_at_record
from instep.connect.queries import RecordSync, sync_of
from instep.web.records.history import History, Sayings, history
from instep.web.records.standing import standings
from instep.web.shell.context import wants_panel
from instep.web.shell.request import FirmRequest

SIDE = "side"


class RecordPage(View):
    """One record. A subclass gives `load` and `context`; the template extends `layout` and has a part named `side`.

    `?part=side` answers with what follows a change of a field: standing, history and the name in the title.
    """

    kind: ClassVar[str]
    right: ClassVar[str]
    template_name: ClassVar[str]

    request: FirmRequest
    syncs: list[RecordSync]

    def load(self, firm_id: int, key: int) -> Any:
        """The record, or what the page needs of it; raises NotFound."""
        raise NotImplementedError

    def context(self, found: Any) -> dict[str, Any]:
        """For the template; `record`, `heading` and `url` are asked for by the shared parts."""
        raise NotImplementedError

    def sayings(self, found: Any) -> Sayings:
        """How the history reads."""
        return Sayings()

    def get(self, request: FirmRequest, key: int) -> HttpResponse:
        actor = request.actor
        actor.must(self.right)
        found = self.load(actor.firm_id, key)
        self.syncs = sync_of(actor.firm_id, self.kind, [key]).get(key, [])
        look_at_record(actor.firm_id, self.kind, key, self.syncs, now=timezone.now())
        context = {
            **self.context(found),
            "kind": self.kind,
            "in_panel": wants_panel(request),
            "standings": standings(actor, self.syncs),
            "history": self._history(found, key),
        }
        part = f"#{SIDE}" if request.htmx and request.GET.get("part") == SIDE else ""
        return render(request, self.template_name + part, context | {"is_part": bool(part)})

    def _history(self, found: Any, key: int) -> History | None:
        if not self.request.actor.can("see history"):
            return None
        long = self.request.GET.get("history") == "all"
        return history(self.request.actor.firm_id, self.kind, key, self.sayings(found), long=long)


def done(request: FirmRequest, url: str) -> HttpResponse:
    """After an action: what shows the record draws itself anew; without a script, the record's page."""
    if not request.htmx:
        return redirect(url)
    response = trigger_client_event(HttpResponse(status=204), "record:moved", {})
    return trigger_client_event(response, "list:changed", {})


def act(request: FirmRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """A small form beside the record: into its slot for htmx, a page of its own otherwise."""
    beside = request.htmx and request.htmx.target == "act"
    layout = "records/act_beside.html" if beside else "records/act_page.html"
    return render(request, template, context | {"act_layout": layout}, status=status)
