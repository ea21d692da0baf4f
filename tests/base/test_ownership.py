"""Fields that another system keeps: refused to everybody but their owner."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from instep.base.identity.actor import Actor
from instep.base.ownership.errors import FieldOwned
from instep.base.ownership.owners import check_editable, check_editable_many, clear_owners, owners_of, set_owners
from tests.cast import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def owned(cast: Cast) -> Cast:
    set_owners(
        cast.firm.pk, "job", [1, 2], ["name", "client"], owner="tiny+", owner_key="connection:3", why="linked on 1 May"
    )
    return cast


def test_a_kept_field_is_refused_to_people_and_the_system_and_not_to_its_owner(owned: Cast) -> None:
    tiny = Actor.connection(owned.firm, 3, "tiny+")
    for by in (owned.ada, owned.system, Actor.connection(owned.firm, 4, "Synergy")):
        with pytest.raises(FieldOwned) as refused:
            check_editable(by, "job", 1, ["name", "fee", "client"])
        assert refused.value.facts["fields"] == ["client", "name"]
        assert str(refused.value) == (
            "Client, name of this job are kept in tiny+. Change it in tiny+; it arrives here with the next sync."
        )
        assert refused.value.facts["owner_key"] == "connection:3"
    check_editable(tiny, "job", 1, ["name", "client"])
    check_editable(owned.ada, "job", 1, ["fee"])
    check_editable(owned.ada, "job", 3, ["name"])
    check_editable(owned.ada, "contact", 1, ["name"])
    check_editable(owned.odo, "job", 1, ["name"])


def test_checking_costs_one_query_for_one_record_or_many(owned: Cast) -> None:
    with CaptureQueriesContext(connection) as queries:
        check_editable(owned.ada, "job", 1, ["fee", "scope"])
    assert len(queries) == 1
    with CaptureQueriesContext(connection) as queries:
        check_editable(owned.ada, "job", 1, [])
    assert len(queries) == 0
    many = {record_id: ["fee"] for record_id in range(1, 1001)}
    with CaptureQueriesContext(connection) as queries:
        check_editable_many(owned.ada, "job", many)
    assert len(queries) == 2
    # Each record is asked for its own fields: 3 has the name among its changes and nobody keeps it there.
    check_editable_many(owned.ada, "job", {1: ["fee"], 3: ["name"]})
    with pytest.raises(FieldOwned) as refused:
        check_editable_many(owned.ada, "job", {1: ["fee"], 2: ["name"]})
    assert (refused.value.facts["record_id"], refused.value.facts["fields"]) == (2, ["name"])


def test_owners_are_shown_kept_and_given_back(owned: Cast) -> None:
    later = timezone.now() + dt.timedelta(days=1)
    since = owners_of(owned.firm.pk, "job", [1])[1]["name"].since
    set_owners(owned.firm.pk, "job", [1], ["name", "fee"], owner="tiny+", owner_key="connection:3", why="v", now=later)
    shown = owners_of(owned.firm.pk, "job", [1, 2, 9])
    assert {pk: sorted(fields) for pk, fields in shown.items()} == {
        1: ["client", "fee", "name"],
        2: ["client", "name"],
        9: [],
    }
    assert (shown[1]["name"].since, shown[1]["name"].why, shown[1]["fee"].since) == (since, "v", later)
    with pytest.raises(FieldOwned):
        set_owners(owned.firm.pk, "job", [5, 2], ["name"], owner="Synergy", owner_key="connection:4")
    assert owners_of(owned.firm.pk, "job", [5]) == {5: {}}
    assert clear_owners(owned.firm.pk, owner_key="connection:3", kind="job", ids=[1], fields=["fee"]) == 1
    assert clear_owners(owned.other_firm.pk, owner_key="connection:3") == 0
    assert clear_owners(owned.firm.pk, owner_key="connection:3") == 4


def test_a_thousand_records_get_their_owner_in_few_statements(cast: Cast) -> None:
    with CaptureQueriesContext(connection) as queries:
        set_owners(cast.firm.pk, "job", range(1000), ["a", "b"], owner="tiny+", owner_key="connection:3")
    statements = [query for query in queries if "SAVEPOINT" not in query["sql"]]
    assert len(statements) <= 30  # SQLite takes 111 rows in one insert, PostgreSQL all of a batch
