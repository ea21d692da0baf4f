"""The pages' addresses, and who may post to them."""

from __future__ import annotations

from sandboxes.kit.messages import Request, Response
from sandboxes.kit.origins import Origins
from sandboxes.xero.world import World


class Site:
    """Everything that a browser shows."""

    def __init__(self, world: World, origins: Origins) -> None:
        self._world = world

    def __call__(self, request: Request) -> Response:
        return Response(404)
