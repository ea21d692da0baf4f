"""The connectors and our sides that the house was started with. The roof fills it; the engine only looks things up."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from instep.kernel.errors import NotFound

if TYPE_CHECKING:
    from instep.connect.protocols import Connector, LocalSide, Transport

_connectors: dict[str, Connector] = {}
_sides: dict[str, LocalSide] = {}
_make: list[Callable[[str], Transport]] = []
_transports: dict[str, Transport] = {}


def install(connectors: Iterable[Connector], sides: Iterable[LocalSide], transport: Callable[[str], Transport]) -> None:
    """Take over what the roof lists. `transport` makes the sender for an address."""
    _connectors.update({c.key: c for c in connectors})
    _sides.update({s.kind: s for s in sides})
    _make[:] = [transport]
    _transports.clear()


def connector_for(provider: str) -> Connector:
    """The connector with this key; NotFound when this installation has none."""
    try:
        return _connectors[provider]
    except KeyError:
        raise NotFound(what=f"connector “{provider}”") from None


def connectors() -> list[Connector]:
    """Every connector, by title."""
    return sorted(_connectors.values(), key=lambda c: c.title)


def side_for(kind: str) -> LocalSide:
    """Our side of a kind; NotFound when no bridge file offers it."""
    try:
        return _sides[kind]
    except KeyError:
        raise NotFound(what=f"kind of record “{kind}”") from None


def transport_to(address: str) -> Transport:
    """The sender for a connection's address; one is kept for each, with its open connections."""
    found = _transports.get(address)
    if found is None:
        found = _transports.setdefault(address, _make[0](address))
    return found
