"""Organisations through their actions."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from instep.base.audit.models import AuditEntry
from instep.base.identity.actor import Actor
from instep.base.outbox.models import OutboxRow
from instep.base.ownership.errors import FieldOwned
from instep.base.ownership.owners import clear_owners, set_owners
from instep.base.records.errors import StillUsed
from instep.base.records.outcomes import Edit
from instep.crm.actions.contacts import create_contact
from instep.crm.actions.organisation_writer import OrganisationWriter
from instep.crm.actions.organisations import (
    archive_organisation,
    create_organisation,
    create_organisations,
    remove_organisation,
    restore_organisation,
    update_organisation,
    update_organisations,
)
from instep.crm.errors import CodeTaken, NoSuchResource, SimilarNameExists
from instep.crm.models import CrmWord, Organisation
from instep.crm.queries import (
    client_code_for,
    organisation_details,
    organisation_list,
    organisation_page,
    organisations_named,
)
from instep.crm.states import Stage
from instep.kernel.errors import BadValue, NotAllowed, NotFound, StaleVersion
from instep.staff.actions.resources import create_staff, deactivate_staff
from tests.cast import Cast

pytestmark = pytest.mark.django_db
FULL: dict[str, Any] = {
    "name": "Smith & Sons Pty. Ltd.",
    "stage": "client",
    "code": "SMI",
    "is_supplier": True,
    "email": "office@smith.example",
    "phone": "(02) 9876 5432",
    "mobile": "0412 345 678",
    "website": "https://www.smith.example/",
    "linkedin": "https://linkedin.com/company/smith",
    "tax_number": "51 824 753 556",
    "address": "Level 2\r\n5 George St \r\nSydney NSW 2000",
    "postal_address": "PO Box 1",
    "billing_address": "Accounts",
    "other_address": "Yard",
}


@pytest.mark.capability("T-16")
def test_an_organisation_holds_everything_that_is_known_of_it(cast: Cast) -> None:
    manager = create_staff(first_name="Ann", by=cast.bo).sure()
    outcome = create_organisation(by=cast.bo, account_manager=manager.pk, **FULL)
    details = organisation_details(cast.firm.pk, outcome.sure().pk)
    row = details.organisation
    texts = ("name", "email", "phone", "mobile", "website", "linkedin", "tax_number", "code", "stage")
    assert {name: getattr(row, name) for name in texts} == {name: FULL[name] for name in texts}
    assert (row.match_name, row.is_supplier, row.is_person, row.version) == ("smith and sons", True, False, 1)
    assert details.street == "Level 2\n5 George St\nSydney NSW 2000"
    assert details.addresses == {
        "street": details.street,
        "postal": "PO Box 1",
        "billing": "Accounts",
        "other": "Yard",
    }
    assert row.account_manager == manager
    assert outcome.warnings == ()
    entry = AuditEntry.objects.of(cast.firm).get(event="organisation.created")
    assert entry.record_id == row.pk
    assert entry.changes["name"] == [None, FULL["name"]]
    assert entry.changes["account_manager"] == [None, manager.pk]
    assert OutboxRow.objects.of(cast.firm).filter(kind="organisation", record_id=row.pk).count() == 1


@pytest.mark.capability("A-19")
def test_an_individual_is_an_organisation_with_a_flag_and_their_contact(cast: Cast) -> None:
    row = create_organisation(name="Mary O'Neil", is_person=True, stage="prospect", by=cast.bo).sure()
    contact = create_contact(first_name="Mary", last_name="O'Neil", organisation=row.pk, by=cast.bo).sure()
    details = organisation_details(cast.firm.pk, row.pk)
    assert (details.organisation.is_person, details.contacts) == (True, [contact])


@pytest.mark.capability("A-23")
def test_a_doubtful_tax_number_is_saved_as_typed_with_a_warning(cast: Cast) -> None:
    outcome = create_organisation(name="Acme", tax_number="51 824 753 557", by=cast.bo)
    assert [warning.code for warning in outcome.warnings] == ["doubtful_tax_number"]
    assert "51 824 753 557" in str(outcome.warnings[0])
    row = outcome.sure()
    assert row.tax_number == "51 824 753 557"
    assert not update_organisation(row.pk, by=cast.system, changes={"tax_number": "ABN 51824753557"}).changed
    mended = update_organisation(row.pk, by=cast.bo, changes={"tax_number": "51 824 753 556"})
    assert (mended.changed, mended.warnings) == (True, ())


@pytest.mark.capability("E-13")
def test_a_similar_name_is_a_caution_that_lists_the_others_and_may_be_accepted(cast: Cast) -> None:
    first = create_organisation(name="Smith & Sons Pty Ltd", by=cast.bo).sure()
    with pytest.raises(SimilarNameExists, match="Smith & Sons Pty Ltd") as refusal:
        create_organisation(name="SMITH AND SONS P/L", by=cast.bo)
    assert refusal.value.facts["others"] == [{"id": first.pk, "name": "Smith & Sons Pty Ltd"}]
    second = create_organisation(name="SMITH AND SONS P/L", by=cast.bo, accepted={"similar_name"}).sure()
    other = create_organisation(name="Jones", by=cast.bo).sure()
    with pytest.raises(SimilarNameExists):
        update_organisation(other.pk, by=cast.bo, changes={"name": "Smith and Sons"})
    # Its own spelling may change, and neither the archived nor another firm's organisation is in the way.
    update_organisation(second.pk, by=cast.bo, changes={"name": "Smith and Sons Limited"})
    for row in (first, second):
        archive_organisation(row.pk, by=cast.bo)
    create_organisation(name="Smith & Sons", by=cast.bo)
    create_organisation(name="Smith & Sons", by=cast.odo)
    twins = create_organisations([{"name": "Twin"}, {"name": "Twin Ltd"}], by=cast.bo)
    assert [outcome.refusal.code if outcome.refusal else "" for outcome in twins] == ["", "similar_name"]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": ""}, "Name"),
        ({"name": None}, "Name"),
        ({"name": "\u200b \x00"}, "Name"),
        ({"name": "x" * 201}, "Name"),
        ({"name": {"a": 1}}, "Name"),
        ({"email": "nobody"}, "Email"),
        ({"website": " javascript:alert(1)"}, "Website"),
        ({"stage": "friend"}, "Stage"),
        ({"stage": ["client"]}, "Stage"),
        ({"is_supplier": "no"}, "Supplier"),
        ({"code": "way too long for a client code"}, "Client code"),
        ({"code": 7}, "Client code"),
        ({"address": 7.5}, "Address"),
        ({"archived": 1}, "Archived"),
        ({"match_name": "x"}, "match_name"),
    ],
)
def test_what_a_field_cannot_hold_is_refused_with_the_fields_name(
    cast: Cast, values: dict[str, Any], field: str
) -> None:
    with pytest.raises(BadValue) as refusal:
        create_organisation(by=cast.bo, **{"name": "Acme", **values})
    assert refusal.value.facts["field"] == field
    row = create_organisation(name="Acme", by=cast.bo).sure()
    with pytest.raises(BadValue):
        update_organisation(row.pk, by=cast.bo, changes=values)
    assert organisation_list(cast.firm.pk, archived=None).get().version == 1


def test_a_change_touches_the_fields_given_and_writes_what_was_and_is(cast: Cast) -> None:
    row = create_organisation(by=cast.bo, **FULL).sure()
    changes = {"phone": "", "address": "7 Pitt St", "is_supplier": False, "postal_address": None}
    outcome = update_organisation(row.pk, by=cast.ada, changes=changes, expected_version=1)
    assert (outcome.changed, outcome.sure().version) == (True, 2)
    entry = AuditEntry.objects.of(cast.firm).get(event="organisation.updated")
    assert entry.changes == {
        "phone": ["(02) 9876 5432", None],
        "address": ["Level 2\n5 George St\nSydney NSW 2000", "7 Pitt St"],
        "is_supplier": [True, False],
        "postal_address": ["PO Box 1", None],
    }
    details = organisation_details(cast.firm.pk, row.pk)
    assert (details.organisation.email, details.organisation.phone) == (FULL["email"], "")
    assert details.addresses == {"street": "7 Pitt St", "billing": "Accounts", "other": "Yard"}
    with pytest.raises(StaleVersion):
        update_organisation(row.pk, by=cast.bo, changes={"phone": "1"}, expected_version=1)


def test_what_already_is_so_is_not_written_again(cast: Cast) -> None:
    row = create_organisation(by=cast.bo, **FULL).sure()
    journal, notices = AuditEntry.objects.count(), OutboxRow.objects.get(kind="organisation").version
    same = {**FULL, "phone": "+61298765432", "website": "www.smith.example", "tax_number": "51824753556"}
    assert not update_organisation(row.pk, by=cast.system, changes=same).changed
    assert not update_organisation(row.pk, by=cast.bo, changes=FULL).changed
    row.refresh_from_db()
    assert (row.version, row.phone) == (1, FULL["phone"])
    assert (AuditEntry.objects.count(), OutboxRow.objects.get(kind="organisation").version) == (journal, notices)


def test_what_a_remote_calls_an_email_is_kept_as_it_came(cast: Cast) -> None:
    row = create_organisation(name="Acme", email="ask reception", by=cast.system).sure()
    assert row.email == "ask reception"
    assert not update_organisation(row.pk, by=cast.system, changes={"email": "Ask  Reception"}).changed
    with pytest.raises(BadValue):
        create_organisation(name="Beta", website="JavaScript:alert(1)", by=cast.system)


def test_a_known_name_is_the_oldest_that_is_on_the_lists(cast: Cast) -> None:
    made = [create_organisation(name="Twin", by=cast.bo, accepted={"similar_name"}).sure() for _ in range(3)]
    archive_organisation(made[0].pk, by=cast.bo)
    assert organisations_named(cast.firm.pk, ["twin", "nobody"]) == {"twin": made[1].pk}
    assert organisations_named(cast.other_firm.pk, ["twin"]) == {}


def test_fields_kept_elsewhere_refuse_people_and_imports_alike_but_not_their_keeper(cast: Cast) -> None:
    row = create_organisation(name="Acme", address="1 A St", by=cast.bo).sure()
    set_owners(cast.firm.pk, "organisation", [row.pk], ["address", "email"], owner="tiny+", owner_key="connection:7")
    for by in (cast.ada, cast.system):
        with pytest.raises(FieldOwned, match="tiny"):
            update_organisation(row.pk, by=by, changes={"address": "2 B St"})
    assert update_organisation(row.pk, by=cast.ada, changes={"address": "1 A St", "phone": "1"}).changed
    keeper = Actor.connection(cast.firm, 7, "tiny+")
    outcomes = update_organisations([Edit(row.pk, {"address": "2 B St"})], by=keeper)
    assert outcomes[0].changed
    assert organisation_details(cast.firm.pk, row.pk).street == "2 B St"


def test_account_managers_and_default_handlers_are_active_resources_of_the_firm(cast: Cast) -> None:
    ann = create_staff(first_name="Ann", by=cast.bo).sure()
    foreign = create_staff(first_name="Fay", by=cast.odo).sure()
    row = create_organisation(name="Acme", default_handler=ann.pk, by=cast.bo).sure()
    deactivate_staff(ann.pk, by=cast.bo)
    # Who was chosen while active may stay, but is not chosen anew.
    assert not update_organisation(row.pk, by=cast.bo, changes={"default_handler": ann.pk}).changed
    for chosen in (ann.pk, foreign.pk, 10**30, "1", [1]):
        with pytest.raises(NoSuchResource):
            update_organisation(row.pk, by=cast.bo, changes={"account_manager": chosen})
    assert update_organisation(row.pk, by=cast.bo, changes={"default_handler": None}).changed


def test_an_archived_organisation_leaves_the_lists_and_comes_back_and_only_an_unused_one_is_removed(
    cast: Cast,
) -> None:
    row = create_organisation(by=cast.bo, **FULL).sure()
    contact = create_contact(first_name="Ann", organisation=row.pk, by=cast.bo).sure()
    assert archive_organisation(row.pk, by=cast.bo, expected_version=1).sure().archived_at is not None
    assert not archive_organisation(row.pk, by=cast.bo).changed
    assert list(organisation_list(cast.firm.pk)) == []
    assert list(organisation_list(cast.firm.pk, archived=True)) == [row]
    assert restore_organisation(row.pk, by=cast.bo).sure().version == 3
    with pytest.raises(StillUsed, match="contact"):
        remove_organisation(row.pk, by=cast.bo)
    assert organisation_details(cast.firm.pk, row.pk).contacts == [contact]
    lone = create_organisation(name="Lone", address="1 A St", by=cast.bo).sure()
    set_owners(cast.firm.pk, "organisation", [lone.pk], ["email"], owner="tiny+", owner_key="connection:7")
    with pytest.raises(FieldOwned):
        remove_organisation(lone.pk, by=cast.bo)
    clear_owners(cast.firm.pk, owner_key="connection:7")
    remove_organisation(lone.pk, by=cast.bo)
    assert not Organisation.objects.filter(pk=lone.pk).exists()
    assert not CrmWord.objects.filter(kind="organisation", record_id=lone.pk).exists()
    assert OutboxRow.objects.get(kind="organisation", record_id=lone.pk).version == 2


def test_a_bulk_action_keeps_the_good_rows_and_says_why_of_the_others(cast: Cast) -> None:
    rows = [
        {"name": "Alpha", "stage": "client", "code": "A1", "address": "1 A St"},
        {"name": "Beta", "stage": "client", "code": "A1"},
        {"name": "Gamma", "stage": "client"},
        {"name": ""},
        {"name": "Delta", "phone": "0412 345 678"},
    ]
    outcomes = create_organisations(rows, by=cast.bo)
    codes = [outcome.refusal.code if outcome.refusal else "made" for outcome in outcomes]
    assert codes == ["made", "code_taken", "code_needed", "bad_value", "made"]
    assert sorted(organisation_list(cast.firm.pk).values_list("name", flat=True)) == ["Alpha", "Delta"]
    entry = AuditEntry.objects.of(cast.firm).get(event="organisation.created")
    assert set(entry.changes) == {str(outcomes[0].id), str(outcomes[4].id)}
    assert entry.changes[str(outcomes[0].id)]["address"] == [None, "1 A St"]
    filled = create_organisations([rows[2], {**rows[2], "name": "Gamma Two"}], by=cast.bo, fill_gaps=True)
    assert [outcome.sure().code for outcome in filled] == ["GAMM", "GT"]
    twins = [{**rows[2], "name": name} for name in ("Gum Tree", "Green Tea", "Gold Tip")]
    more = create_organisations(twins, by=cast.bo, fill_gaps=True)
    assert [outcome.sure().code for outcome in more] == ["GT2", "GT3", "GT4"]
    assert client_code_for(cast.firm.pk, "Gun Tower Pty Ltd") == "GT5"
    assert client_code_for(cast.firm.pk, "東京") == "C"


def test_somebody_faster_with_the_same_code_costs_the_row_not_the_page(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_organisation(name="First", stage="client", code="X1", by=cast.bo)
    second = create_organisation(name="Second", stage="client", code="X2", by=cast.bo).sure()

    # What a second transaction would do between our look and our write: we did not see the code.
    def blind(self: OrganisationWriter, drafts: object) -> None:
        self._codes, self._all_codes = {}, True

    monkeypatch.setattr(OrganisationWriter, "_gather_codes", blind)
    rows = [{"name": "A"}, {"name": "B", "stage": "client", "code": "X1"}, {"name": "C", "address": "1 A St"}]
    outcomes = create_organisations(rows, by=cast.bo)
    assert [outcome.refusal.code if outcome.refusal else "made" for outcome in outcomes] == [
        "made",
        "code_taken",
        "made",
    ]
    with pytest.raises(CodeTaken, match="First"):
        update_organisation(second.pk, by=cast.bo, changes={"code": "X1"})
    edits = [Edit(second.pk, {"code": "X1"}), Edit(outcomes[0].id or 0, {"code": "X3"})]
    updated = update_organisations(edits, by=cast.bo)
    assert [outcome.refusal.code if outcome.refusal else "done" for outcome in updated] == ["code_taken", "done"]
    assert Organisation.objects.get(pk=second.pk).code == "X2"


def test_rows_cost_no_queries_of_their_own(cast: Cast) -> None:
    def statements(first: int, count: int) -> tuple[int, int]:
        rows = [{**FULL, "name": f"Firm {n}", "code": f"F{n}"} for n in range(first, first + count)]
        with CaptureQueriesContext(connection) as creating:
            outcomes = create_organisations(rows, by=cast.bo)
        edits = [Edit(outcome.id or 0, {"phone": "1", "address": "x", "name": f"New {first}"}) for outcome in outcomes]
        with CaptureQueriesContext(connection) as updating:
            update_organisations(edits, by=cast.bo, accepted={"similar_name"})
        return len(creating), len(updating)

    few, many = statements(0, 2), statements(100, 25)
    assert many == few
    assert max(few) <= 20


def test_details_and_pages_cost_a_fixed_number_of_queries(cast: Cast) -> None:
    row = create_organisation(by=cast.bo, **FULL).sure()
    for n in range(20):
        create_contact(first_name=f"Ann{n}", organisation=row.pk, by=cast.bo)
        create_organisation(name=f"Firm {n}", by=cast.bo)
    with CaptureQueriesContext(connection) as queries:
        details = organisation_details(cast.firm.pk, row.pk)
        assert details.contacts[0].name == "Ann0"
    assert len(queries) == 3
    with CaptureQueriesContext(connection) as queries:
        page = organisation_page(cast.firm.pk, size=10)
        assert [found.account_manager for found in page.rows] == [None] * 10
    assert len(queries) == 1


def test_lists_are_by_name_in_pages_by_stage_supplier_and_words(cast: Cast) -> None:
    names = ("beta", "Alpha", "The Gum Tree", "Zoë & Co", "2nd Floor")
    made = create_organisations([{"name": name, "stage": "prospect"} for name in names], by=cast.bo)
    create_organisation(name="Supplier Ltd", stage=None, is_supplier=True, email="hi@supplier.example", by=cast.bo)
    page = organisation_page(cast.firm.pk, size=4)
    assert [row.name for row in page.rows] == ["2nd Floor", "Alpha", "beta", "Supplier Ltd"]
    rest = organisation_page(cast.firm.pk, size=4, token=page.next_token)
    assert [row.name for row in rest.rows] == ["The Gum Tree", "Zoë & Co"]

    def names_of(**filters: Any) -> list[str]:
        return [row.name for row in organisation_page(cast.firm.pk, **filters).rows]

    assert names_of(suppliers=True) == names_of(stages=[Stage.NONE]) == ["Supplier Ltd"]
    assert len(names_of(stages=[Stage.PROSPECT, Stage.CLIENT])) == 5
    assert names_of(search="gum th") == ["The Gum Tree"]
    assert names_of(search="zoe") == ["Zoë & Co"]
    assert names_of(search="hi@supp") == ["Supplier Ltd"]
    assert names_of(search="lph") == []
    assert names_of(search="\ud800 alpha") == ["Alpha"]
    update_organisation(made[0].id or 0, by=cast.bo, changes={"name": "Omega"})
    assert (names_of(search="beta"), names_of(search="omega")) == ([], ["Omega"])


def test_another_firm_sees_and_reaches_nothing(cast: Cast) -> None:
    row = create_organisation(name="Acme", by=cast.bo).sure()
    for attempt in (
        lambda: update_organisation(row.pk, by=cast.odo, changes={"name": "Mine"}),
        lambda: archive_organisation(row.pk, by=cast.odo),
        lambda: restore_organisation(row.pk, by=cast.odo),
        lambda: remove_organisation(row.pk, by=cast.odo),
        lambda: organisation_details(cast.other_firm.pk, row.pk),
        lambda: update_organisation(10**30, by=cast.bo, changes={"name": "X"}),
        lambda: organisation_details(cast.firm.pk, 10**30),
    ):
        with pytest.raises(NotFound):
            attempt()
    assert organisation_page(cast.other_firm.pk, search="acme").rows == []
    with pytest.raises(NotAllowed):
        create_organisation(name="Beta", by=cast.cy)
    assert Organisation.objects.get().name == "Acme"
