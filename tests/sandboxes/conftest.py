"""One sandbox for all tests of this folder, emptied and set anew before each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandboxes.tinyplus.app import start
from tests.sandboxes.client import Client
from tests.sandboxes.stage import OTHER, READER, SEED, TOKEN


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    with start(port=0, control=True) as handle:
        yield handle.address


@pytest.fixture
def api(address: str) -> Iterator[Client]:
    """The first account, reading and writing."""
    with Client(address, TOKEN) as client:
        client.control("reset", {})
        client.control("seed", SEED)
        yield client


@pytest.fixture
def reader(api: Client) -> Iterator[Client]:
    """The first account, reading only."""
    with Client(api.address, READER) as client:
        yield client


@pytest.fixture
def other(api: Client) -> Iterator[Client]:
    """The second account."""
    with Client(api.address, OTHER) as client:
        yield client
