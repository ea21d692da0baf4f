"""One state of both sides and many lives from there on: what a death at each step leaves in the end (I7)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

from django.db import transaction

from instep.connect.models import Conflict, Link
from instep.connect.models.links import ENDED
from tests.bed.world import World


class _Back(Exception):
    """The end of one life: everything is as it was at the fork."""


@contextmanager
def fork(world: World) -> Iterator[None]:
    """Whatever happens inside did not happen afterwards, on neither side, and no time has passed."""
    remote, clock = world.remote, world.clock
    kept = {name: deepcopy(value) for name, value in vars(remote).items() if name not in ("clock", "before", "after")}
    moment = clock.moment
    try:
        with transaction.atomic():
            yield
            raise _Back
    except _Back:
        pass
    finally:
        vars(remote).update(kept)
        clock.moment = moment


def steps_of(world: World, live: Callable[[World], None]) -> list[str]:
    """The numbered steps of a life from here on, uncut."""
    with fork(world):
        world.turn(watch=True)
        names = list(world.steps.names)
        live(world)
    return names


def ending(world: World, live: Callable[[World], None], *, cut_at: int = 0) -> dict[str, Any]:
    """How both sides and what ties them are in the end, if the worker dies at this step (0: it does not)."""
    with fork(world):
        world.turn(cut_at=cut_at)
        live(world)
        return final_state(world)
    raise AssertionError("unreachable")


def final_state(world: World) -> dict[str, Any]:
    """Both sides, links and conflicts by the names of things: no ids, keys or times."""
    kinds = list(world.stage.connector.maps)
    here = {kind: {r.id: r for r in world.here(kind)} for kind in kinds}
    there = {kind: {row.id: row for row in world.there(kind)} for kind in kinds}
    companies_here = {i: r.label for i, r in here["bedcompany"].items()}
    companies_there = {i: row.fields["name"] for i, row in there["bedcompany"].items()}
    links = list(Link.objects.filter(connection=world.stage.connection_id).exclude(state__in=ENDED))

    def named(link: Link) -> tuple[str, str]:
        ours, theirs = here[link.kind].get(link.local_id or 0), there[link.kind].get(link.remote_id or "")
        return ours.label if ours else "", theirs.fields["name"] if theirs else ""

    conflicts = Conflict.objects.filter(connection=world.stage.connection_id).select_related("link")
    return {
        "here": _sorted(
            (kind, r.archived, *_values(r.fields, companies_here)) for kind in kinds for r in here[kind].values()
        ),
        "there": _sorted(
            (kind, *_values(row.fields, companies_there)) for kind in kinds for row in there[kind].values()
        ),
        "links": _sorted((li.kind, *named(li), li.state, li.held_code, li.base_a, li.base_b) for li in links),
        "conflicts": _sorted((*named(c.link), c.field, c.ours, c.theirs, c.state) for c in conflicts),
    }


def _values(fields: dict[str, Any], companies: dict[Any, str]) -> list[tuple[str, Any]]:
    return sorted((name, companies.get(value) if name == "company" else value) for name, value in fields.items())


def _sorted(rows: Iterator[Any]) -> list[str]:
    return sorted(map(repr, rows))
