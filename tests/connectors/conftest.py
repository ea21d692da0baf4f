"""Sandboxes are started once for all tests, when the first test asks for one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.connectors.sandbox import Sandbox


@pytest.fixture(scope="session")
def sandbox_of() -> Iterator[Callable[[str], Sandbox]]:
    """The running sandbox of that name."""
    running: dict[str, Sandbox] = {}
    with ExitStack() as stack:

        def of(name: str) -> Sandbox:
            if name not in running:
                running[name] = stack.enter_context(Sandbox(name))
            return running[name]

        yield of
