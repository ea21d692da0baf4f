"""The connectors and our sides that the house was started with. The roof fills it; the engine only looks things up."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from threading import Lock
from typing import TYPE_CHECKING

from instep.kernel.errors import NotFound

if TYPE_CHECKING:
    from instep.connect.protocols import Connector, LocalSide, Transport

_connectors: dict[str, Connector] = {}
_sides: dict[str, LocalSide] = {}
_make: list[Callable[[str], Transport]] = []
_transports: OrderedDict[str, Transport] = OrderedDict()
_lock = Lock()
KEPT_SENDERS = 64
"""So many senders are kept with their open connections; one that is let go ends with its last user."""


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
    """The sender for a connection's address, kept with its open connections while it is among those used last."""
    with _lock:
        if address not in _transports:
            _transports[address] = _make[0](address)
        _transports.move_to_end(address)
        while len(_transports) > KEPT_SENDERS:
            _transports.popitem(last=False)
        return _transports[address]
