"""What holds for all four kinds: the outsider sees nothing, who may not is refused, looking writes nothing, budgets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, reverse

from instep.base.audit.models import AuditEntry
from instep.crm.actions.contacts import create_contacts
from instep.crm.actions.organisations import create_organisations
from instep.crm.models import Organisation
from instep.jobs.actions.jobs import create_jobs
from instep.kernel.money import Money
from instep.staff.actions.resources import create_staff_many
from instep.web.contacts import urls as contacts
from instep.web.jobs import urls as jobs
from instep.web.organisations import urls as organisations
from instep.web.staff import urls as staff
from tests.cast import Cast
from tests.web.records.plans import analyze, full_scans, reads
from tests.web.records.world import World, connect, link

AREAS = {"organisations": organisations, "contacts": contacts, "jobs": jobs, "staff": staff}
TABLES = {
    "organisations": "crm_organisation",
    "contacts": "crm_contact",
    "jobs": "jobs_job",
    "staff": "staff_staffresource",
}
KINDS = {"organisations": "organisation", "contacts": "contact", "jobs": "job", "staff": "staff"}
FIELD = "name"
LIST_BUDGET, RECORD_BUDGET = 8, 13
"""A record that is linked costs one statement more: the hint that somebody looks at it, at most once a minute."""


def record_of(world: World, area: str) -> Any:
    """A record of Banksia & Bell in that area."""
    return {
        "organisations": world.client,
        "contacts": world.contact,
        "jobs": world.job,
        "staff": world.handler,
    }[area]


def addresses(world: World, area: str) -> dict[str, str]:
    """Every address of the area that names a record, by the name of its route, in full."""
    found = {}
    for route in AREAS[area].urlpatterns:
        assert isinstance(route, URLPattern)
        wanted = route.pattern.converters
        if "key" not in wanted:
            continue
        part = world.party.pk if "part" in str(route.name) else world.phase.pk
        given = {"key": record_of(world, area).pk, "part": part, "name": FIELD}
        found[str(route.name)] = reverse(f"{area}:{route.name}", kwargs={name: given[name] for name in wanted})
    return found


def everything_of(firm_id: int) -> list[tuple[str, Any]]:
    """The journal of a firm: what changes nothing leaves it as it is."""
    return list(AuditEntry.objects.of(firm_id).values_list("event", "record_id").order_by("pk"))


@pytest.mark.parametrize("area", AREAS)
@pytest.mark.capability("E-46")
def test_the_outsider_meets_a_404_at_every_address_whatever_he_sends(
    world: World, signed_in: Callable[[str], Client], area: str
) -> None:
    odo, before = signed_in("odo"), everything_of(world.cast.firm.pk)
    for name, address in addresses(world, area).items():
        for method in (odo.get, odo.post):
            answer = method(address, {"to": "client", "value": "Mine", "name": "Mine", "accepted": "similar_name"})
            assert answer.status_code in (404, 405), f"{name}: {answer.status_code}"
            assert "Yarra" not in answer.content.decode()
        assert odo.get(f"{address}?to=active&edit=1", headers={"HX-Request": "true"}).status_code in (404, 405)
    assert everything_of(world.cast.firm.pk) == before


@pytest.mark.parametrize("area", AREAS)
def test_the_outsiders_lists_pickers_and_palette_hold_nothing_of_ours(
    world: World, signed_in: Callable[[str], Client], area: str
) -> None:
    odo, ours = signed_in("odo"), record_of(world, area)
    pages = [reverse(f"{area}:list"), reverse("shell:find") + "?q=yar", reverse("shell:find") + "?q=Pappas"]
    pages += [reverse(f"{area}:pick") + "?q="] if area in ("organisations", "staff") else []
    for page in (*pages, f"{pages[0]}?q=yarra", f"{pages[0]}?view=all&client={world.client.pk}"):
        answer = odo.get(page)
        assert answer.status_code == 200
        assert ours.name not in answer.content.decode()


@pytest.mark.parametrize("area", ["organisations", "jobs", "staff"])
def test_who_may_only_look_is_refused_every_change_with_a_sentence(
    world: World, signed_in: Callable[[str], Client], area: str
) -> None:
    cy, before = signed_in("cy"), everything_of(world.cast.firm.pk)
    for name, address in addresses(world, area).items():
        if name == "record":
            assert "data-inline-edit" not in cy.get(address).content.decode()
            continue
        answer = cy.post(f"{address}?to=active", {"value": "Mine"})
        assert answer.status_code == 403, name
        assert "You need the right to edit" in answer.content.decode()
    assert cy.get(reverse(f"{area}:new")).status_code == 403
    assert everything_of(world.cast.firm.pk) == before


@pytest.mark.parametrize("area", AREAS)
def test_looking_opens_no_transaction_and_writes_nothing(world: World, ada: Client, area: str) -> None:
    pages = [reverse(f"{area}:list"), reverse(f"{area}:new"), *addresses(world, area).values()]
    for page in pages:
        with CaptureQueriesContext(connection) as asked:
            answer = ada.get(f"{page}?to=lost&edit=1")
        assert answer.status_code in (200, 405), page
        assert [query["sql"] for query in asked if not reads(query["sql"])] == []


# --- budgets ---------------------------------------------------------------------------------------------------------


def fill(world: World, area: str, first: int, last: int) -> list[int]:
    """Make records `first` to `last` of that kind, by the actions; their keys. One in a thousand is a wren."""
    by = world.cast.ada
    named = [(n, f"{'Wren' if n % 1000 == 7 else 'Lark'} {n}") for n in range(first, last)]
    made: Sequence[Any]
    if area == "organisations":
        stages = ("lead", "prospect", "none")
        rows = [{"name": name, "stage": stages[n % 3], "is_supplier": n % 10 == 0} for n, name in named]
        made = create_organisations(rows, by=by, accepted={"similar_name"})
    elif area == "contacts":
        where = (world.client.pk, world.prospect.pk, None)
        made = create_contacts(
            [{"first_name": "Kit", "last_name": name, "organisation": where[n % 3]} for n, name in named], by=by
        )
    elif area == "jobs":
        statuses, clients = ("active", "proposal", "complete", "on_hold"), _clients(world)
        rows = [
            {
                "name": name,
                "client": clients[n % 300],
                "status": statuses[n % 4],
                "fee": Money.from_minor(n * 100, "AUD"),
            }
            for n, name in named
        ]
        made = create_jobs(rows, by=by)
    else:
        kinds = ("pool", "person", "person", "person", "person")
        made = create_staff_many(
            [{"first_name": "Kit", "last_name": name, "active": n % 4 > 0, "kind": kinds[n % 5]} for n, name in named],
            by=by,
        )
    return [outcome.sure().pk for outcome in made]


def _clients(world: World) -> list[int]:
    """Three hundred clients, made once."""
    there = Organisation.objects.of(world.cast.firm).filter(name__startswith="Client ").order_by("pk")
    if not there:
        handler = world.handler.pk
        rows = [
            {"name": f"Client {n}", "stage": "client", "code": f"C{n}", "default_handler": handler} for n in range(300)
        ]
        create_organisations(rows, by=world.cast.ada)
    return list(there.values_list("pk", flat=True))


VIEWS = {
    "organisations": ["", "?view=client", "?view=lead", "?view=suppliers", "?view=archived", "?archived=with"],
    "contacts": ["", "?view=archived", "?archived=with", "?organisation={client}"],
    "jobs": ["", "?view=mine", "?view=all", "?view=pending", "?status=on_hold&type=", "?view=all&handler={handler}"],
    "staff": ["", "?view=inactive", "?view=pools", "?view=all"],
}


@pytest.mark.parametrize("area", AREAS)
@pytest.mark.capability("E-47")
def test_a_list_keeps_its_budget_and_its_index_at_any_size(
    cast: Cast, world: World, ada: Client, django_assert_max_num_queries: Any, area: str
) -> None:
    tied = connect(cast)
    with django_assert_max_num_queries(LIST_BUDGET):
        assert "data-row" not in ada.get(reverse(f"{area}:list") + "?q=nobody").content.decode()
    for first, last in ((0, 50), (50, 3000)):
        keys = fill(world, area, first, last)
        for key in keys[:60]:
            link(tied, KINDS[area], key)
        analyze()
        _all_views_keep_the_budget(ada, world, area, django_assert_max_num_queries, scans=last == 3000)


def _all_views_keep_the_budget(ada: Client, world: World, area: str, at_most: Any, *, scans: bool) -> None:
    views = [view.format(client=world.client.pk, handler=world.handler.pk) for view in VIEWS[area]]
    views += ["?q=wren", "?q=wren+1007", "?sort=-name"]
    for view in views:
        address = reverse(f"{area}:list") + view
        with at_most(LIST_BUDGET) as asked:
            answer = ada.get(address)
        assert answer.status_code == 200
        if scans:
            assert full_scans([query["sql"] for query in asked], TABLES[area]) == [], address
        following = answer.context["next_url"]
        if following:
            with at_most(LIST_BUDGET) as asked:
                assert "data-row" in ada.get(following).content.decode()
            if scans:
                assert full_scans([query["sql"] for query in asked], TABLES[area]) == [], following


@pytest.mark.parametrize("area", AREAS)
def test_a_list_of_nothing_says_what_will_be_here_and_how_to_begin(
    signed_in: Callable[[str], Client], django_assert_max_num_queries: Any, area: str
) -> None:
    ada = signed_in("ada")
    with django_assert_max_num_queries(LIST_BUDGET):
        page = ada.get(reverse(f"{area}:list")).content.decode()
    assert "will be listed here" in page
    assert page.count(reverse(f"{area}:new")) == 2  # beside the title, and where the list is empty


@pytest.mark.parametrize("area", AREAS)
def test_a_records_page_keeps_its_budget(
    cast: Cast, world: World, ada: Client, django_assert_max_num_queries: Any, area: str
) -> None:
    record = record_of(world, area)
    link(connect(cast), KINDS[area], record.pk)
    with django_assert_max_num_queries(RECORD_BUDGET):
        page = ada.get(reverse(f"{area}:record", args=[record.pk])).content.decode()
    assert "In step with tiny+" in page
    assert record.name.replace("'", "&#x27;") in page


def test_a_scan_is_seen_where_there_is_one(world: World) -> None:
    fill(world, "organisations", 0, 200)
    analyze()
    scan = 'SELECT "crm_organisation"."name" FROM "crm_organisation" WHERE "crm_organisation"."email" = \'x\''
    assert full_scans([scan], "crm_organisation") == [scan]
    found = scan.replace("\"email\" = 'x'", '"id" = 1')
    assert full_scans([found], "crm_organisation") == []
