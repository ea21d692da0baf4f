"""tiny+ byte by byte: requests as the fact sheet wants them, and answers of every shape, good and bad."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from instep.connect.protocols import BadReply, NeedsPerson, Reply
from instep.connectors.tinyplus.auth import authorize_url, read_sign_in
from instep.connectors.tinyplus.connector import TinyPlus

TINY = TinyPlus()
TOKEN = "tok-5e55a1f0"
COMPANY = {
    "id": 17,
    "name": "Müller & Söhne",
    "email_address": None,
    "office_phone": 299998888,
    "abn": "51 824 753 556",
    "created_date": "2026-03-01 09:00:00",
    "modified_date": "2026-03-31 14:00:05",
    "remote_id": "instep:1:organisation:5:1",
    "record_url": "https://acme.tiny.plus/companies/17",
    "related": {"contacts": [1]},
    "something_new": {"deep": True},
}


def reply(body: Any, status: int = 200, **headers: str) -> Reply:
    return Reply(status, headers, body if isinstance(body, bytes) else json.dumps(body).encode())


def rows(*ids: int) -> Reply:
    return reply([{"id": i} for i in ids])


def read(body: Any, remote_type: str = "companies") -> Any:
    return TINY.read_record(remote_type, TINY.ask_record(remote_type, "17"), reply(body))


# --- requests -------------------------------------------------------------------------------------------------------


def test_a_first_page_and_a_later_one_ask_in_an_order_that_edits_cannot_shift() -> None:
    first = TINY.ask_page("companies", since=None, after=None)
    later = TINY.ask_page("companies", since=datetime(2026, 3, 31, 9, 5, 7, 999, tzinfo=UTC), after="117")

    assert (first.operation, first.method, first.path, first.body) == ("list companies", "GET", "companies", None)
    assert dict(first.query) == {"sort": "id asc", "limit": "100", "with_related": "0", "return_format": "array"}
    assert dict(later.query) == {**dict(first.query), "id": ">117", "modified_date": ">2026-03-31 09:05:07"}


def test_a_new_record_carries_the_mark_and_an_update_never_touches_it() -> None:
    create = TINY.ask_create("companies", {"name": "Acme", "abn": None}, marker="instep:1")
    update = TINY.ask_update("companies", "17", {"name": "Acme", "abn": None}, version=None)

    assert (create.method, create.path, dict(create.query)) == ("POST", "companies", {"return_record": "1"})
    assert json.loads(create.body or b"") == {
        "name": "Acme",
        "remote_id": "instep:1",
        "is_synced": True,
        "sync_origin": "Instep",
    }
    assert (update.method, update.path, dict(update.query)) == ("PATCH", "companies/17", {"return_record": "1"})
    assert json.loads(update.body or b"") == {"name": "Acme", "abn": None}
    with pytest.raises(ValueError, match="remote_id"):
        TINY.ask_update("companies", "17", {"remote_id": "x"}, version=None)


@pytest.mark.capability("A-28")
def test_a_team_member_begins_as_a_ghost_and_only_begins_so() -> None:
    create = TINY.ask_create("team-members", {"name": "Ann Lee"}, marker="m")
    update = TINY.ask_update("team-members", "3", {"mobile": "0412 345 678"}, version=None)

    assert json.loads(create.body or b"")["record_status"] == "ghost"
    assert json.loads(update.body or b"") == {"mobile": "0412 345 678"}


@pytest.mark.capability("A-14", "A-35")
def test_pairs_are_taken_apart_and_a_fee_is_an_exact_number() -> None:
    fields = {
        "status": "active/On hold / waiting",
        "fee_value": "90071992547409.93",
        "client_company": "9007199254740993",
    }
    body = TINY.ask_update("projects", "17", fields, version=None).body or b""

    assert b'"fee_value": 90071992547409.93' in body
    assert b'"client_company": 9007199254740993' in body
    assert {"record_status": "active", "phase": "On hold / waiting"}.items() <= json.loads(body).items()
    plain = TINY.ask_update("projects", "17", {"status": "completed", "client_company": None}, version=None)
    assert json.loads(plain.body or b"") == {"record_status": "completed", "phase": None, "client_company": None}


@pytest.mark.capability("A-22")
@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("Mary Jane O'Neil", {"name": "Mary Jane O'Neil", "first_name": "Mary Jane", "last_name": "O'Neil"}),
        ("Maria Garcia\u00a0Lopez", {"name": "Maria Garcia Lopez", "first_name": "Maria", "last_name": "Garcia Lopez"}),
        ("van\u00a0der\u00a0Berg", {"name": "van der Berg", "first_name": None, "last_name": "van der Berg"}),
        ("Cher", {"name": "Cher"}),
    ],
)
def test_a_contacts_name_goes_with_both_its_parts(name: str, sent: dict[str, str | None]) -> None:
    assert json.loads(TINY.ask_update("contacts", "17", {"name": name}, version=None).body or b"") == sent


@pytest.mark.capability("X-22")
def test_only_signing_puts_the_token_in_and_nothing_prints_it() -> None:
    for request in (
        TINY.ask_identity(),
        TINY.ask_page("projects", since=None, after=None),
        TINY.ask_record("contacts", "1"),
        TINY.ask_create("contacts", {"name": "x"}, marker="m"),
    ):
        signed = TINY.sign(TINY.sign(request, {"access_token": "old"}), {"access_token": TOKEN})

        assert [v for n, v in signed.headers if n == "Authorization"] == [TOKEN]
        assert not any(n == "Authorization" for n, _ in request.headers)
        assert TOKEN not in f"{signed!r} {signed}"


@pytest.mark.parametrize("secret", [{}, {"access_token": ""}, {"access_token": "a\r\nX: y"}, {"access_token": "tök"}])
def test_without_a_usable_token_a_person_is_asked_for(secret: dict[str, str]) -> None:
    with pytest.raises(NeedsPerson, match="sign in to tiny\\+ again"):
        TINY.sign(TINY.ask_identity(), secret)


# --- sign-in --------------------------------------------------------------------------------------------------------


def test_a_person_is_sent_to_the_accounts_own_sign_in() -> None:
    url = authorize_url(TINY.address, client_id="c 1", redirect_uri="https://firm.example/back", state="s&1")

    assert url == (
        "https://api.tiny.plus/oauth/authorize?response_type=token&client_id=c+1"
        "&redirect_uri=https%3A%2F%2Ffirm.example%2Fback&scope=readwrite&state=s%261"
    )


def test_the_answer_to_a_sign_in_counts_only_for_the_one_that_was_begun() -> None:
    now = datetime(2026, 3, 31, 12, tzinfo=UTC)
    answer = {"access_token": TOKEN, "expires_in": "3600", "token_type": "Bearer", "state": "s"}

    assert read_sign_in(answer, state="s", now=now) == {
        "access_token": TOKEN,
        "expires_at": "2026-03-31T13:00:00+00:00",
    }
    assert read_sign_in({**answer, "expires_in": "soon"}, state="s", now=now) == {"access_token": TOKEN}
    for bad in ({**answer, "state": "other"}, {"access_token": TOKEN}, {"state": "s", "error": "access_denied"}):
        with pytest.raises(NeedsPerson) as caught:
            read_sign_in(bad, state="s", now=now)
        assert TOKEN not in str(caught.value) + caught.value.detail


# --- records --------------------------------------------------------------------------------------------------------


def test_a_record_shows_what_was_sent_and_keeps_silent_about_the_rest() -> None:
    record = read(COMPANY)

    assert record.id == "17"
    assert record.fields == {
        "name": "Müller & Söhne",
        "email_address": None,
        "office_phone": "299998888",
        "abn": "51 824 753 556",
    }
    assert record.stamp == datetime(2026, 3, 31, 14, 0, 5)  # noqa: DTZ001
    assert record.created == datetime(2026, 3, 1, 9)  # noqa: DTZ001
    assert (record.marker, record.url) == ("instep:1:organisation:5:1", "https://acme.tiny.plus/companies/17")


@pytest.mark.capability("A-14", "A-35")
def test_a_project_shows_its_pair_as_one_status_and_its_fee_as_exact_text() -> None:
    whole = read(
        b'{"id": 17, "record_status": "active", "phase": "On hold", "fee_value": 15500.5, "client_company": 4}',
        "projects",
    )
    plain = read(b'{"id": 17, "record_status": "lost", "phase": null, "fee_value": 0.30}', "projects")
    half = read({"id": 17, "record_status": "active"}, "projects")

    assert whole.fields == {"status": "active/On hold", "fee_value": "15500.50", "client_company": "4"}
    assert plain.fields == {"status": "lost", "fee_value": "0.30"}
    assert half.fields == {}, "half a pair says nothing"


@pytest.mark.capability("A-22")
@pytest.mark.parametrize(
    ("first", "last", "name", "shown"),
    [
        ("Maria", "Garcia Lopez", "Maria Garcia Lopez", "Maria Garcia\u00a0Lopez"),
        ("Mary Jane", "O'Neil", "Mary Jane O'Neil", "Mary Jane O'Neil"),
        ("Maria", "Garcia Lopez", "Maria Lopez", "Maria Lopez"),
        (None, None, "Cher", "Cher"),
        (None, "van der Berg", "van der Berg", "van\u00a0der\u00a0Berg"),
    ],
)
def test_a_contacts_last_name_of_several_words_is_seen_as_one(
    first: str | None, last: str | None, name: str, shown: str
) -> None:
    assert read({"id": 17, "name": name, "first_name": first, "last_name": last}, "contacts").fields["name"] == shown
    assert read({"id": 17, "name": name}, "contacts").fields["name"] == name


def test_a_write_that_is_answered_with_the_id_alone_tells_nothing_of_the_fields() -> None:
    create = TINY.ask_create("companies", {"name": "x"}, marker="m")
    record = TINY.read_record("companies", create, reply({"id": 17}, 201))

    assert (record.id, record.fields, record.stamp) == ("17", {}, None)


def test_characters_that_no_database_keeps_are_left_out() -> None:
    assert read(b'{"id": 17, "name": "a\\u0000b\\ud800c \\ud83c\\udfd7"}').fields["name"] == "abc 🏗"


@pytest.mark.parametrize(
    "body",
    [
        b"<html><body>Sign in to the hotel's network</body></html>",
        b'{"id": 17, "name": "cut of',
        b"",
        b"\xff\xfe",
        b"[" * 100_000,
        b"null",
        b"[]",
        b'"17"',
        b"{}",
        b'{"id": "17"}',
        b'{"id": true}',
        b'{"id": 0}',
        b'{"id": 17.0}',
        b'{"id": 18}',
        b'{"id": 17, "name": ["x"]}',
        b'{"id": 17, "name": 1.5}',
        b'{"id": 17, "name": true}',
        b'{"id": 17, "modified_date": "31/03/2026"}',
        b'{"id": 17, "modified_date": 1774900000.5}',
        b'{"id": 1' + b"0" * 5000 + b"}",
    ],
)
def test_an_answer_of_another_shape_is_never_taken_for_a_record(body: bytes) -> None:
    with pytest.raises(BadReply):
        read(body)


@pytest.mark.parametrize(
    "fee", ["NaN", "-Infinity", "1e999999999", "1e-999999999", "1e99999999999999999999", '"12"', "true", "{}"]
)
def test_an_amount_that_is_none_is_refused_before_it_fills_the_memory(fee: str) -> None:
    with pytest.raises(BadReply):
        read(f'{{"id": 17, "fee_value": {fee}}}'.encode(), "projects")


# --- pages ----------------------------------------------------------------------------------------------------------


def read_all(table: list[int], *, cap: int, inclusive: bool = False) -> tuple[list[int], int]:
    """Every id that is found in a table behind a server that never gives more than `cap` rows; and the calls."""
    found, after, calls = [], None, 0
    while True:
        request = TINY.ask_page("companies", since=None, after=after)
        asked = dict(request.query)
        bound = int(asked.get("id", ">0")[1:])
        hits = [i for i in table if i > bound or (inclusive and i == bound)][: min(int(asked["limit"]), cap)]
        page = TINY.read_page("companies", request, rows(*hits))
        calls += 1
        found += [int(r.id) for r in page.records]
        if page.next_after is None:
            return found, calls
        after = page.next_after
        assert calls < 100


@pytest.mark.parametrize("inclusive", [False, True])
@pytest.mark.parametrize("cap", [15, 16, 33, 50, 99, 100, 1000])
def test_no_record_is_missed_whatever_the_server_cuts_a_page_to(cap: int, inclusive: bool) -> None:
    for count in (0, 1, 14, 15, 16, 33, 50, 66, 99, 100, 101, 199, 200, 250, 301):
        table = list(range(3, 3 + 2 * count, 2))

        assert read_all(table, cap=cap, inclusive=inclusive)[0] == table, count


@pytest.mark.parametrize(
    ("count", "calls"), [(0, 1), (14, 1), (15, 2), (99, 2), (100, 2), (101, 2), (250, 3), (1000, 11)]
)
def test_the_end_of_a_list_costs_a_call_of_its_own_only_where_it_must(count: int, calls: int) -> None:
    """The least is one call for each full page and one for the rest; only 15 to 99 rows in all cost one more."""
    assert read_all(list(range(1, count + 1)), cap=100)[1] == calls


@pytest.mark.parametrize(
    ("after", "ids"),
    [("117", [1, 2, 3]), ("117", [118, 117]), ("117", [118, 118]), (None, [2, 1]), ("117", [117, 117]), (None, [0])],
)
def test_a_server_that_ignores_bound_or_order_is_found_out_at_once(after: str | None, ids: list[int]) -> None:
    with pytest.raises(BadReply):
        TINY.read_page("companies", TINY.ask_page("companies", since=None, after=after), rows(*ids))


@pytest.mark.parametrize("body", [{"17": {"id": 17}}, {"message": "fine"}, [17], [{"id": 1}, {"name": "x"}], [None]])
def test_a_list_of_another_shape_is_refused_whole(body: Any) -> None:
    with pytest.raises(BadReply):
        TINY.read_page("companies", TINY.ask_page("companies", since=None, after=None), reply(body))


# --- who answers ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "tenant", "title"),
    [
        ("https://acme.tiny.plus/team/3", "acme.tiny.plus", "acme"),
        ("http://127.0.0.1:41233/app/acme/team-members/3", "127.0.0.1/acme", "acme"),
    ],
)
def test_the_account_is_known_by_the_address_of_its_pages(url: str, tenant: str, title: str) -> None:
    identity = TINY.read_identity(reply([{"id": 3, "record_url": url}]))

    assert (identity.tenant, identity.title) == (tenant, title)


@pytest.mark.parametrize("body", [[], [{"id": 3}], [{"id": 3, "record_url": "javascript:x"}], {"id": 3}])
def test_an_account_that_cannot_be_told_is_not_guessed(body: Any) -> None:
    with pytest.raises(BadReply):
        TINY.read_identity(reply(body))
