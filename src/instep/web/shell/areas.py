"""The areas of the rail, in order: one line each; an area shows when its page exists and the actor may see it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from django.urls import NoReverseMatch, reverse

from instep.base.identity.actor import Actor
from instep.base.settings.vocabulary import Terms


@dataclass(frozen=True, slots=True)
class Area:
    """One place of the rail.

    `key` is also the namespace of its URLs, by which the rail knows where it is. `url_name` is its first page.
    `label` is said as it stands; `term` gives the plural of a term of the vocabulary instead. `right` is what the actor
    must have, or "" for everybody. `letter` goes there after `g`.
    """

    key: str
    url_name: str
    icon: str
    letter: str
    label: str = ""
    term: str = ""
    right: str = ""


AREAS: tuple[Area, ...] = (
    Area("home", "home:home", "home", "h", label="Home", right="see jobs"),
    Area("jobs", "jobs:list", "briefcase", "j", term="job", right="see jobs"),
    Area("time", "time:week", "clock", "w", label="Time", right="see time"),
    Area("billing", "billing:wip", "coins", "b", label="Billing", right="see invoices"),
    Area("organisations", "organisations:list", "building", "o", term="organisation", right="see organisations"),
    Area("contacts", "contacts:list", "people", "c", term="contact", right="see contacts"),
    Area("staff", "staff:list", "id-card", "s", label="Staff", right="see staff"),
    Area("connect", "connect:home", "link", "n", label="Connect", right="see connections"),
    Area("settings", "settings:home", "settings", "t", label="Settings", right="see settings"),
)


@dataclass(frozen=True, slots=True)
class Place:
    """An area as one person's rail shows it."""

    key: str
    label: str
    url: str
    icon: str
    letter: str


def places(actor: Actor | None, terms: Terms) -> list[Place]:
    """The areas that exist and that the actor may see; none without an actor."""
    if actor is None:
        return []
    return [
        Place(area.key, terms.title_plural(area.term) if area.term else area.label, url, area.icon, area.letter)
        for area in AREAS
        if (url := _url(area.url_name)) and (not area.right or actor.can(area.right))
    ]


@cache
def _url(name: str) -> str:
    """The address of the area's first page, or "" while nobody has built it."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
