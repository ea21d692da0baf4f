"""A firm, its sandbox and a person at the pages of connections."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from tests.cli.conftest import instep
from tests.connect.conftest import rig, tinyplus_address
from tests.connect.rig import Rig
from tests.web.connect.desk import Desk

__all__ = ["desk", "instep", "rig", "tinyplus_address"]


@pytest.fixture
def desk(rig: Rig, signed_in: Callable[[str], Client]) -> Desk:
    """Ada at her desk, the sandbox next door, a worker who works when told."""
    return Desk(rig, signed_in)
