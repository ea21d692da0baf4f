"""The whole stand-in: API, sign-in, pages and control door behind one server."""

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
from sandboxes.xero import api
from sandboxes.xero.identity import Identity
from sandboxes.xero.pages.site import Site
from sandboxes.xero.problems import Answered
from sandboxes.xero.stage import Stage
from sandboxes.xero.world import World

_METERED = (api.PREFIX, "/connect/", "/connections")


class Xero:
    """Sends each request to the part that answers it."""

    def __init__(self, world: World, origins: Origins, *, control: bool) -> None:
        self.world = world
        self.stage = Stage(world)
        self._origins = origins
        self._api = api.Api(world)
        self._identity = Identity(world)
        self._metered = Meter(
            self._remote, api.operation_of, world.calls, world.faults, world.clock, fail=self._api.fail
        )
        self._control = ControlDoor(self.stage) if control else None
        self._site = Site(world, origins)

    def __call__(self, request: Request) -> Response:
        """Answer one request."""
        if request.path.lower().startswith(_METERED):
            with self._api.at_once(request):
                return self._metered(request)
        if self._control and request.path.startswith(CONTROL):
            self._origins.check_sender(request, form=False)
            return self._control(request)
        return self._site(request)

    def _remote(self, request: Request) -> Response:
        if request.path.lower().startswith(api.PREFIX):
            return self._api(request)
        try:
            with self.world.lock:
                return self._identity(request)
        except Answered as refusal:
            return refusal.response


def start(
    port: int = 0,
    control: bool = True,
    *,
    host: str = "127.0.0.1",
    public: str | None = None,
    data: Path | None = None,
    seed: object = None,
    **switches: object,
) -> Handle[Xero]:
    """Start a sandbox in threads of this process; `port` 0 picks a free one.

    `switches` are those of the fact sheet, by name. `seed` (see seed.py; demo.py has one) is planted unless `data`
    already holds organisations. Raises CannotStart (address or file) or BadInput (switches, seed), with nothing left
    running.
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
) -> Handle[Xero]:
    """The same as `start`, with the switches as a mapping."""
    world = World(switches, data)
    try:
        app = Xero(world, Origins(host, public), control=control)
        server = Server(host, port, app, world.clock)
        try:
            world.address = (public or server.address).rstrip("/")
            if seed is not None and not world.books:
                app.stage.seed(seed)
        except BaseException:
            server.close()
            raise
    except BaseException:
        world.close()
        raise
    server.start()
    return Handle(server, app, world.close)
