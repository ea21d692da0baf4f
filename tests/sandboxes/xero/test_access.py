"""Who may call: sign-in, rotation, tenants, scopes; how often; and what a repeated request is answered."""

from __future__ import annotations

import base64
import threading
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests.sandboxes.client import Answer
from tests.sandboxes.xero.client import ROOT, Xero
from tests.sandboxes.xero.stage import APP, AU, BACK, CUSTOM, MIA, READER, REFRESH, SECRET, STRANGER, UK

DAY = 86_400


def consent(xero: Xero, **changes: str) -> Answer:
    asked = {
        "response_type": "code",
        "client_id": APP,
        "redirect_uri": BACK,
        "scope": "offline_access accounting.contacts accounting.settings.read",
        "state": "s-9",
    } | changes
    shown = xero.send("GET", "/identity/connect/authorize?" + urlencode(asked))
    if shown.status != 200:
        return shown
    assert "Sandbox of Xero, not Xero" in shown.text
    return xero.form("/identity/connect/authorize", {**asked, "answer": "allow", "who": f"{MIA}/northlight"})


def test_a_person_connects_an_organisation_and_the_program_gets_tokens(xero: Xero) -> None:
    sent = consent(xero)
    assert sent.status == 303
    told = parse_qs(urlsplit(sent.headers["location"]).query)
    assert told["state"] == ["s-9"]
    grant = {"grant_type": "authorization_code", "code": told["code"][0], "redirect_uri": BACK}
    assert xero.token_call(**grant | {"redirect_uri": BACK + "/x"}).json == {"error": "invalid_grant"}
    tokens = xero.token_call(**grant).json
    assert {key: tokens[key] for key in ("expires_in", "token_type")} == {"expires_in": 1800, "token_type": "Bearer"}
    assert xero.token_call(**grant).json == {"error": "invalid_grant"}, "a code works once"

    xero.token, xero.tenant = tokens["access_token"], None
    bearer = {"Authorization": f"Bearer {xero.token}"}
    (row,) = xero.send("GET", "/Connections", None, bearer).json
    assert (row["tenantId"], row["tenantType"], row["tenantName"]) == (AU, "ORGANISATION", "Northlight Architects")
    xero.tenant = AU
    assert xero.ask("GET", "Contacts").status == 200
    assert xero.ask("GET", "Organisation").status == 200
    refused = xero.ask("GET", "Invoices")
    assert (refused.status, refused.json["Detail"]) == (401, "AuthorizationUnsuccessful")
    refused = xero.ask("PUT", "Accounts", {"Code": "1"})
    assert refused.status == 401, "a scope for reading does not write"

    path = f"/connections/{row['id']}"
    assert xero.send("DELETE", path, None, bearer).status == 204
    assert xero.send("DELETE", path, None, bearer).status == 404
    assert xero.ask("GET", "Contacts").status == 403


def test_sign_in_refuses_what_it_does_not_know(xero: Xero) -> None:
    assert consent(xero, client_id="nobody").status == 400
    assert consent(xero, redirect_uri="https://evil.example/").status == 400
    sent = consent(xero, scope="accounting.everything")
    assert sent.headers["location"] == f"{BACK}?error=invalid_scope&state=s-9"
    xero.control("switches", {"scopes": "granular"})
    assert "invalid_scope" in consent(xero, scope="accounting.transactions").headers["location"]
    assert "code=" in consent(xero, scope="accounting.invoices").headers["location"]
    assert xero.token_call(grant_type="password").json == {"error": "unsupported_grant_type"}
    assert xero.token_call(basic=False, grant_type="refresh_token", refresh_token=REFRESH).json == {
        "error": "invalid_client"
    }


def refresh(xero: Xero, text: str) -> Answer:
    return xero.token_call(grant_type="refresh_token", refresh_token=text)


def test_refresh_tokens_rotate_with_half_an_hour_of_grace(xero: Xero) -> None:
    first = xero.token_call(
        basic=False, grant_type="refresh_token", refresh_token=REFRESH, client_id=APP, client_secret=SECRET
    )
    assert first.status == 200
    fresh = first.json["refresh_token"]
    assert fresh != REFRESH
    xero.control("clock", {"advance": 1790})
    assert refresh(xero, REFRESH).status == 200, "within the grace of the first use"
    xero.control("clock", {"advance": 20})
    late = refresh(xero, REFRESH)
    assert (late.status, late.json) == (400, {"error": "invalid_grant"})

    xero.control("clock", {"advance": 59 * DAY})
    fresh = refresh(xero, fresh).json["refresh_token"]
    xero.control("clock", {"advance": 60 * DAY})
    assert refresh(xero, fresh).json == {"error": "invalid_grant"}, "sixty days without use"


