"""Which handler a method and path belong to."""

from __future__ import annotations

from collections.abc import Callable

from sandboxes.kit.errors import Refused
from sandboxes.kit.messages import Request, Response

Routed = Callable[..., Response]


class Routes:
    """Patterns like `/app/{account}/{section}`; the parts in braces are given to the handler by name, decoded."""

    def __init__(self) -> None:
        self._routes: dict[int, list[tuple[list[str], dict[str, Routed]]]] = {}

    def add(self, method: str, pattern: str, handler: Routed) -> None:
        """Earlier patterns win over later ones of the same length."""
        parts = pattern[1:].split("/")
        for known, handlers in self._routes.setdefault(len(parts), []):
            if known == parts:
                handlers[method] = handler
                return
        self._routes[len(parts)].append((parts, {method: handler}))

    def answer(self, request: Request) -> Response:
        """Call the handler with the request and the named parts. Raises Refused (404, 405)."""
        parts = request.segments()
        method = "GET" if request.method == "HEAD" else request.method
        allowed: set[str] = set()
        for pattern, handlers in self._routes.get(len(parts), []):
            named = _match(pattern, parts)
            if named is None:
                continue
            if method in handlers:
                return handlers[method](request, **named)
            allowed |= set(handlers)
        if allowed:
            raise Refused(405, "This method is not known here.", (("Allow", ", ".join(sorted(allowed))),))
        raise Refused(404, "There is nothing at this address.")


def _match(pattern: list[str], parts: list[str]) -> dict[str, str] | None:
    named: dict[str, str] = {}
    for wanted, part in zip(pattern, parts, strict=True):
        if wanted.startswith("{"):
            if not part:
                return None
            named[wanted[1:-1]] = part
        elif wanted != part:
            return None
    return named
