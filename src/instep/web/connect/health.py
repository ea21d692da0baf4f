"""What the area hands to others: the dot of the top bar, lines of the palette, links that settle held records."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from instep.base.identity.actor import Actor
from instep.connect.models import Connection
from instep.connect.queries import RecordSync, totals
from instep.web.shell.health import Health
from instep.web.shell.palette import Found
from instep.web.shell.tones import Tone


def dot(actor: Actor) -> Health | None:
    """How all connections stand together; no dot where there is none."""
    known = totals(actor.firm_id)
    if not known["connections"]:
        return None
    home, area = reverse("home:home"), reverse("connect:home")
    waits = known["waits_for_person"]
    if known["needs_person"] is not None:
        return Health(Tone.ASK, _("Needs you"), known["trouble"], home)
    if waits:
        word = ngettext("%(count)d waits", "%(count)d wait", waits) % {"count": waits}
        sentence = ngettext("One record waits for you.", "%(count)d records wait for you.", waits)
        return Health(Tone.ASK, word, sentence % {"count": waits}, home)
    if known["trouble"]:
        return Health(Tone.CHANGED, _("Waiting"), known["trouble"], area)
    if known["moving"]:
        moving = known["moving"]
        sentence = ngettext("One change is on its way.", "%(count)d changes are on their way.", moving)
        return Health(Tone.INFO, _("Moving"), sentence % {"count": moving}, area)
    if not known["running"]:
        return Health(Tone.NEUTRAL, _("Not running"), _("No connection is running."), area)
    return Health(Tone.OK, _("In step"), _("Everything that is linked says the same on both sides."), area)


def find(actor: Actor, text: str) -> Iterable[Found]:
    """Connections by a part of their title, for the palette."""
    for row in Connection.objects.of(actor.firm_id).filter(title__icontains=text).order_by("title")[:6]:
        yield Found(row.title, reverse("connect:overview", args=[row.pk]), _("Connection"), "link")


def settling_link(sync: RecordSync) -> tuple[str, str]:
    """Where what holds a record back is settled, for the record's own page."""
    name, label = ("conflicts", _("Choose")) if sync.state == "conflict" else ("held", _("Settle it"))
    url = reverse(f"connect:{name}", args=[sync.connection_id])
    return (f"{url}?record={sync.link_id}" if name == "held" else url), label