def test_access_ends_after_half_an_hour(xero: Xero) -> None:
    xero.control("clock", {"offset": 0})
    xero.token = refresh(xero, REFRESH).json["access_token"]
    assert xero.ask("GET", "Contacts").status == 200
    xero.control("clock", {"advance": 1801})
    ended = xero.ask("GET", "Contacts")
    assert (ended.status, ended.json["Title"]) == (401, "Unauthorized")
    assert ended.json["Detail"].startswith("TokenExpired: token expired at ")
    xero.token = "nonsense"
    assert xero.ask("GET", "Contacts").json["Detail"] == "AuthenticationUnsuccessful"
    xero.token = None
    assert xero.ask("GET", "Contacts").status == 401


def test_revoking_ends_tokens_and_connections(xero: Xero) -> None:
    assert xero.token_call("/connect/revocation", token="unknown").status == 200
    answer = xero.token_call("/connect/revocation", token=REFRESH)
    assert (answer.status, answer.body) == (200, b"")
    assert xero.ask("GET", "Contacts").status == 401
    assert refresh(xero, REFRESH).status == 400


def test_another_organisation_is_forbidden_in_lower_case(xero: Xero) -> None:
    for tenant in (UK, "nonsense", None):
        xero.tenant = tenant
        refused = xero.ask("GET", "Contacts")
        assert refused.status == 403
        assert {key: refused.json[key] for key in ("title", "status", "detail")} == {
            "title": "Forbidden",
            "status": 403,
            "detail": "AuthenticationUnsuccessful",
        }
    xero.token, xero.tenant = STRANGER, UK.upper()
    assert [row["Name"] for row in xero.rows("Contacts")] == ["Mill Lane"]


def test_a_custom_connection_needs_no_tenant(xero: Xero) -> None:
    basic = base64.b64encode(f"{CUSTOM}:s-3".encode()).decode()
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": f"Basic {basic}"}
    told = xero.send("POST", "/connect/token", b"grant_type=client_credentials", headers).json
    assert "refresh_token" not in told
    xero.token, xero.tenant = told["access_token"], None
    assert xero.ask("GET", "Organisation").json["Organisations"][0]["Version"] == "UK"
    xero.tenant = AU
    assert xero.ask("GET", "Organisation").status == 403
    assert xero.token_call(grant_type="client_credentials").json == {"error": "unauthorized_client"}


def test_a_reading_token_does_not_write(xero: Xero) -> None:
    xero.token = READER
    assert xero.ask("GET", "Contacts").status == 200
    assert xero.ask("PUT", "Contacts", {"Name": "New"}).json["Detail"] == "AuthorizationUnsuccessful"


def test_each_limit_says_which_it_is_and_how_long_to_wait(xero: Xero) -> None:
    xero.control("switches", {"per_minute": 3, "per_day": 5})
    left = [xero.ask("GET", "Items").headers["x-minlimit-remaining"] for _ in range(3)]
    assert left == ["2", "1", "0"]
    over = xero.ask("GET", "Items")
    assert (over.status, over.body, over.headers["x-rate-limit-problem"]) == (429, b"", "minute")
    assert 1 <= int(over.headers["retry-after"]) <= 60
    xero.control("clock", {"advance": int(over.headers["retry-after"])})
    answer = xero.ask("GET", "Items")
    assert (answer.status, answer.headers["x-daylimit-remaining"]) == (200, "1")
    xero.control("clock", {"advance": 61})
    assert xero.ask("GET", "Items").status == 200
    over = xero.ask("GET", "Items")
    assert over.headers["x-rate-limit-problem"] == "day"
    assert 80_000 < int(over.headers["retry-after"]) <= DAY
    xero.control("switches", {"per_minute": 60, "per_day": 5000, "app_per_minute": 1})
    over = xero.ask("GET", "Items")
    assert (over.headers["x-rate-limit-problem"], "retry-after" in over.headers) == ("appminute", False)


def test_the_starter_tier_has_a_thousand_calls_a_day(xero: Xero) -> None:
    xero.control("switches", {"tier": "starter", "per_day": None})
    assert xero.ask("GET", "Items").headers["x-daylimit-remaining"] == "999"
    xero.control("switches", {"tier": "core"})
    assert xero.ask("GET", "Items").headers["x-daylimit-remaining"] == "4998"


