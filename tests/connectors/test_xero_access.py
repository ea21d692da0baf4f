"""Signing in to Xero and staying in, against the sandbox: tokens that end, rotate, and are withdrawn."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx2
import pytest

from instep.connect.protocols import BadReply, NeedsPerson, Reply, Request, TryLater
from instep.connect.transport import HttpTransport
from instep.connectors.xero.connector import Xero
from tests.connectors.sandbox import Sandbox
from tests.connectors.xero_stage import APP, BACK, TENANT, XeroLine, XeroStage

XERO = Xero()
NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
TOKENS = {"access_token": "a-2", "refresh_token": "r-2", "expires_in": 1800, "token_type": "Bearer", "scope": "x"}


def reply(body: Any, status: int = 200, **headers: str) -> Reply:
    return Reply(status, headers, body if isinstance(body, bytes) else json.dumps(body).encode())


@pytest.fixture
def stage(sandbox_of: Callable[[str], Sandbox]) -> XeroStage:
    running = sandbox_of("xero")
    running.reset()
    return XeroStage(running)


# --- the requests -----------------------------------------------------------------------------------------------------


def test_a_person_signs_in_on_xeros_own_page_and_the_app_is_remembered() -> None:
    begun = XERO.begin({**APP, "colour": "red"}, back_to=BACK, state="s&1")
    page, _, query = begun.url.partition("?")

    assert page == "https://login.xero.com/identity/connect/authorize"
    asked = {name: values[0] for name, values in parse_qs(query).items()}
    assert (asked["response_type"], asked["client_id"], asked["redirect_uri"]) == ("code", APP["client_id"], BACK)
    assert asked["state"] == "s&1"
    assert {"offline_access", "accounting.contacts", "accounting.invoices"} <= set(asked["scope"].split(" "))
    assert begun.secret == APP
    for missing in APP:
        with pytest.raises(NeedsPerson, match="client id"):
            XERO.begin({**APP, missing: ""}, back_to=BACK, state="s")


@pytest.mark.capability("X-22")
def test_token_requests_go_to_the_real_server_with_the_client_in_their_head() -> None:
    secret = {**APP, "refresh_token": "r-1"}
    for request, form in (
        (XERO.ask_access(APP, code="c/1", back_to=BACK), {"code": "c/1", "redirect_uri": BACK}),
        (XERO.ask_renewal(secret), {"refresh_token": "r-1"}),
    ):
        assert (request.method, request.address, request.path) == (
            "POST",
            "https://identity.xero.com/",
            "connect/token",
        )
        sent = dict(parse_qsl((request.body or b"").decode()))
        assert form.items() <= sent.items()
        client = base64.b64decode(dict(request.headers)["Authorization"].removeprefix("Basic ")).decode()
        assert client == f"{APP['client_id']}:{APP['client_secret']}"
        assert not any(value in repr(request) for value in (*secret.values(), "c/1"))
    accounts = XERO.ask_accounts({**secret, "access_token": "a-1"})
    assert (accounts.address, accounts.path) == ("https://api.xero.com/", "connections")
    assert "xero-tenant-id" not in dict(accounts.headers)


@pytest.mark.parametrize(
    ("ends", "due"),
    [
        (NOW + timedelta(minutes=30), False),
        (NOW + timedelta(minutes=6), False),
        (NOW + timedelta(minutes=4), True),
        (NOW - timedelta(days=1), True),
    ],
)
def test_access_is_renewed_some_minutes_before_it_ends(ends: datetime, due: bool) -> None:
    secret = {**APP, "refresh_token": "r-1", "expires_at": ends.isoformat()}

    assert XERO.renewal_due(secret, now=NOW) == due
    assert XERO.renewal_due({**secret, "expires_at": "soon"}, now=NOW)
    assert not XERO.renewal_due({**APP, "expires_at": ends.isoformat()}, now=NOW), "nothing to renew by"
    with pytest.raises(NeedsPerson):
        XERO.ask_renewal(APP)


def test_the_fresh_secret_is_whole_and_keeps_what_the_answer_leaves_out() -> None:
    secret = {**APP, "access_token": "a-1", "refresh_token": "r-1", "tenant_id": TENANT}
    fresh = XERO.read_renewal(secret, reply(TOKENS), now=NOW)

    assert fresh == {
        **secret,
        "access_token": "a-2",
        "refresh_token": "r-2",
        "expires_at": "2026-07-01T12:30:00+00:00",
    }
    silent = {n: v for n, v in TOKENS.items() if n != "refresh_token"}
    assert XERO.read_renewal(secret, reply(silent), now=NOW)["refresh_token"] == "r-1"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (reply({"error": "invalid_grant"}, 400), NeedsPerson),
        (reply({"error": "invalid_client"}, 401), NeedsPerson),
        (reply({"error": "r-1"}, 400), NeedsPerson),
        (reply(b"", 429, **{"retry-after": "9"}), TryLater),
        (reply(b"<html>", 502), TryLater),
        (reply(b"<html>", 400), BadReply),
        (reply(b"<html>"), BadReply),
        (reply(b'{"access_token": "a-2", "expi'), BadReply),
        (reply({**TOKENS, "access_token": "a b\r\nX: y"}), BadReply),
        (reply({**TOKENS, "expires_in": "soon"}), BadReply),
        (reply([]), BadReply),
        (reply(b"", 302), BadReply),
    ],
)
def test_a_renewal_that_fails_says_whether_a_person_is_needed_and_repeats_no_secret(
    answer: Reply, kind: type[Exception]
) -> None:
    secret = {**APP, "refresh_token": "r-1"}
    with pytest.raises(kind) as caught:
        XERO.read_renewal(secret, answer, now=NOW)

    said = f"{caught.value!r} {caught.value} {caught.value.detail}"  # type: ignore[attr-defined]
    assert not any(s in said for s in ("r-1", "a-2", *APP.values()))


# --- on the wire ------------------------------------------------------------------------------------------------------


def send(request: Request) -> Reply:
    with HttpTransport(request.address, timeout_seconds=5) as server:
        return server.send(request)


def renewed(secret: dict[str, str]) -> dict[str, str]:
    return XERO.read_renewal(secret, send(XERO.ask_renewal(secret)), now=NOW)


def test_access_that_ended_is_renewed_and_the_refresh_token_changes_hands(stage: XeroStage) -> None:
    first = renewed(dict(stage.secret))
    with HttpTransport(stage.address, timeout_seconds=5) as transport:
        line = XeroLine(XERO, transport, first)
        line.all("contacts")
        stage.sandbox.advance(1801)
        with pytest.raises(NeedsPerson, match="sign in to Xero again"):
            line.all("contacts")
        assert line.last is not None
        assert line.last.status == 401
        second = renewed(first)
        assert second["refresh_token"] != first["refresh_token"]
        assert second["access_token"] != first["access_token"]
        assert second["tenant_id"] == TENANT
        line.secret = second
        assert line.all("contacts") == []
        # The answer to a renewal may be lost: the former refresh token goes once more, for half an hour.
        again = renewed(first)
        line.secret = again
        assert line.all("contacts") == []
        stage.sandbox.advance(1801)
        with pytest.raises(NeedsPerson, match="sign in to Xero again"):
            renewed(first)
        line.secret = renewed(again)
        assert line.all("contacts") == []


def test_the_organisations_that_the_access_opens_are_told_and_one_is_chosen(stage: XeroStage) -> None:
    secret = {name: value for name, value in stage.secret.items() if name != "tenant_id"}
    (identity,) = XERO.read_accounts(send(XERO.ask_accounts(secret)))

    assert (identity.tenant, identity.title) == (TENANT, "Acme Architects")
    chosen = XERO.choose(secret, identity.tenant)
    with HttpTransport(stage.address) as transport:
        line = XeroLine(XERO, transport, chosen)
        assert XERO.read_identity(line.send(XERO.ask_identity())) == identity
    with pytest.raises(NeedsPerson):
        XERO.read_accounts(send(XERO.ask_accounts({**secret, "access_token": "tok-w1thdrawn"})))
    for strange in (reply({"a": 1}), reply([{"tenantType": "ORGANISATION"}]), reply(b"<html>")):
        with pytest.raises(BadReply):
            XERO.read_accounts(strange)


def answered(url: str, answer: str) -> dict[str, str]:
    """What the browser brings back when the person on Xero's page gives that answer."""
    with httpx2.Client(trust_env=False) as browser:
        page = browser.get(url).text
        form = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page.partition("<button")[0]))
        fields = {name: html.unescape(value) for name, value in form.items()}
        parts = urlsplit(url)
        origin = {"Origin": f"{parts.scheme}://{parts.netloc}"}
        back = browser.post(url.partition("?")[0], data={**fields, "answer": answer}, headers=origin)
    assert back.headers["location"].startswith(BACK)
    return dict(parse_qsl(urlsplit(back.headers["location"]).query))


