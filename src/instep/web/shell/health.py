"""The sync health dot of the top bar: the area that knows hands in a function, and pages ask for it once they stand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from instep.base.identity.actor import Actor
from instep.web.shell.tones import Tone


@dataclass(frozen=True, slots=True)
class Health:
    """`word` is two or three words ("In step", "2 conflicts"); `sentence` is the tool-tip; `url` where to look."""

    tone: Tone
    word: str
    sentence: str
    url: str
    hollow: bool = False


@dataclass(frozen=True, slots=True)
class Provider:
    """`health` may ask the database once, by an index; None shows no dot. `url_name` is where the dot leads meanwhile,
    and without a script; `right` is what the actor must have to see any of it."""

    health: Callable[[Actor], Health | None]
    url_name: str
    right: str


_providers: list[Provider] = []


def set_provider(provider: Provider) -> Provider:
    """Use this one, instead of an earlier one."""
    _providers[:] = [provider]
    return provider


def unasked(actor: Actor | None) -> Health | None:
    """What a page shows before it has asked: a link. No query, so that no page waits for the dot."""
    provider = _provider_for(actor)
    if provider is None:
        return None
    return Health(Tone.NEUTRAL, _("Sync"), _("How the connections stand"), reverse(provider.url_name), hollow=True)


def health_for(actor: Actor | None) -> Health | None:
    """The health that this actor may see."""
    provider = _provider_for(actor)
    return provider.health(actor) if provider and actor else None


def _provider_for(actor: Actor | None) -> Provider | None:
    return next((each for each in _providers if actor is not None and actor.can(each.right)), None)
