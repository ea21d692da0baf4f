"""What the control door may do with this sandbox."""

from __future__ import annotations

from collections.abc import Mapping

from sandboxes.kit.errors import BadInput
from sandboxes.tinyplus.seed import edit as edit_as_person
from sandboxes.tinyplus.seed import plant
from sandboxes.tinyplus.world import World


class Stage:
    """The world, as the control door of the kit wants it."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.calls = world.calls
        self.clock = world.clock
        self.faults = world.faults

    def reset(self) -> None:
        """Everything as at the start, without accounts and records."""
        self._world.reset()

    def move_clock(self, *, offset: object = None, advance: object = None) -> None:
        """Move the clock."""
        self._world.move_clock(offset=offset, advance=advance)

    def set_switches(self, values: object) -> None:
        """Turn switches."""
        self._world.set_switches(values)

    def read_switches(self) -> dict[str, object]:
        """Every switch with its value."""
        return self._world.read_switches()

    def seed(self, seed: object) -> dict[str, object]:
        """Plant a seed."""
        with self._world.lock:
            return plant(self._world, seed)

    def edit(self, edit: object) -> dict[str, object]:
        """Edit one record as a person."""
        with self._world.lock:
            return edit_as_person(self._world, edit)

    def records(self, wanted: Mapping[str, str]) -> object:
        """All records of one resource of one account, by number, as they are now."""
        if set(wanted) != {"account", "resource"}:
            raise BadInput("Give account and resource.")
        with self._world.lock:
            account, resource, table = self._world.find(wanted["account"], wanted["resource"])
            return {
                "records": [self._world.wire.values(account, resource, row) for _, row in sorted(table.rows.items())]
            }