def test_five_calls_at_once_and_the_sixth_is_refused(xero: Xero) -> None:
    xero.control("faults", [{"do": "delay", "seconds": 0.6, "operation": "list items", "every": 1, "times": 5}])
    statuses: list[int] = []

    def call() -> None:
        with Xero(xero.address) as client:
            statuses.append(client.ask("GET", "Items").status)

    threads = [threading.Thread(target=call) for _ in range(5)]
    for thread in threads:
        thread.start()
    while xero.control("calls")["total"] < 5:
        pass  # until all five are in
    sixth = xero.ask("GET", "Contacts")
    for thread in threads:
        thread.join()
    assert (sixth.status, sixth.headers["x-rate-limit-problem"]) == (429, "concurrent")
    assert ("retry-after" in sixth.headers, statuses) == (False, [200] * 5)


def put(xero: Xero, key: str, name: str) -> Answer:
    return xero.ask("PUT", "Contacts", {"Name": name}, {"Idempotency-Key": key})


def test_a_repeated_request_is_answered_as_at_first_for_six_minutes(xero: Xero) -> None:
    first = put(xero, "k1", "Once")
    again = put(xero, "k1", "Once")
    assert (again.status, again.body) == (200, first.body)
    other = put(xero, "k1", "Twice")
    assert other.status == 400
    assert "is used with a different request" in other.json["Message"]
    xero.control("clock", {"advance": 359})
    assert put(xero, "k1", "Once").body == first.body
    xero.control("clock", {"advance": 2})
    late = put(xero, "k1", "Once")
    assert late.status == 400, "the key is forgotten: now the name is taken"
    assert put(xero, "k" * 129, "Long").status == 400
    assert len([row for row in xero.rows("Contacts") if row["Name"] == "Once"]) == 1


def test_a_kept_failure_comes_again_and_a_lost_answer_does_not_repeat(xero: Xero) -> None:
    xero.control("faults", [{"do": "status", "status": 500, "operation": "put contacts"}])
    assert put(xero, "k2", "Kept").status == 500
    assert put(xero, "k2", "Kept").status == 500, "the first answer, although nothing stands in the way any more"
    assert put(xero, "k3", "Kept").status == 200
    xero.control("faults", [{"do": "drop_after", "operation": "put contacts"}])
    with pytest.raises(OSError, match=r".*"):
        put(xero, "k4", "Lost")
    with Xero(xero.address) as second:
        assert put(second, "k4", "Lost").status == 200
        assert [row["Name"] for row in second.rows("Contacts", where='Name=="Lost"')] == ["Lost"]


def test_repeats_count_towards_the_limits(xero: Xero) -> None:
    xero.control("switches", {"per_minute": 2})
    assert put(xero, "k5", "A").status == 200
    assert put(xero, "k5", "A").status == 200
    assert put(xero, "k5", "A").status == 429
    xero.control("clock", {"advance": 61})
    assert put(xero, "k5", "A").status == 200, "a 429 is not kept"


def test_scripted_statuses_have_the_body_that_the_script_wants(xero: Xero) -> None:
    script = [
        {"do": "status", "status": 429, "headers": {"X-Rate-Limit-Problem": "day", "Retry-After": "26"}, "call": 1},
        {"do": "status", "status": 503, "body": "offline", "call": 2},
    ]
    xero.control("faults", script)
    first = xero.ask("GET", "Items")
    assert (first.status, first.body, first.headers["retry-after"]) == (429, b"", "26")
    assert (xero.ask("GET", "Items").text, xero.ask("GET", "Items").status) == ("offline", 200)
    calls = xero.control("calls")
    assert calls["by_operation"] == {"list items": 3}


def test_other_formats_and_addresses_are_refused_as_told(xero: Xero) -> None:
    xml = xero.ask("GET", "Contacts", None, {"Accept": "*/*"})
    assert (xml.status, xml.headers["content-type"]) == (406, "text/xml; charset=utf-8")
    for path in ("Nothing", "Contacts/00000000-0000-4000-8000-000000000000", "Invoices/INV-9", "TaxRates/TAX9"):
        gone = xero.ask("GET", path)
        assert (gone.status, gone.text) == (404, "The resource you're looking for cannot be found")
        assert gone.headers["content-type"].startswith("text/html")
    assert xero.ask("DELETE", "Invoices").status == 405
    assert xero.send("GET", ROOT.upper() + "CONTACTS", None, {"Accept": "application/json"}).status == 401
    assert xero.ask("PUT", "Contacts", {"Name": "x" * 3_600_000}).status == 413
    for body, number in (({}, 17), ({"Contacts": "x"}, 14), ({"Contacts": []}, 17), ([1], 14)):
        refused = xero.ask("PUT", "Contacts", body)
        assert (refused.status, refused.json["ErrorNumber"]) == (400, number)
