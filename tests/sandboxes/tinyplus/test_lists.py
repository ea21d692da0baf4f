"""Reading: one record, and lists with filters, strict bounds, sort and pages."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandboxes.client import JSON, Client
from tests.sandboxes.stage import TOKEN


def plant(api: Client, resource: str, *records: dict[str, Any]) -> None:
    api.control("seed", {"accounts": [{"key": "northlight", "records": {resource: records}}]})


@pytest.fixture
def dated(api: Client) -> Client:
    """Four contacts, the second and third changed in the same second."""
    for number, second in enumerate((0, 1, 1, 2)):
        changed = {"modified_date": f"2024-05-01 10:00:0{second}", "created_ago": 10**9}
        plant(api, "contacts", {"name": f"Contact {number}", **changed})
    return api


def test_a_record_has_every_field_in_the_fact_sheet_and_related_unless_told_not_to(api: Client) -> None:
    made = api.make("contacts", name="Ana Silva", primary_company=1, assigned_user=2)
    whole = api.get(f"contacts/{made['id']}").json
    assert whole.pop("related") == {
        "assigned_user": {"id": 2, "name": "Tom Okafor"},
        "primary_company": {"id": 1, "name": "Harbour Cafe"},
    }
    assert whole == made == api.get(f"contacts/{made['id']}", with_related=0).json
    assert made["record_url"] == f"{api.address}/app/northlight/contacts/{made['id']}"
    listed = api.get("contacts").json[str(made["id"])]
    assert "related" in listed
    assert "related" not in api.get("contacts", with_related=0).json[str(made["id"])]


@pytest.mark.parametrize(
    ("resource", "sentence"),
    [
        ("companies", "Company not found."),
        ("contacts", "Contact not found."),
        ("projects", "Project not found."),
        ("team-members", "Team member not found."),
    ],
)
def test_an_unknown_number_is_a_404_with_its_sentence(api: Client, resource: str, sentence: str) -> None:
    for number in ("999", "0", "01", "abc", "-1", "9" * 5000, "%C3%A9"):
        answer = api.get(f"{resource}/{number}")
        assert (answer.status, answer.json) == (404, {"message": sentence}), number


def test_what_is_no_address_or_method_of_the_api_is_refused(api: Client) -> None:
    for path in ("updates", "Companies", "companies/1/notes", "", "companies//1"):
        assert api.get(path).status == 404, path
    refused = api.call("PUT", "companies/1", {"name": "X"})
    assert (refused.status, refused.headers["allow"]) == (405, "GET, PATCH, DELETE")
    assert api.call("PATCH", "companies", {"name": "X"}).status == 405
    unfit = api.send("GET", "/v2/companies", headers={"Authorization": TOKEN, "Accept": "text/html"})
    assert unfit.status == 406
    assert api.get("companies/", return_format="array").json[0]["name"] == "Harbour Cafe"


def test_a_list_is_an_object_keyed_by_number_unless_an_array_is_asked_for(dated: Client) -> None:
    assert list(dated.get("contacts").json) == ["1", "2", "3", "4"]
    assert dated.get("contacts", return_format="object").json["2"]["name"] == "Contact 1"
    assert [record["id"] for record in dated.get("contacts", return_format="array").json] == [1, 2, 3, 4]
    assert dated.get("contacts", name="Nobody").json == {}
    assert dated.get("contacts", name="Nobody", return_format="array").json == []
    assert dated.get("contacts", return_format="list").status == 400


def test_a_page_has_15_records_and_at_most_100_and_the_end_is_a_short_page(api: Client) -> None:
    plant(api, "contacts", *[{"name": f"Contact {number}"} for number in range(230)])
    assert api.names("contacts") == [f"Contact {number}" for number in range(15)]
    assert len(api.names("contacts", limit=500)) == 100
    pages = [api.names("contacts", limit=100, start=start) for start in (0, 100, 200, 300)]
    assert [len(page) for page in pages] == [100, 100, 30, 0]
    assert [name for page in pages for name in page] == [f"Contact {number}" for number in range(230)]
    api.control("switches", {"limit_max": 20})
    assert len(api.names("contacts", limit=100)) == 20
    for wrong in (
        {"limit": 0},
        {"limit": "ten"},
        {"limit": ""},
        {"start": -1},
        {"start": "1.5"},
        {"with_related": "no"},
    ):
        assert api.get("contacts", **wrong).status == 400, wrong


def test_any_field_filters_by_equality(api: Client) -> None:
    plant(
        api, "companies", {"name": "Ana & Co", "email_address": "a@b.example", "remote_id": "org-7", "is_synced": True}
    )
    plant(api, "contacts", {"name": "Bo", "primary_company": 2, "assigned_user": 2})
    plant(api, "projects", {"name": "House", "fee_value": 1200.5, "record_status": "active", "phase": "Concept"})
    for filters in (
        {"name": "Ana & Co"},
        {"email_address": "a@b.example"},
        {"remote_id": "org-7"},
        {"is_synced": 1},
        {"id": 2},
        {"record_url": f"{api.address}/app/northlight/companies/2"},
        {"name": "Ana & Co", "remote_id": "org-7"},
    ):
        assert api.names("companies", **filters) == ["Ana & Co"], filters
    assert api.names("companies", email_address="") == ["Harbour Cafe"], "an empty value asks for empty fields"
    assert api.names("companies", name="ana & co") == [], "equality is exact"
    assert api.names("companies", name="Ana & Co", id=1) == []
    assert api.names("contacts", primary_company=2, assigned_user=2) == ["Bo"]
    assert api.names("projects", fee_value="1200.50", phase="Concept", record_status="active") == ["House"]
    for wrong in (
        {"id": "x"},
        {"is_synced": "yes"},
        {"assigned_user": "Mia"},
        {"modified_date": "2024-05-01T10:00:00"},
    ):
        assert api.get("companies", **wrong).status == 400, wrong


def test_bounds_leave_the_value_itself_out(dated: Client) -> None:
    at = "2024-05-01 10:00:01"
    assert dated.names("contacts", modified_date=f">{at}") == ["Contact 3"]
    assert dated.names("contacts", modified_date=f"<{at}") == ["Contact 0"]
    assert dated.names("contacts", modified_date=at) == ["Contact 1", "Contact 2"]
    assert dated.names("contacts", id=">2", modified_date=f"<{at[:-1]}2") == ["Contact 2"]
    dated.control("switches", {"bounds_inclusive": True})
    assert dated.names("contacts", modified_date=f">{at}") == ["Contact 1", "Contact 2", "Contact 3"]
    assert dated.names("contacts", modified_date=f"<{at}") == ["Contact 0", "Contact 1", "Contact 2"]
    raw = f"/v2/contacts?modified_date=>{at.replace(' ', '%20')}&return_format=array"
    assert len(dated.send("GET", raw, headers={**JSON, "Authorization": TOKEN}).json) == 3, (
        "the sign may stand as it is"
    )
    for wrong in (">", ">yesterday", "<2024-05-01", ">2024-05-01 10:00:01.5"):
        assert dated.get("contacts", modified_date=wrong).status == 400, wrong
    assert dated.send("GET", raw + f"&modified_date=<{at[:10]}", headers={**JSON, "Authorization": TOKEN}).status == 400


def test_lists_are_sorted_by_number_or_by_one_field_up_or_down(dated: Client) -> None:
    plant(dated, "contacts", {"name": "alba", "modified_date": "2023-01-01 00:00:00"})
    assert dated.names("contacts", sort="modified_date")[0] == "alba"
    assert dated.names("contacts", sort="modified_date desc") == [
        "Contact 3",
        "Contact 1",
        "Contact 2",
        "Contact 0",
        "alba",
    ]
    assert dated.names("contacts", sort="name asc")[0] == "alba", "case does not count"
    assert dated.names("contacts", sort="id desc", limit=1) == ["alba"]
    assert dated.names("contacts", sort="name", name=">A") == ["alba", *(f"Contact {number}" for number in range(4))]
    assert dated.names("contacts", sort="modified_date", modified_date=">2024-01-01 00:00:00", limit=2) == [
        "Contact 0",
        "Contact 1",
    ]
    assert dated.get("contacts", sort="name down").status == 400


def test_an_unknown_filter_is_ignored_unless_the_switch_refuses_it(dated: Client) -> None:
    assert len(dated.names("contacts", shoe_size="44", subscribed="", with_health="")) == 4
    assert dated.names("contacts", sort="shoe_size")[0] == "Contact 0"
    dated.control("switches", {"unknown_filter": "refuse"})
    assert dated.get("contacts", shoe_size="44").status == 400
    assert dated.get("contacts", sort="shoe_size").status == 400
    assert len(dated.names("contacts", subscribed="", with_health="")) == 4


def test_the_filter_by_remote_id_can_be_switched_off(dated: Client) -> None:
    assert dated.names("contacts", remote_id="x") == []
    dated.control("switches", {"filter_remote_id": False})
    assert len(dated.names("contacts", remote_id="x")) == 4


def test_lists_may_lag_behind_while_point_reads_are_current(api: Client) -> None:
    api.control("switches", {"visibility_lag_seconds": 30})
    made = api.make("companies", name="Late")
    api.patch("companies/1", {"name": "Renamed"})
    assert api.get(f"companies/{made['id']}").json["name"] == "Late"
    assert api.get("companies/1").json["name"] == "Renamed"
    assert api.names("companies") == ["Harbour Cafe"]
    assert api.names("companies", name="Renamed") == []
    api.control("clock", {"advance": 31})
    assert api.names("companies") == ["Renamed", "Late"]
    assert api.names("companies", name="Harbour Cafe") == []
    api.patch("companies/1", {"name": "Again"})
    api.delete("companies/2")
    assert api.names("companies") == ["Renamed"], "what was removed does not lag"
    api.control("switches", {"visibility_lag_seconds": 0})
    assert api.names("companies") == ["Again"]


@pytest.mark.parametrize(
    ("zone", "shown"), [("Australia/Brisbane", "10:00:00"), ("UTC", "00:00:00"), ("Asia/Tokyo", "09:00:00")]
)
def test_times_are_in_the_zone_of_the_switch_on_the_wire_and_in_filters(api: Client, zone: str, shown: str) -> None:
    plant(api, "contacts", {"name": "Old", "modified_date": "2024-05-01 10:00:00", "created_ago": 10**9})
    assert api.get("contacts/1").json["modified_date"] == "2024-05-01 10:00:00"
    api.control("switches", {"zone": zone})
    assert api.get("contacts/1").json["modified_date"] == f"2024-05-01 {shown}"
    assert api.names("contacts", modified_date=f"2024-05-01 {shown}") == ["Old"]
    assert api.names("contacts", modified_date=f">2024-05-01 {shown}") == []


def test_one_answer_stays_right_while_records_come_change_and_go(api: Client) -> None:
    numbers = [api.make("contacts", name=f"Contact {number}", remote_id=f"r{number}")["id"] for number in range(5)]
    newest = {"sort": "modified_date desc", "modified_date": ">2020-01-01 00:00:00"}
    assert len(api.names("contacts", **newest)) == 5
    assert api.names("contacts", remote_id="r3") == ["Contact 3"]
    api.control("clock", {"advance": 5})
    api.patch(f"contacts/{numbers[1]}", {"remote_id": "moved"})
    assert api.names("contacts", **newest)[0] == "Contact 1"
    assert api.names("contacts", remote_id="r1") == []
    assert api.names("contacts", remote_id="moved") == ["Contact 1"]
    api.delete(f"contacts/{numbers[3]}")
    assert api.names("contacts", remote_id="r3") == []
    assert len(api.names("contacts", **newest)) == 4
