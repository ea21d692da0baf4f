"""The books, over one sandbox for all tests."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.billing.conftest import Practice, practice
from tests.connectors.conftest import sandbox_of
from tests.connectors.sandbox import Sandbox
from tests.connectors.xero_stage import XeroStage
from tests.transfer.rig import Books

__all__ = ["practice", "sandbox_of"]


@pytest.fixture
def books(practice: Practice, sandbox_of: Callable[[str], Sandbox]) -> Books:
    """A practice beside a fresh Xero organisation, not connected yet."""
    sandbox = sandbox_of("xero")
    sandbox.reset()
    return Books(practice, XeroStage(sandbox))
