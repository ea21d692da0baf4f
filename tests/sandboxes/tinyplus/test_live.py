"""In a real browser: edits that arrive by the API are seen within two seconds, and nobody's typing is lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.sandboxes.client import Client

HOME = "/app/northlight"
SEEN = 15_000
"""Milliseconds: pages ask every second, a busy machine may take its time."""

pytestmark = pytest.mark.browser


@pytest.fixture
def page(api: Client, chromium: Browser) -> Iterator[Page]:
    """A narrow page of the sandbox; anything written to the console or thrown makes the test fail."""
    troubles: list[str] = []
    context = chromium.new_context(base_url=api.address, viewport={"width": 390, "height": 844})
    opened = context.new_page()
    opened.on("console", lambda message: troubles.append(message.text))
    opened.on("pageerror", lambda error: troubles.append(str(error)))
    yield opened
    context.close()
    assert troubles == []


def test_pages_follow_what_arrives_and_keep_what_is_typed(api: Client, page: Page) -> None:
    page.goto(f"{HOME}/companies")
    page.get_by_label("Search companies").fill("kept while the list changes")
    api.patch("companies/1", {"name": "Harbour Kiosk"})
    api.post("companies", {"name": "Brand New"})
    expect(page.get_by_role("link", name="Harbour Kiosk")).to_be_visible(timeout=SEEN)
    expect(page.get_by_role("link", name="Brand New")).to_be_visible()
    expect(page.get_by_role("navigation", name="Sections")).to_contain_text("Companies2")
    expect(page.get_by_label("Search companies")).to_have_value("kept while the list changes")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out at 390 px"

    page.get_by_role("link", name="Harbour Kiosk").click()
    page.get_by_label("ABN").focus()
    api.patch("companies/1", {"abn": "51 824 753 556", "name": "Harbour Hotel"})
    expect(page.get_by_label("ABN")).to_have_value("51 824 753 556", timeout=SEEN)
    expect(page.get_by_role("heading", level=1)).to_have_text("Harbour Hotel")
    expect(page.get_by_label("ABN")).to_be_focused()

    page.get_by_label("Mobile").fill("0400 000 000")
    api.patch("companies/1", {"description": "By the sync"})
    expect(page.get_by_text("was changed elsewhere just now")).to_be_visible(timeout=SEEN)
    expect(page.get_by_label("Mobile")).to_have_value("0400 000 000")
    page.get_by_role("button", name="Save company").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert page.url == f"{api.address}{HOME}/companies/1"
    record = api.get("companies/1").json
    assert (record["mobile"], record["description"]) == ("0400 000 000", "By the sync")

    page.get_by_text("Remove this company").click()
    page.get_by_role("button", name="Remove Harbour Hotel").click()
    expect(page.get_by_text("The record was removed.")).to_be_visible()
    assert api.get("companies/1").status == 404


def test_signing_in_ends_at_the_program_with_a_token(api: Client, page: Page) -> None:
    asked: list[str] = []

    class Program(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b'<link rel="icon" href="data:,"><h1>Back</h1>')

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Program) as program:
        Thread(target=program.serve_forever, daemon=True).start()
        back = f"http://127.0.0.1:{program.server_port}/back"
        ask = {"response_type": "token", "client_id": "Instep", "redirect_uri": back, "scope": "read", "state": "s1"}
        page.goto("/oauth/authorize?" + urlencode(ask))
        page.get_by_label("Mia Chen, Northlight Architects").check()
        page.get_by_role("button", name="Allow").click()
        expect(page.get_by_role("heading", name="Back")).to_be_visible()
        program.shutdown()
    told = parse_qs(urlsplit(asked[0]).query)
    assert told["state"] == ["s1"]
    api.token = told["access_token"][0]
    assert api.get("companies").status == 200
    assert api.post("companies", {"name": "X"}).status == 403, json.dumps(told)
