"""Setting the stage: seeds are taken whole or not at all; a test may edit as a person does."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.sandboxes.client import Client


def seed(api: Client, **account: Any) -> Any:
    return api.control("seed", {"accounts": [{"key": "northlight", **account}]})


def test_a_seed_tells_the_numbers_it_gave_and_links_by_name_or_number(api: Client) -> None:
    told = seed(
        api,
        records={
            "contacts": [{"name": "Ana Silva", "primary_company": "Kiosk", "assigned_user": "Tom Okafor"}],
            "companies": [{"name": "Kiosk", "id": 40}, {"name": "Next"}],
            "projects": [
                {"name": "Hall", "client_company": 40, "fee_value": 12500.5, "created_ago": 86400, "modified_user": 2}
            ],
        },
    )
    assert told == {"accounts": {"northlight": {"records": {"companies": [40, 41], "contacts": [1], "projects": [1]}}}}
    contact, project = api.get("contacts/1").json, api.get("projects/1").json
    assert (contact["primary_company"], contact["assigned_user"]) == (40, 2)
    assert (project["fee_value"], project["modified_user"]) == (12500.5, 2)
    assert project["created_date"][:10] < project["modified_date"][:10]


def test_a_record_that_is_there_is_changed_and_settings_are_kept_unless_given(api: Client) -> None:
    seed(
        api,
        records={"companies": [{"id": 1, "name": "Harbour Cafe", "abn": "1", "modified_date": "2024-01-02 03:04:05"}]},
    )
    changed = api.get("companies/1").json
    assert (changed["abn"], changed["modified_date"]) == ("1", "2024-01-02 03:04:05")
    assert api.post("projects", {"name": "X", "project_type": "House"}).status == 201
    seed(api, project_types=["Barn"], phases={})
    assert api.post("projects", {"name": "X", "project_type": "House"}).status == 422


@pytest.mark.parametrize(
    "account",
    [
        {"records": {"companies": [{"name": "Fits"}, {"name": "x" * 201}]}},
        {"records": {"companies": [{"name": "Fits"}], "contacts": [{"name": "A", "primary_company": "Nobody"}]}},
        {"records": {"companies": [{"name": "Fits"}, {"name": "A", "modified_date": "yesterday"}]}},
        {"records": {"companies": [{"name": "Fits"}], "updates": []}},
        {"records": {"companies": [{"name": "Fits"}]}, "tokens": [{"token": "hs-write"}]},
        {"records": {"companies": [{"name": "Fits"}]}, "tokens": [{"token": "new", "member": 99}]},
        {"records": {"companies": [{"name": "Fits"}]}, "colour": "red"},
        {"project_types": ["Fits"], "phases": {"lost": ["X"]}},
        {"name": "Fits", "key": "Not A Key"},
    ],
)
def test_a_seed_with_a_fault_changes_nothing(api: Client, account: dict[str, Any]) -> None:
    before = [api.control(f"records?account=northlight&resource={name}") for name in ("companies", "contacts")]
    body = {"switches": {"limit_max": 3}, "accounts": [{"key": "fresh"}, {"key": "northlight", **account}]}
    refused = api.send("POST", "/_sandbox/seed", json.dumps(body).encode())
    assert (refused.status, list(refused.json)) == (422, ["message"])
    assert before == [api.control(f"records?account=northlight&resource={name}") for name in ("companies", "contacts")]
    assert api.send("GET", "/_sandbox/records?account=fresh&resource=companies").status == 404
    assert api.control("switches")["limit_max"] == 100
    assert api.post("projects", {"name": "X", "project_type": "House"}).status == 201
    assert api.names("companies", name="Fits") == []


def test_a_test_edits_as_a_person_without_being_counted(api: Client) -> None:
    to = {"account": "northlight", "resource": "companies"}
    made = api.control("edit", {**to, "do": "create", "fields": {"name": "By hand"}})
    assert (made["id"], made["modified_user"]) == (2, 1)
    api.control("clock", {"advance": 5})
    changed = api.control("edit", {**to, "id": 2, "fields": {"abn": "7"}})
    assert changed["modified_date"] > made["modified_date"]
    assert api.control("edit", {**to, "do": "delete", "id": 1}) == {"deleted": 1}
    assert api.control("calls")["total"] == 0
    assert api.names("companies") == ["By hand"]
    for bad, status in (
        ({"id": 9}, 404),
        ({"id": 2, "fields": {"name": ""}}, 422),
        ({"do": "burn", "id": 2}, 400),
        ({"account": "x"}, 404),
    ):
        assert api.send("POST", "/_sandbox/edit", json.dumps({**to, **bad}).encode()).status == status, bad
