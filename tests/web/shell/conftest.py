"""The sample area as the site, and people signed in to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import clear_url_caches

from instep.staff.actions.resources import create_staff
from instep.staff.models import StaffResource
from instep.web.shell import areas, health, palette
from tests.cast import Cast
from tests.web.shell.sample import STAFF

_TEMPLATES = Path(__file__).parent / "templates"


@pytest.fixture
def site(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The sample area's addresses and templates instead of the real ones."""
    settings.ROOT_URLCONF = "tests.web.shell.sample"
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [str(_TEMPLATES)]}]
    # What the real areas handed in leads to addresses that this site does not have.
    monkeypatch.setattr(palette, "_providers", {STAFF.key: STAFF})
    monkeypatch.setattr(palette, "_commands", {})
    monkeypatch.setattr(health, "_providers", [])
    areas._url.cache_clear()
    clear_url_caches()
    yield
    areas._url.cache_clear()
    clear_url_caches()


@pytest.fixture
def as_user(cast: Cast, site: None) -> Callable[[str], Client]:
    """A browser in which that user of the cast is signed in."""

    def signed_in(name: str) -> Client:
        client = Client()
        client.force_login(cast.users[name], backend="django.contrib.auth.backends.ModelBackend")
        return client

    return signed_in


@pytest.fixture
def people(cast: Cast) -> list[StaffResource]:
    """Seven staff resources of Banksia & Bell, by last name, and one of the other firm."""
    names = ("Abbott", "Brook", "Chan", "Dunn", "Evans", "Ford", "Grey")
    create_staff(by=cast.odo, first_name="Out", last_name="Sider")
    rows = [
        {"first_name": "Kit", "last_name": name, "job_title": f"Title {9 - n}", "email": f"{name.lower()}@x.example"}
        for n, name in enumerate(names)
    ]
    return [create_staff(by=cast.ada, **row).sure() for row in rows]
