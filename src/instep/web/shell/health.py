"""The sync health dot of the top bar: the area that knows hands in a function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from instep.base.identity.actor import Actor
from instep.web.shell.tones import Tone


@dataclass(frozen=True, slots=True)
class Health:
    """`word` is two or three words ("In step", "2 conflicts"); `sentence` is the tool-tip; `url` where to look."""

    tone: Tone
    word: str
    sentence: str
    url: str


Provider = Callable[[Actor], Health | None]
_providers: list[Provider] = []


def set_provider(provider: Provider) -> Provider:
    """Use this function, instead of an earlier one. It may ask the database once, by an index; None shows no dot."""
    _providers[:] = [provider]
    return provider


def health_for(actor: Actor | None) -> Health | None:
    """The health that this actor may see."""
    if actor is None or not _providers or not actor.can("see connections"):
        return None
    return _providers[0](actor)
