"""Writing: what is stored, what is refused, and what each resource has of its own."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from tests.sandboxes.client import JSON, Client
from tests.sandboxes.stage import TOKEN, ZONE_HOURS


def wrong_fields(api: Client, path: str, body: object, method: str = "POST") -> list[str]:
    """The fields that a refused body was refused for; nothing is stored by it."""
    resource = path.partition("/")[0]
    before = api.control(f"records?account=northlight&resource={resource}")
    answer = api.call(method, path, body)
    assert answer.status == 422, answer.text
    assert set(answer.json) == {"message", "errors"}
    assert all(isinstance(sentence, str) for sentences in answer.json["errors"].values() for sentence in sentences)
    assert api.control(f"records?account=northlight&resource={resource}") == before
    return sorted(answer.json["errors"])


def test_a_post_creates_and_answers_the_number_or_the_whole_record(api: Client) -> None:
    answer = api.post("companies", {"name": "Kurrajong School"})
    assert (answer.status, answer.json) == (201, {"id": 2})
    whole = api.post("companies", {"name": "Kurrajong School", "email_address": "a@b.example"}, return_record=1)
    assert (whole.status, whole.json) == (201, api.get("companies/3", with_related=0).json), "names may be twice"
    assert {whole.json[name] for name in ("website", "remote_id", "assigned_user", "record_status")} == {None}
    assert whole.json["is_synced"] is False
    assert api.post("companies", {"name": "X"}, return_record="yes").status == 400


def test_a_patch_changes_the_fields_sent_and_leaves_the_others(api: Client) -> None:
    made = api.make(
        "companies", name="Cafe", description="One\nTwo", abn="51 824 753 556", is_synced=True, sync_origin="Instep"
    )
    api.control("clock", {"advance": 10})
    answer = api.patch(f"companies/{made['id']}", {"mobile": "0400 000 000", "description": None, "abn": ""})
    assert (answer.status, answer.json) == (200, {"id": made["id"]})
    now = api.get(f"companies/{made['id']}", with_related=0).json
    changed = {"mobile": "0400 000 000", "description": None, "abn": None, "modified_date": now["modified_date"]}
    assert now == {**made, **changed}
    assert now["modified_date"] > made["modified_date"] == made["created_date"]
    assert api.patch(f"companies/{made['id']}", {"is_synced": None}, return_record=1).json["is_synced"] is False


def test_a_delete_removes_and_leaves_no_trace(api: Client) -> None:
    api.make("contacts", name="Bo", primary_company=1)
    assert (api.delete("companies/1").status, api.delete("companies/1").status) == (200, 404)
    assert api.get("companies/1").json == {"message": "Company not found."}
    assert api.get("companies").json == {}
    assert api.patch("companies/1", {"name": "X"}).status == 404
    contact = api.get("contacts/1").json
    assert (contact["primary_company"], contact["related"]) == (1, {}), "what points there keeps its number"
    assert wrong_fields(api, "contacts/1", {"primary_company": 1}, "PATCH") == ["primary_company"]
    assert api.make("companies", name="Next")["id"] == 2, "a number is not given out again"


def test_only_a_name_is_required(api: Client) -> None:
    for resource in ("companies", "contacts", "projects", "team-members"):
        assert api.post(resource, {"name": "X"}).status == 201
        for body in ({}, {"name": ""}, {"name": None}, {"name": "  "}):
            assert wrong_fields(api, resource, body) == ["name"]
        assert wrong_fields(api, f"{resource}/1", {"name": " "}, "PATCH") == ["name"]
    assert wrong_fields(api, "contacts", {"first_name": "Ana", "last_name": "Silva"}) == ["name"]


@pytest.mark.parametrize(
    ("field", "limit"),
    [
        ("name", 200),
        ("sync_origin", 50),
        ("remote_id", 200),
        ("external_url", 500),
        ("mobile", 200),
        ("website", 500),
        ("abn", 50),
    ],
)
def test_a_text_at_its_limit_is_stored_and_a_longer_one_is_refused_never_cut(
    api: Client, field: str, limit: int
) -> None:
    fits = "ä" * limit
    assert api.make("companies", **{"name": "X", field: f" {fits}\n"})[field] == fits
    assert wrong_fields(api, "companies", {"name": "X", field: fits + "ä"}) == [field]


def test_text_is_trimmed_at_both_ends_and_kept_inside(api: Client) -> None:
    text = "  12 Wharf St\r\n\r\n  Brisbane\tQLD \n"
    assert api.make("companies", name=" A  B ", physical_address=text) | {"id": 0} == {
        **api.get("companies/2", with_related=0).json,
        "id": 0,
        "name": "A  B",
        "physical_address": "12 Wharf St\r\n\r\n  Brisbane\tQLD",
    }
    api.control("switches", {"trim": False})
    assert api.make("companies", name=" A ", physical_address=text)["physical_address"] == text


def test_values_of_the_wrong_type_are_refused(api: Client) -> None:
    for field, value in (
        ("description", 7),
        ("description", ["a"]),
        ("description", "\ud800"),
        ("email_address", True),
        ("is_synced", "true"),
        ("is_synced", 1),
        ("assigned_user", "1"),
        ("assigned_user", 1.0),
        ("assigned_user", True),
        ("assigned_user", 99),
        ("record_status", "Prospect"),
        ("record_status", 1),
    ):
        assert wrong_fields(api, "companies", {"name": "X", field: value}) == [field], (field, value)


def test_all_faults_of_a_body_are_told_at_once(api: Client) -> None:
    body = {"abn": "x" * 51, "assigned_user": 99, "colour": "red", "id": 7}
    assert wrong_fields(api, "companies", body) == ["abn", "assigned_user", "colour", "id", "name"]


def test_unknown_and_read_only_fields_are_refused_or_ignored(api: Client) -> None:
    readonly = {"id": 9, "created_date": "2020-01-01 00:00:00", "modified_user": 1, "record_url": "x", "related": {}}
    for field, value in {**readonly, "colour": "red", "email": "of team members only"}.items():
        assert wrong_fields(api, "companies", {"name": "X", field: value}) == [field]
        assert wrong_fields(api, "companies/1", {field: value}, "PATCH") == [field]
    api.control("switches", {"unknown_field": "ignore"})
    made = api.make("companies", name="X", **readonly, colour="red")
    assert (made["id"], made["created_date"][:2]) == (2, "20")
    assert "colour" not in made


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b'"x"', b"{", b'{"name": NaN}', b'{"name": "\xff"}', b"[" * 100_000, b'\xef\xbb\xbf{"name":"X"}'],
)
def test_a_body_that_is_no_json_object_is_400(api: Client, body: bytes) -> None:
    answer = api.send("POST", "/v2/companies", body, {**JSON, "Authorization": TOKEN})
    assert (answer.status, list(answer.json)) == (400, ["message"])
    assert api.names("companies") == ["Harbour Cafe"]


def test_a_body_must_be_sent_as_json(api: Client) -> None:
    body = json.dumps({"name": "X"}).encode()
    for kind, status in (
        ("application/json; charset=utf-8", 201),
        ("text/plain", 415),
        (None, 415),
        ("application/json; charset=latin1", 415),
    ):
        headers = {"Authorization": TOKEN, **({"Content-Type": kind} if kind else {})}
        assert api.send("POST", "/v2/companies", body, headers).status == status, kind


def test_the_name_of_a_contact_and_its_parts_follow_each_other(api: Client) -> None:
    def parts(record: dict[str, Any]) -> tuple[str, str | None, str | None]:
        return record["name"], record["first_name"], record["last_name"]

    made = api.make("contacts", name="Ana Maria de Souza")
    assert parts(made) == ("Ana Maria de Souza", "Ana Maria de", "Souza")

    def patched(**fields: object) -> tuple[str, str | None, str | None]:
        return parts(api.patch("contacts/1", fields, return_record=1).json)

    assert patched(first_name="Ana Maria", last_name="de Souza") == ("Ana Maria de Souza", "Ana Maria", "de Souza")
    assert patched(first_name="Ana") == ("Ana de Souza", "Ana", "de Souza")
    assert patched(last_name=None) == ("Ana", "Ana", None)
    assert patched(name="Bo  Li") == ("Bo  Li", "Bo", "Li")
    assert patched(name="Cher") == ("Cher", "Cher", None)
    assert patched(name="Somebody Else", last_name="Li") == ("Cher Li", "Cher", "Li"), "the parts win"
    assert wrong_fields(api, "contacts/1", {"first_name": "", "last_name": ""}, "PATCH") == ["name"]
    assert wrong_fields(api, "contacts/1", {"first_name": "x" * 198}, "PATCH") == ["name"]
    assert api.make("contacts", name="X Y")["record_status"] == "active"
    assert wrong_fields(api, "contacts/1", {"record_status": "latent"}, "PATCH") == ["record_status"]


def test_a_project_moves_through_its_statuses_with_phases_below_them(api: Client) -> None:
    made = api.make("projects", name="Hall")
    assert (made["record_status"], made["phase"]) == ("proposed", None)

    def moved(**fields: object) -> tuple[str, str | None]:
        record = api.patch("projects/1", fields, return_record=1).json
        return record["record_status"], record["phase"]

    assert moved(phase="Enquiry") == ("proposed", "Enquiry")
    assert wrong_fields(api, "projects/1", {"phase": "Concept"}, "PATCH") == ["phase"]
    assert wrong_fields(api, "projects/1", {"record_status": "active", "phase": "Enquiry"}, "PATCH") == ["phase"]
    assert moved(record_status="active", phase="Concept") == ("active", "Concept")
    assert moved(record_status="active") == ("active", "Concept"), "the same status keeps its phase"
    assert moved(description="x") == ("active", "Concept")
    assert moved(record_status="won") == ("won", None)
    assert moved(record_status="active", phase="Documentation") == ("active", "Documentation")
    assert moved(record_status="completed") == ("completed", None)
    for status in (None, "", "hold"):
        assert wrong_fields(api, "projects/1", {"record_status": status}, "PATCH") == ["record_status"]


def test_won_can_be_switched_off(api: Client) -> None:
    api.make("projects", name="Won before", record_status="won")
    api.control("switches", {"won_enabled": False})
    assert wrong_fields(api, "projects", {"name": "X", "record_status": "won"}) == ["record_status"]
    assert api.get("projects/1").json["record_status"] == "won"
    assert api.patch("projects/1", {"record_status": "active"}).status == 200


def test_the_type_and_client_of_a_project_must_exist(api: Client) -> None:
    made = api.make("projects", name="Hall", project_type="School", client_company=1, project_number="24-011")
    assert (made["project_type"], made["client_company"], made["project_number"]) == ("School", 1, "24-011")
    assert wrong_fields(api, "projects", {"name": "X", "project_type": "school"}) == ["project_type"]
    assert wrong_fields(api, "projects", {"name": "X", "client_company": 2}) == ["client_company"]
    assert api.patch("projects/1", {"project_type": None, "client_company": None}).status == 200


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("1200.50", "1200.5"),
        ("0.10", "0.1"),
        ("-3", "-3"),
        ("1e3", "1000"),
        ("9999999999999.99", "9999999999999.99"),
        ("null", "null"),
    ],
)
def test_a_fee_keeps_its_cents_exactly(api: Client, sent: str, stored: str) -> None:
    body = f'{{"name": "Hall", "fee_value": {sent}}}'.encode()
    answer = api.send("POST", "/v2/projects?return_record=1", body, {**JSON, "Authorization": TOKEN})
    assert answer.status == 201
    assert f'"fee_value":{stored}}}' in answer.text


@pytest.mark.parametrize(
    "fee", ["1.005", '"12"', "true", "10000000000000", "1e400", "1.00000000000000000000000000000001"]
)
def test_a_fee_of_more_than_two_decimals_or_no_number_is_refused(api: Client, fee: str) -> None:
    body = f'{{"name": "Hall", "fee_value": {fee}}}'.encode()
    answer = api.send("POST", "/v2/projects", body, {**JSON, "Authorization": TOKEN})
    assert (answer.status, list(answer.json["errors"])) == (422, ["fee_value"])


def test_the_email_of_an_active_team_member_stays(api: Client) -> None:
    assert wrong_fields(api, "team-members/1", {"email": "new@northlight.example"}, "PATCH") == ["email"]
    assert wrong_fields(api, "team-members/1", {"email": "x@y.example", "record_status": "ghost"}, "PATCH") == ["email"]
    assert api.patch("team-members/1", {"email": "mia@northlight.example", "role": "Director"}).status == 200
    assert api.patch("team-members/1", {"record_status": "deactivated"}).status == 200
    assert api.patch("team-members/1", {"email": "new@northlight.example", "record_status": "active"}).status == 200
    assert api.patch("team-members/2", {"email": "ghosts@northlight.example"}).status == 200
    assert wrong_fields(api, "team-members/2", {"record_status": "prospect"}, "PATCH") == ["record_status"]


def test_dates_are_whole_seconds_of_the_sandbox_clock_as_the_date_header_is(api: Client) -> None:
    api.control("clock", {"offset": -86_400 * 100})
    answer = api.post("companies", {"name": "Past"}, return_record=1)
    header = parsedate_to_datetime(answer.headers["date"])
    told = datetime.strptime(answer.json["modified_date"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    assert abs(told - timedelta(hours=ZONE_HOURS) - header) <= timedelta(seconds=1)
    assert timedelta(days=99) < datetime.now(UTC) - header < timedelta(days=101)
