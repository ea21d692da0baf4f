"""The whole stand-in: API, pages, sign-in page and control door behind one server."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sandboxes.kit.control import PREFIX as CONTROL
from sandboxes.kit.control import ControlDoor
from sandboxes.kit.handle import Handle
from sandboxes.kit.messages import Request, Response
from sandboxes.kit.meter import Meter
from sandboxes.kit.origins import Origins
from sandboxes.kit.server import Server
from sandboxes.tinyplus import api
from sandboxes.tinyplus.pages.site import Site
from sandboxes.tinyplus.stage import Stage
from sandboxes.tinyplus.world import World


class TinyPlus:
    """Sends each request to the part that answers it."""

    def __init__(self, world: World, origins: Origins, *, control: bool) -> None:
        self.world = world
        self.stage = Stage(world)
        self._origins = origins
        self._api = Meter(api.Api(world), api.operation_of, world.calls, world.faults, world.clock)
        self._control = ControlDoor(self.stage) if control else None
        self._site = Site(world, origins)

    def __call__(self, request: Request) -> Response:
        """Answer one request."""
        if request.path.startswith(api.PREFIX):
            return self._api(request)
        if self._control and request.path.startswith(CONTROL):
            self._origins.check_sender(request, form=False)
            return self._control(request)
        return self._site(request)


def start(
    port: int = 0,
    control: bool = True,
    *,
    host: str = "127.0.0.1",
    public: str | None = None,
    data: Path | None = None,
    seed: object = None,
    **switches: object,
) -> Handle[TinyPlus]:
    """Start a sandbox in threads of this process; `port` 0 picks a free one.

    `switches` are those of the fact sheet, by name. `seed` is planted unless `data` already holds accounts.
    Raises CannotStart (address or file) or BadInput (switches, seed), with nothing left running.
    """
    return launch(switches, port=port, control=control, host=host, public=public, data=data, seed=seed)


def launch(
    switches: Mapping[str, object],
    *,
    port: int,
    control: bool,
    host: str,
    public: str | None,
    data: Path | None,
    seed: object,
) -> Handle[TinyPlus]:
    """The same as `start`, with the switches as a mapping."""
    world = World(switches, data)
    try:
        app = TinyPlus(world, Origins(host, public), control=control)
        server = Server(host, port, app, world.clock)
        try:
            world.answer_at((public or server.address).rstrip("/"))
            if seed is not None and not world.accounts:
                app.stage.seed(seed)
        except BaseException:
            server.close()
            raise
    except BaseException:
        world.close()
        raise
    server.start()
    return Handle(server, app, world.close)
