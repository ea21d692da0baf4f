"""What each answer of tiny+ that is not a success means, and what a person is told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from instep.connect.protocols import BadReply, Gone, NeedsPerson, Rejected, RemoteTrouble, Reply, Request, TryLater
from instep.connectors.tinyplus.connector import TinyPlus

TINY = TinyPlus()
TOKEN = "tok-5e55a1f0"


def reply(body: Any, status: int, **headers: str) -> Reply:
    return Reply(status, headers, body if isinstance(body, bytes) else json.dumps(body).encode())


def trouble(request: Request, answer: Reply, remote_type: str = "companies") -> RemoteTrouble:
    with pytest.raises(RemoteTrouble) as caught:
        TINY.read_record(remote_type, request, answer)
    return caught.value


UPDATE = TINY.ask_update("companies", "17", {"name": "x"}, version=None)
LIST = TINY.ask_page("companies", since=None, after=None)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, NeedsPerson),
        (403, NeedsPerson),
        (404, Gone),
        (410, Gone),
        (400, Rejected),
        (422, Rejected),
        (429, TryLater),
        (408, TryLater),
        (500, TryLater),
        (503, TryLater),
        (302, BadReply),
        (204, BadReply),
        (409, BadReply),
        (413, BadReply),
    ],
)
def test_each_status_says_what_to_do_next(status: int, kind: type[RemoteTrouble]) -> None:
    found = trouble(UPDATE, reply({"message": "It says so."}, status))

    assert type(found) is kind
    assert found.sentence
    assert "It says so." in found.detail


def test_only_a_limit_proves_that_nothing_was_done() -> None:
    limited = trouble(UPDATE, reply(b"", 429, **{"retry-after": "26"}))
    broken = trouble(UPDATE, reply(b"", 500))

    assert isinstance(limited, TryLater)
    assert (limited.untouched, limited.after_seconds) == (True, 26)
    assert isinstance(broken, TryLater)
    assert (broken.untouched, broken.after_seconds) == (False, None)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "Tue, 31 Mar 2026 12:02:00 GMT", "date": "Tue, 31 Mar 2026 12:00:30 GMT"}, 90),
        ({"retry-after": "Tue, 31 Mar 2026 12:02:00 GMT"}, None),
        ({"retry-after": "99999999999999"}, 86_400),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "soon"}, None),
        ({}, None),
    ],
)
def test_the_pause_is_read_however_it_is_written(headers: dict[str, str], seconds: int | None) -> None:
    found = trouble(UPDATE, Reply(429, headers, b""))

    assert isinstance(found, TryLater)
    assert found.after_seconds == seconds


def test_a_page_of_some_machine_on_the_way_never_says_that_a_record_is_gone() -> None:
    assert type(trouble(UPDATE, reply(b"<h1>Not Found</h1>", 404))) is BadReply
    with pytest.raises(BadReply):
        TINY.read_page("companies", LIST, reply({"message": "no such page"}, 404))
    create = TINY.ask_create("companies", {"name": "x"}, marker="m")
    assert type(trouble(create, reply({"message": "no such page"}, 404))) is BadReply


def test_a_refused_record_is_told_in_our_words_and_theirs() -> None:
    answer = {
        "message": "Invalid.",
        "errors": {"abn": ["Too long."], "record_status": ["Unknown."], "x": "odd", "y": 3},
    }
    found = trouble(UPDATE, reply(answer, 422))
    status = trouble(UPDATE, reply({"errors": {"phase": ["Not one of them."]}}, 422), "projects")

    assert "Tax number (it says: “Too long”)" in found.sentence
    assert "Too long." in found.detail
    assert status.sentence.startswith("tiny+ did not accept Status (it says: “Not one of them”).")


@pytest.mark.parametrize(
    "body", [b"", b"no", b"[]", b'{"errors": []}', b'{"errors": {}, "message": 5}', b'{"errors": "x"}']
)
def test_a_refusal_without_reasons_is_still_a_sentence(body: bytes) -> None:
    assert trouble(UPDATE, reply(body, 422)).sentence == (
        "tiny+ did not accept this. Change the record and it is sent again."
    )


def test_the_email_of_an_active_team_member_has_a_sentence_of_its_own() -> None:
    request = TINY.ask_update("team-members", "3", {"email": "new@firm.example"}, version=None)
    found = trouble(request, reply({"message": "No.", "errors": {"email": ["Active."]}}, 422), "team-members")

    assert "active team member" in found.sentence


@pytest.mark.capability("X-22")
@pytest.mark.parametrize("status", [200, 401, 404, 422, 429, 500, 302])
def test_a_server_that_repeats_the_token_does_not_get_it_into_our_journal(status: int) -> None:
    signed = TINY.sign(UPDATE, {"access_token": TOKEN})
    body = json.dumps({"message": f"bad {TOKEN}", "errors": {"name": [f"no {TOKEN}"]}}).encode()
    found = trouble(signed, Reply(status, {}, body + b" " if status != 200 else b"not json " + body))

    assert TOKEN not in f"{found!r} {found} {found.sentence} {found.detail}"
    assert found.__cause__ is None
