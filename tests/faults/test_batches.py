"""Rows 7 and 14: one record that spoils a whole batch; and no creation that could not be found again."""

from __future__ import annotations

from typing import Any

import pytest

from instep.connect.capability import CreateHandle
from instep.connect.models import Link
from instep.connect.registry import connectors
from tests.bed.histories import heal
from tests.bed.nature import Nature
from tests.bed.remote import HostileRemote, Stopped
from tests.bed.world import Stage, history

pytestmark = pytest.mark.django_db

SIZE = 16


@pytest.mark.capability("X-06")
@pytest.mark.parametrize("place", [0, 9, SIZE - 1])
def test_one_record_that_spoils_a_batch_is_found_by_halving(
    bed: dict[str, Stage], monkeypatch: pytest.MonkeyPatch, place: int
) -> None:
    right = HostileRemote._batch

    def whole_or_nothing(self: HostileRemote, type_: str, body: dict[str, Any]) -> Any:
        if any(str(each["fields"].get("name")).startswith("Poison") for each in body["creations"]):
            raise Stopped(400, "One of them is wrong.")
        return right(self, type_, body)

    monkeypatch.setattr(HostileRemote, "_batch", whole_or_nothing)
    with history(bed["bedbatch"], Nature(batch=SIZE), 1) as world:
        for n in range(SIZE):
            world.make_here("bedcompany", **({"name": "Poison"} if n == place else {}))
        world.start()
        world.turn()
        sends = sum(request.method != "GET" for request in world.remote.sent)
        assert sends <= 2 * (SIZE.bit_length() - 1) + 1
        heal(world)
        assert len(world.there("bedcompany")) == SIZE - 1
        [held] = Link.objects.filter(connection=world.stage.connection_id).exclude(held_code="")
        assert held.held_code == "rejected"
        assert sum(request.method != "GET" for request in world.remote.sent) == sends, "it is not tried again by itself"


@pytest.mark.capability("X-05")
def test_nothing_is_created_where_it_could_not_be_found_again() -> None:
    """A key alone helps while the remote remembers it; a creation must be found again however long it took."""
    findable = (CreateHandle.MARKER, CreateHandle.UNIQUE_NUMBER)
    for connector in connectors():
        for record_map in connector.maps.values():
            if record_map.creates_there:
                handle = connector.capabilities[record_map.remote_type].handle
                assert handle in findable, f"{connector.key} {record_map.remote_type}"
