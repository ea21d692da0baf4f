"""The stages of the other packages, for faults that need one of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.bed.world import Stage, stages
from tests.billing.conftest import practice
from tests.connect.conftest import rig, tinyplus_address
from tests.connectors.conftest import sandbox_of
from tests.transfer.conftest import books

__all__ = ["books", "practice", "rig", "sandbox_of", "tinyplus_address"]


@pytest.fixture
def bed(db: None) -> Iterator[dict[str, Stage]]:
    """The engine beside a hostile remote in memory, with a clock of its own."""
    with stages() as made:
        yield made
