"""One sandbox of Xero for all tests of this folder, emptied and set anew before each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandboxes.xero.app import start
from tests.sandboxes.xero.client import Xero
from tests.sandboxes.xero.stage import SEED


@pytest.fixture(scope="session")
def xero_address() -> Iterator[str]:
    with start(port=0, control=True) as handle:
        yield handle.address


@pytest.fixture
def xero(xero_address: str) -> Iterator[Xero]:
    """The first app at the Australian organisation."""
    with Xero(xero_address) as client:
        client.control("reset", {})
        client.control("seed", SEED)
        yield client


@pytest.fixture
def harbour(xero: Xero) -> str:
    """The id of a contact."""
    return xero.rows("Contacts", where='Name=="harbour cafe"')[0]["ContactID"]
