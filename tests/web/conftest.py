"""People signed in to the real site, and a small world of records."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from tests.cast import Cast
from tests.web.records.world import World, build_world


@pytest.fixture
def signed_in(cast: Cast) -> Callable[[str], Client]:
    """A browser in which that user of the cast is signed in."""

    def browser(name: str) -> Client:
        client = Client()
        client.force_login(cast.users[name], backend="django.contrib.auth.backends.ModelBackend")
        return client

    return browser


@pytest.fixture
def ada(signed_in: Callable[[str], Client]) -> Client:
    """Ada's browser; she may do everything."""
    return signed_in("ada")


@pytest.fixture
def world(cast: Cast) -> World:
    """A client with its people and work, a prospect, a lead."""
    return build_world(cast)
