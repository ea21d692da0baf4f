"""Who may call: tokens, scopes, accounts, limits and the sign-in page."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests.sandboxes.client import JSON, Client

ASK = {
    "response_type": "token",
    "client_id": "Instep",
    "redirect_uri": "http://127.0.0.1:8000/back?from=tinyplus",
    "scope": "readwrite",
    "state": "s & t",
}


@pytest.mark.parametrize("token", [None, "", "nobody", "Bearer nl-write", "NL-WRITE"])
def test_a_missing_or_unknown_token_is_refused_with_401(api: Client, token: str | None) -> None:
    headers = JSON if token is None else {**JSON, "Authorization": token}
    answer = api.send("GET", "/v2/companies", headers=headers)
    assert (answer.status, list(answer.json)) == (401, ["message"])


def test_a_token_ends_at_its_time_by_the_sandbox_clock_and_may_be_given_again(api: Client) -> None:
    tokens = {"accounts": [{"key": "northlight", "tokens": [{"token": "short", "expires_in": 60}]}]}
    api.control("seed", tokens)
    api.token = "short"
    assert api.get("companies").status == 200
    api.control("clock", {"advance": 61})
    assert api.get("companies").status == 401
    api.control("seed", tokens)
    assert api.get("companies").status == 200


def test_a_read_token_reads_and_never_writes(api: Client, reader: Client) -> None:
    assert reader.get("companies/1").status == 200
    answers = [
        reader.post("companies", {"name": "X"}),
        reader.patch("companies/1", {"name": "X"}),
        reader.delete("companies/1"),
    ]
    assert [(answer.status, list(answer.json)) for answer in answers] == [(403, ["message"])] * 3
    assert api.names("companies") == ["Harbour Cafe"]


def test_accounts_see_nothing_of_each_other(api: Client, other: Client) -> None:
    assert other.names("companies") == []
    for answer in (other.get("companies/1"), other.patch("companies/1", {"name": "X"}), other.delete("companies/1")):
        assert (answer.status, answer.json) == (404, {"message": "Company not found."})
    theirs = other.make("companies", name="Theirs")
    assert theirs["id"] == 1
    assert theirs["record_url"].startswith(f"{api.address}/app/harbourside/companies/")
    assert other.post("contacts", {"name": "A B", "assigned_user": 2}).status == 422, "Tom is of the first account"
    assert api.names("companies") == ["Harbour Cafe"]


def test_me_means_the_member_behind_the_token(api: Client, reader: Client) -> None:
    api.make("companies", name="Of Mia", assigned_user=1)
    api.make("companies", name="Of Tom", assigned_user=2)
    assert api.names("companies", me="") == ["Of Mia"]
    assert reader.names("companies", me=1) == ["Of Tom"]
    assert api.get("companies/2").json["modified_user"] == 1


def test_no_limit_is_known_until_the_switch_sets_one(api: Client, other: Client) -> None:
    api.control("switches", {"per_minute": 3})
    assert [api.get("companies").status for _ in range(3)] == [200] * 3
    refused = api.get("companies")
    assert (refused.status, list(refused.json)) == (429, ["message"])
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert other.get("companies").status == 200, "the limit is each account's own"
    api.control("switches", {"retry_after_header": False})
    assert "retry-after" not in api.get("companies").headers
    api.control("clock", {"advance": 61})
    assert api.get("companies").status == 200


def test_a_person_signs_in_and_the_browser_carries_the_token_back(api: Client) -> None:
    page = api.send("GET", "/oauth/authorize?" + urlencode(ASK))
    assert page.status == 200
    assert "form-action 'self' http://127.0.0.1:8000;" in page.headers["content-security-policy"]
    assert re.findall(r'value="([a-z]+/\d+)"', page.text) == ["northlight/1", "harbourside/1"], "a ghost has no log-in"
    sent = api.form("/oauth/authorize", {**ASK, "who": "northlight/1", "answer": "allow"})
    assert sent.status == 303
    told = {key: value[0] for key, value in parse_qs(urlsplit(sent.headers["location"]).query).items()}
    assert sent.headers["location"].startswith("http://127.0.0.1:8000/back?from=tinyplus&token_type=Bearer&")
    assert (told["token_type"], told["state"], told["expires_in"]) == ("Bearer", "s & t", str(30 * 86_400))
    api.token = told["access_token"]
    assert api.make("companies", name="New")["created_user"] == 1
    api.control("clock", {"advance": 30 * 86_400 + 1})
    assert api.get("companies").status == 401


def test_a_person_may_refuse_and_a_wrong_question_sends_nobody_anywhere(api: Client) -> None:
    refused = api.form("/oauth/authorize", {**ASK, "answer": "refuse"})
    assert refused.headers["location"].endswith("&error=access_denied&state=s+%26+t")
    for wrong in (
        {"response_type": "code"},
        {"scope": "all"},
        {"client_id": ""},
        {"redirect_uri": "javascript:alert(1)"},
        {"redirect_uri": "http://a.example/#x"},
        {"redirect_uri": "http://[/"},
        {"redirect_uri": "http://a.example; script-src *"},
    ):
        asked = api.send("GET", "/oauth/authorize?" + urlencode({**ASK, **wrong}))
        posted = api.form("/oauth/authorize", {**ASK, **wrong, "who": "northlight/1", "answer": "allow"})
        assert (asked.status, posted.status) == (400, 400), wrong
    assert api.form("/oauth/authorize", {**ASK, "who": "northlight/2", "answer": "allow"}).status == 400
