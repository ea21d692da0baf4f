"""The content security policy is strict, and no page needs it otherwise."""

from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from django.test import Client

from instep.staff.models import StaffResource

SignIn = Callable[[str], Client]


class Inline(HTMLParser):
    """Collects what a strict policy would stop."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "style" or (tag == "script" and not (given.get("src") or "").startswith("/")):
            self.found.append(tag)
        for name, value in attrs:
            said = (value or "").strip().lower()
            if name == "style" or name.startswith(("on", "hx-on")) or said.startswith(("javascript:", "js:")):
                self.found.append(f"{tag} {name}={value}")
            if name in ("src", "href") and said.startswith(("http://", "https://", "//")) and tag != "a":
                self.found.append(f"{tag} {name}={value}")


def inline_parts(text: str) -> list[str]:
    """What in the page is not allowed."""
    parser = Inline()
    parser.feed(text)
    return parser.found


def test_the_finder_finds() -> None:
    page = '<p style="x" onclick="y"><a href="javascript:z"></a></p><script>1</script><script src="//cdn"></script>'
    assert len(inline_parts(page)) == 5


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/password/reset/", "/accounts/signup/", "/nowhere/"])
def test_pages_before_sign_in(site: None, db: None, path: str) -> None:
    answer = Client().get(path)
    assert inline_parts(answer.text) == []
    _strict(answer["Content-Security-Policy"])


def test_pages_after_sign_in(as_user: SignIn, people: list[StaffResource]) -> None:
    client, record = as_user("ada"), f"/staff/{people[0].pk}/"
    for path in (
        *("/styleguide/", "/styleguide/list/", "/staff/", "/staff/?q=nobody", record, f"{record}field/name/?edit=1"),
        *("/staff/new/", "/shell/find?q=kit", "/accounts/password/change/", "/accounts/logout/"),
        *("/staff/pick/?q=a", "/accounts/reauthenticate/"),
    ):
        answer = client.get(path)
        assert answer.status_code in (200, 302), path
        assert inline_parts(answer.text) == [], path
        _strict(answer["Content-Security-Policy"])


def test_pages_are_private_and_not_mixed_up_with_their_parts(as_user: SignIn) -> None:
    answer = as_user("ada").get("/staff/")
    assert "private" in answer["Cache-Control"]
    assert {"HX-Request", "HX-Target"} <= {name.strip() for name in answer["Vary"].split(",")}


def _strict(header: str) -> None:
    rules = dict(rule.strip().split(" ", 1) for rule in header.split(";"))
    for name in ("default-src", "script-src", "style-src", "connect-src", "form-action", "base-uri"):
        assert rules[name] == "'self'", name
    assert rules["object-src"] == rules["frame-ancestors"] == "'none'"
