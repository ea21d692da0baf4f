"""Chromium, a live server, and people signed in to the real site; afterwards the console must not have said a word."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from tests.cast import Cast

AXE = Path(os.environ.get("INSTEP_AXE") or Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# The first page of a run compiles its templates, and the machine may have other things to do.
PATIENCE = 20_000
PHONE = {"width": 390, "height": 844}
Visit = Callable[..., Page]
# A refusal is an answer of 409 or 422, which Chromium reports as a resource that failed to load.
REFUSED = ("status of 409", "status of 422")
# A request that was under way when the page was left; what a server answers badly is told by other words.
LEFT = ("htmx:afterRequest", "htmx:sendError", "htmx:sendAbort")

expect.set_options(timeout=PATIENCE)


def axe_finds(page: Page) -> list[tuple[str, list[str]]]:
    """What axe-core holds against the page as it stands: (rule, where). Skips where axe-core is not installed."""
    if not AXE.exists():
        pytest.skip("axe-core is not in node_modules")
    page.evaluate(AXE.read_text())
    found = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)
    return [(each["id"], [str(node["target"]) for node in each["nodes"]]) for each in found["violations"]]


@pytest.fixture
def visit(chromium: Browser, live_server: Any, cast: Cast) -> Iterator[Visit]:
    """Opens an address: visit("/jobs/", name="bo", viewport={...}). Ada unless another is named."""
    said: list[str] = []
    contexts = []

    def open_page(path: str, *, name: str = "ada", **how: Any) -> Page:
        context = chromium.new_context(base_url=live_server.url, **how)
        contexts.append(context)
        client = Client()
        client.force_login(cast.users[name], backend="django.contrib.auth.backends.ModelBackend")
        session = client.cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("console", lambda line: said.append(line.text) if line.type in ("error", "warning") else None)
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [line for line in said if not line.startswith(LEFT) and not any(each in line for each in REFUSED)] == []
