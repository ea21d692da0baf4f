"""Ids of records: which values can be one, and asking for many."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeGuard

BATCH = 500
"""As many ids as one query asks for."""
LARGEST = 2**63 - 1


def is_id(value: Any) -> TypeGuard[int]:
    """Whether the value can be the id of a record; the databases are asked for nothing else."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= LARGEST


def batches(values: Iterable[Any]) -> Iterator[list[Any]]:
    """The values in order, 500 at a time."""
    ordered = sorted(values)
    for start in range(0, len(ordered), BATCH):
        yield ordered[start : start + BATCH]
