"""State machines as data: which state may become which."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Generic, TypeVar

from instep.kernel.errors import WrongState

S = TypeVar("S", bound=StrEnum)


class Moves(Generic[S]):
    """The allowed moves of one kind of record; the same table refuses a move and says which buttons to show."""

    def __init__(self, table: Mapping[S, Iterable[S]]) -> None:
        self._table = {state: frozenset(following) for state, following in table.items()}
        unknown = {s for following in self._table.values() for s in following} - set(self._table)
        if unknown:
            raise ValueError(f"states without a row: {sorted(unknown)}")

    def allowed(self, state: S) -> frozenset[S]:
        """The states that may follow `state`."""
        return self._table[state]

    def check(self, state: S, wanted: S) -> None:
        """Raise WrongState unless `state` may become `wanted`."""
        if wanted not in self._table[state]:
            names = ", ".join(sorted(s.value for s in self._table[state])) or "nothing else"
            raise WrongState(state=state.value, wanted=wanted.value, allowed=names)