def test_a_person_signs_in_allows_it_and_the_connection_works(stage: XeroStage) -> None:
    begun = XERO.begin(
        {n: v for n, v in stage.secret.items() if "token" not in n or "url" in n}, back_to=BACK, state="s&1"
    )
    told = answered(begun.url, "allow")
    assert told["state"] == "s&1"
    request = XERO.ask_access(begun.secret, code=told["code"], back_to=BACK)
    secret = XERO.read_access(begun.secret, send(request), now=NOW)
    (identity,) = XERO.read_accounts(send(XERO.ask_accounts(secret)))
    chosen = XERO.choose(secret, identity.tenant)

    with HttpTransport(stage.address) as transport:
        line = XeroLine(XERO, transport, chosen)
        for remote_type in (*XERO.references, "contacts", "items", "invoices", "credit-notes", "payments"):
            line.all(remote_type)
        assert line.create("contacts", {"Name": "Harbour"}, "C1").id
        assert line.create("items", {"Code": "J1"}, "J1").id
    with pytest.raises(NeedsPerson):
        XERO.read_access(begun.secret, send(request), now=NOW)  # a code works once
    assert answered(begun.url, "refuse")["error"] == "access_denied"


def test_a_code_that_is_not_taken_asks_for_a_person(stage: XeroStage) -> None:
    with pytest.raises(NeedsPerson):
        XERO.read_access(stage.secret, send(XERO.ask_access(stage.secret, code="made-up", back_to=BACK)), now=NOW)
    wrong = {**stage.secret, "client_secret": "wrong"}
    with pytest.raises(NeedsPerson, match="client secret"):
        renewed(wrong)
    assert urlsplit(XERO.begin(stage.secret, back_to=BACK, state="s").url).path == "/identity/connect/authorize"
