"""The command palette: areas hand in functions that find records and commands; one answer joins them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from instep.base.identity.actor import Actor
from instep.base.settings.vocabulary import Terms
from instep.web.shell.areas import Place, places

PER_GROUP = 6
SHORTEST = 2


@dataclass(frozen=True, slots=True)
class Found:
    """One line: what it is called, where it is, and a few words that tell it from its namesakes."""

    title: str
    url: str
    detail: str = ""
    icon: str = "file"


Search = Callable[[Actor, str], Iterable[Found]]


@dataclass(frozen=True, slots=True)
class Provider:
    """Records of one kind. `term` names the group by the plural of a term, `label` in plain words."""

    key: str
    search: Search
    term: str = ""
    label: str = ""
    right: str = ""


@dataclass(frozen=True, slots=True)
class Command:
    """Something to do from anywhere. `label` may hold {terms}: "New {job}"."""

    label: str
    url_name: str
    icon: str = "plus"
    right: str = ""


@dataclass(slots=True)
class Group:
    """Lines under one heading."""

    label: str
    found: list[Found] = field(default_factory=list)


_providers: dict[str, Provider] = {}
_commands: dict[str, Command] = {}


def provide(provider: Provider) -> None:
    """Add a kind of record to the palette; the same key again replaces it. Called where the area's URLs are imported.

    `search` gets the actor and a text of two letters or more; it returns at most six lines of the actor's firm, best
    first, by one query.
    """
    _providers[provider.key] = provider


def offer(command: Command) -> None:
    """Add a command to the palette."""
    _commands[command.url_name] = command


def search(actor: Actor, terms: Terms, text: str, reverse: Callable[[str], str]) -> list[Group]:
    """Groups with at least one line: places and commands first, whose words match, then records."""
    wanted = " ".join(text.casefold().split())
    groups = [
        Group("Go to", [_line_of(place) for place in places(actor, terms) if wanted in place.label.casefold()]),
        Group("Do", [line for line in _command_lines(actor, terms, reverse) if wanted in line.title.casefold()]),
    ]
    if len(wanted) >= SHORTEST:
        for provider in _providers.values():
            if not provider.right or actor.can(provider.right):
                label = terms.title_plural(provider.term) if provider.term else provider.label
                groups.append(Group(label, list(provider.search(actor, text.strip()))[:PER_GROUP]))
    return [group for group in groups if group.found]


def _line_of(place: Place) -> Found:
    return Found(place.label, place.url, icon=place.icon)


def _command_lines(actor: Actor, terms: Terms, reverse: Callable[[str], str]) -> list[Found]:
    said = {term: terms(term) for term in terms.terms}
    return [
        Found(command.label.format(**said), reverse(command.url_name), icon=command.icon)
        for command in _commands.values()
        if not command.right or actor.can(command.right)
    ]
