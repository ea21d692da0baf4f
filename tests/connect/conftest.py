"""The sandbox of the engine's tests: one for the session, emptied for each test."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import pytest

from sandboxes.tinyplus.app import start
from tests.cast import Cast
from tests.connect.rig import Rig


@pytest.fixture(scope="session")
def tinyplus_address() -> Iterator[str]:
    with start(control=True) as sandbox:
        yield sandbox.address


@pytest.fixture
def rig(cast: Cast, tinyplus_address: str) -> Iterator[Rig]:
    with httpx2.Client(trust_env=False) as http:
        http.post(f"{tinyplus_address}/_sandbox/reset").raise_for_status()
        rig = Rig(cast, tinyplus_address, http)
        rig.seed(team_members=[{"name": "Ada Bell", "email": "ada@bb.example", "record_status": "active"}])
        yield rig
