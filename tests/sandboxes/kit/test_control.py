"""The control door: faults by script, the clock, the counts of calls, switches, and who may open it."""

from __future__ import annotations

import time
from http.client import HTTPException, IncompleteRead
from typing import Any

import pytest

from sandboxes.kit.calls import KEPT
from sandboxes.tinyplus.app import start
from tests.sandboxes.client import Client
from tests.sandboxes.stage import SEED

NEW = {"name": "New"}


def script(api: Client, *faults: dict[str, Any]) -> None:
    assert api.control("faults", faults) == {"faults": len(faults)}


def fresh(api: Client) -> Client:
    """The same caller on another connection: a cut leaves the old one useless."""
    api.close()
    return api


def test_a_status_fault_strikes_the_nth_call_of_its_operation_once_and_without_effect(api: Client) -> None:
    script(
        api,
        {"call": 2, "operation": "create companies", "do": "status", "status": 503, "headers": {"Retry-After": "9"}},
    )
    assert api.get("companies/1").status == 200
    first, second, third = (api.post("companies", NEW) for _ in range(3))
    assert (first.status, second.status, third.status) == (201, 503, 201)
    assert (second.headers["retry-after"], list(second.json)) == ("9", ["message"])
    assert len(api.names("companies")) == 3


def test_a_fault_may_strike_several_calls_or_every_kth(api: Client) -> None:
    script(
        api,
        {"call": 1, "do": "status", "times": 2},
        {"every": 3, "operation": "list companies", "do": "status", "status": 429},
    )
    assert [api.get("companies").status for _ in range(7)] == [500, 500, 429, 200, 200, 429, 200]
    assert api.control("faults")["faults"] == [{"do": "status", "operation": "list companies", "seen": 7, "struck": 2}]
    script(api)
    assert [api.get("companies").status for _ in range(3)] == [200] * 3


def test_a_connection_dropped_before_the_effect_stores_nothing_and_after_it_everything(api: Client) -> None:
    for do, stored in (("drop_before", 1), ("drop_after", 2)):
        script(api, {"operation": "create companies", "do": do})
        with pytest.raises((HTTPException, ConnectionError)):
            api.post("companies", NEW)
        assert len(fresh(api).names("companies")) == stored, do
    statuses = [call["status"] for call in api.control("calls")["last"] if call["operation"] == "create companies"]
    assert statuses == [0, 0]


def test_a_truncated_reply_has_its_effect_and_half_its_body(api: Client) -> None:
    script(api, {"operation": "create companies", "do": "truncate"})
    with pytest.raises(IncompleteRead):
        api.post("companies", NEW, return_record=1)
    assert len(fresh(api).names("companies")) == 2


def test_a_page_in_html_with_200_has_no_effect(api: Client) -> None:
    script(api, {"operation": "update companies", "do": "html"})
    answer = api.patch("companies/1", NEW)
    assert (answer.status, answer.headers["content-type"][:9]) == (200, "text/html")
    assert api.names("companies") == ["Harbour Cafe"]


def test_a_delay_goes_along_with_another_fault(api: Client) -> None:
    script(api, {"do": "delay", "seconds": 0.2}, {"do": "status", "status": 502})
    begun = time.perf_counter()
    assert api.get("companies").status == 502
    assert time.perf_counter() - begun >= 0.2
    assert api.control("calls")["last"][-1]["faults"] == ["delay", "status"]


def test_a_normalising_remote_rewrites_what_it_stores(api: Client) -> None:
    script(api, {"every": 1, "do": "normalise"})
    sent = {
        "name": "A  B",
        "email_address": "Ann@B.example",
        "office_phone": "(07) 3555 0000",
        "website": "b.example/",
        "abn": "51 824",
    }
    made = api.make("companies", **sent)
    told = {field: made[field] for field in sent}
    assert told == {
        "name": "A B",
        "email_address": "ann@b.example",
        "office_phone": "0735550000",
        "website": "https://b.example",
        "abn": "51824",
    }
    assert api.patch(f"companies/{made['id']}", told, return_record=1).json == {
        **made,
        "modified_date": made["modified_date"],
    }


@pytest.mark.parametrize(
    "bad",
    [
        {},
        [{}],
        [{"do": "explode"}],
        [{"do": "status", "call": 0}],
        [{"do": "status", "call": 1, "every": 2}],
        [{"do": "status", "status": 99}],
        [{"do": "status", "headers": {"X": "a\r\nb"}}],
        [{"do": "delay", "seconds": -1}],
        [{"do": "status", "when": "now"}],
        ["status"],
    ],
)
def test_a_script_that_cannot_be_read_is_refused_and_the_old_one_stays(api: Client, bad: object) -> None:
    script(api, {"do": "status"})
    with pytest.raises(AssertionError, match="message"):
        api.control("faults", bad)
    assert api.get("companies").status == 500


