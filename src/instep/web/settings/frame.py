"""What every page of the settings has: the tabs that this person may open."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from instep.web.components.lists import Tab
from instep.web.shell.request import FirmRequest

FIRM, BILLING, STATUSES, TYPES = ("home", "billing", "statuses", "types")
NUMBERS, PEOPLE, LOG = ("numbers", "people", "log")


def frame(request: FirmRequest, here: str) -> dict[str, Any]:
    """Title, tabs, and whether this person may change what is shown."""
    return {
        "heading": _("Settings"),
        "settings_tabs": tabs(request, here),
        "may_edit": request.actor.can("edit settings"),
    }


def tabs(request: FirmRequest, here: str) -> list[Tab]:
    """The parts of the settings."""
    job = {"job": request.terms.title("job")}
    rows: list[tuple[str, Any, str]] = [
        (FIRM, _("Firm"), "see settings"),
        (BILLING, _("Invoices"), "see settings"),
        (STATUSES, _("%(job)s statuses") % job, "see settings"),
        (TYPES, _("%(job)s types") % job, "see settings"),
        (NUMBERS, _("Number formats"), "see settings"),
        (PEOPLE, _("People"), "see settings"),
        (LOG, _("Audit log"), "see history"),
    ]
    return [
        Tab(label, reverse(f"settings:{name}"), name == here) for name, label, right in rows if request.actor.can(right)
    ]
