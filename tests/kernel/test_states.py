"""State tables: which move is refused, and what it says."""

from __future__ import annotations

from enum import StrEnum

import pytest

from instep.kernel.errors import WrongState
from instep.kernel.states import Moves


class Door(StrEnum):
    OPEN = "open"
    SHUT = "shut"
    WALL = "wall"


MOVES = Moves({Door.OPEN: [Door.SHUT], Door.SHUT: [Door.OPEN, Door.WALL], Door.WALL: []})


def test_a_move_in_the_table_passes_and_another_is_refused_with_what_is_allowed() -> None:
    MOVES.check(Door.OPEN, Door.SHUT)
    assert MOVES.allowed(Door.SHUT) == {Door.OPEN, Door.WALL}
    with pytest.raises(WrongState, match=r"This is open; from there it can become shut, not wall\."):
        MOVES.check(Door.OPEN, Door.WALL)
    with pytest.raises(WrongState, match="nothing else"):
        MOVES.check(Door.WALL, Door.OPEN)
    with pytest.raises(WrongState):
        MOVES.check(Door.OPEN, Door.OPEN)


def test_a_table_that_names_a_state_without_a_row_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="without a row"):
        Moves({Door.OPEN: [Door.SHUT]})
