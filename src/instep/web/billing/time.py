"""The time on a line: ticking entries on and off a draft, and seeing those of an issued invoice."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import View

from instep.billing.actions.ticking import free_costs, tick_costs, untick_costs
from instep.billing.models import Line
from instep.billing.queries.unbilled import costs_of_line
from instep.kernel.errors import NotFound
from instep.web.billing.frame import as_id, title_of
from instep.web.records.pages import act, done
from instep.web.shell.request import FirmRequest
from instep.web.shell.toasts import toast

MOST = 400


class LineTime(View):
    """The entries ticked to a line; of a draft also those of its phase that are free, to tick on."""

    def get(self, request: FirmRequest, key: int, part: int) -> HttpResponse:
        request.actor.must("see invoices")
        line = self._line(request, key, part)
        ticked = list(costs_of_line(request.actor.firm_id, line.pk)[:MOST])
        free: list[Any] = []
        may_edit = line.document.is_draft and request.actor.can("edit invoices")
        if may_edit:
            rows = free_costs(request.actor.firm_id).filter(phase=line.phase_id).select_related("staff")
            free = list(rows.order_by("on", "pk")[:MOST])
        context = {
            "heading": _("Time on “%(line)s”") % {"line": line.description or line.position},
            "url": reverse("billing:invoice", args=[key]),
            "record_name": title_of(line.document),
            "act_url": request.path,
            "ticked": ticked,
            "free": free,
            "may_edit": may_edit,
            "most": MOST if MOST in (len(ticked), len(free)) else 0,
        }
        return act(request, "billing/time.html", context)

    def post(self, request: FirmRequest, key: int, part: int) -> HttpResponse:
        line = self._line(request, key, part)
        wanted = {pk for said in request.POST.getlist("cost") if (pk := as_id(said)) is not None}
        shown = {pk for said in request.POST.getlist("shown") if (pk := as_id(said)) is not None}
        had = set(costs_of_line(request.actor.firm_id, line.pk).values_list("pk", flat=True))
        off, on = sorted((had & shown) - wanted), sorted(wanted - had)
        if off:
            untick_costs(key, off, by=request.actor)
        if on:
            tick_costs(key, part, by=request.actor, costs=on)
        if on or off:
            toast(request, _("%(on)d ticked, %(off)d taken off.") % {"on": len(on), "off": len(off)})
        return done(request, reverse("billing:invoice", args=[key]))

    def _line(self, request: FirmRequest, key: int, part: int) -> Line:
        rows = Line.objects.select_related("document").filter(document=key)
        line = rows.get_of(request.actor.firm_id, part, what="line")
        if line.phase_id is None:
            raise NotFound(what="line with time")
        return line
