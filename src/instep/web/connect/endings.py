"""The rules for records that ended on one side, kind by kind, on the settings page of a connection."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from instep.connect.actions.removals import offered, set_removal_rules
from instep.connect.models import Connection
from instep.connect.place import bench_of
from instep.connect.registry import connector_for
from instep.connect.removing import ARCHIVE, ASK, DELETE, IGNORE, UNLINK
from instep.web.shell.doors import action
from instep.web.shell.request import FirmRequest
from instep.web.shell.toasts import toast
from instep.web.sync import words


def rule_rows(request: FirmRequest, connection: Connection) -> list[dict[str, Any]]:
    """One row a kind, with what can be chosen for each side and what is."""
    remote = connector_for(connection.provider).title
    here = {ARCHIVE: _("archive it here")}
    there = {
        ARCHIVE: _("archive it in %(remote)s") % {"remote": remote},
        DELETE: _("delete it in %(remote)s") % {"remote": remote},
    }
    common = {ASK: _("ask me"), UNLINK: _("unlink it"), IGNORE: _("leave it as it is")}
    rows = []
    for pair in bench_of(connection).pairs:
        pair.connection = connection
        may_here, may_there = offered(pair)
        rows.append(
            {
                "kind": pair.kind,
                "title": words.kind_word(pair.kind, request.terms, plural=True, title=True),
                "here": pair.delete_here,
                "there": pair.delete_there,
                "may_here": [(rule, (common | here)[rule]) for rule in may_here],
                "may_there": [(rule, (common | there)[rule]) for rule in may_there],
            }
        )
    return rows


@action("manage connections")
def set_rules(request: FirmRequest, key: int) -> HttpResponse:
    """Set both rules of one kind."""
    kind, here, there = (request.POST.get(name, "") for name in ("kind", "here", "there"))
    set_removal_rules(key, by=request.actor, kind=kind, here=here, there=there)
    toast(request, _("Saved. Records that are held for it already are looked at again."))
    return redirect("connect:settings", key)