def test_calls_are_counted_by_operation_and_since_a_call(api: Client) -> None:
    api.get("companies")
    api.post("contacts", NEW)
    api.get("nowhere")
    told = api.control("calls")
    assert (told["total"], told["number"]) == (3, 3)
    assert told["by_operation"] == {"list companies": 1, "create contacts": 1, "other": 1}
    shown = [(call["number"], call["method"], call["path"], call["status"]) for call in told["last"]]
    assert shown == [(1, "GET", "/v2/companies", 200), (2, "POST", "/v2/contacts", 201), (3, "GET", "/v2/nowhere", 404)]
    for resource in ("companies", "contacts", "projects", "team-members"):
        api.patch(f"{resource}/1", {})
        api.delete(f"{resource}/1")
        api.get(f"{resource}/1")
    since = api.control("calls?since=3")
    assert since["total"] == 12 == len(since["last"])
    assert since["by_operation"]["update team-members"] == since["by_operation"]["delete projects"] == 1
    for _ in range(KEPT):
        api.get("companies")
    assert len(api.control("calls")["last"]) == KEPT
    assert api.control("calls?since=15")["total"] == KEPT


def test_control_calls_and_pages_are_never_counted_or_struck(api: Client) -> None:
    script(api, {"every": 1, "do": "status"})
    api.control("clock")
    api.control("records?account=northlight&resource=companies")
    assert api.send("GET", "/app/northlight/companies").status == 200
    assert api.control("calls")["total"] == 0


def test_the_clock_runs_and_is_moved(api: Client) -> None:
    before = api.control("clock")
    moved = api.control("clock", {"advance": 3600.5})
    assert moved["offset"] == 3600.5
    assert 3600 < moved["seconds"] - before["seconds"] < 3610
    assert api.control("clock", {"offset": -60})["offset"] == -60
    assert moved["now"].endswith("Z")
    for bad in ({}, {"advance": "1"}, {"advance": True}, {"offset": 1, "advance": 1}, {"offset": 10**12}, []):
        assert (
            api.send("POST", "/_sandbox/clock", repr(bad).replace("'", '"').replace("T", "t").encode()).status == 400
        ), bad


def test_switches_are_read_and_turned_all_or_none(api: Client) -> None:
    assert api.control("switches")["limit_max"] == 100
    assert api.control("switches", {"limit_max": 50, "trim": False})["limit_max"] == 50
    for bad in (
        b'{"limit_max": 10, "unknown": 1}',
        b'{"limit_max": 0}',
        b'{"trim": "maybe"}',
        b'{"zone": "Mars/Olympus"}',
        b'{"zone": "../x"}',
        b'{"unknown_filter": "x"}',
        b'{"visibility_lag_seconds": -1}',
        b"[]",
    ):
        assert api.send("POST", "/_sandbox/switches", bad).status == 400, bad
    assert api.control("switches")["limit_max"] == 50


def test_a_reset_brings_back_the_start(api: Client) -> None:
    api.control("clock", {"advance": 60})
    api.control("switches", {"limit_max": 5})
    script(api, {"do": "status"})
    api.get("companies")
    api.control("reset", {})
    assert api.get("companies").status == 401
    api.control("seed", SEED)
    assert api.names("companies") == ["Harbour Cafe"]
    assert (api.control("clock")["offset"], api.control("switches")["limit_max"]) == (0, 100)
    assert api.control("calls")["total"] == 2


def test_the_door_is_shut_unless_asked_for_and_to_pages_of_other_sites(api: Client) -> None:
    for headers in (
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Host": "evil.example"},
        {"Host": "evil.example:80", "Origin": "http://evil.example:80"},
    ):
        assert api.send("POST", "/_sandbox/reset", b"{}", headers).status == 403, headers
    assert api.names("companies") == ["Harbour Cafe"]
    assert api.send("GET", "/_sandbox/reset").status == 405
    assert api.send("POST", "/_sandbox/nothing", b"{}").status == 404
    with start(port=0, control=False) as handle, Client(handle.address) as client:
        assert client.send("GET", "/_sandbox/calls").status == 404
        assert client.send("POST", "/_sandbox/reset", b"{}", {"Origin": client.address}).status == 404
