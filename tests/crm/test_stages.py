"""The sales stages as truth tables (7.2.10), through the actions."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from instep.base.audit.models import AuditEntry
from instep.crm import open_work
from instep.crm.actions.organisations import archive_organisation, create_organisation, update_organisation
from instep.crm.actions.stages import demote_organisation, promote_organisation
from instep.crm.errors import CodeNeeded, CodeTaken, OpenWorkLeft
from instep.crm.models import Organisation
from instep.crm.states import Dealing, Stage, allows
from instep.kernel.errors import BadValue, NotAllowed, NotFound, WrongState
from tests.cast import Cast

NONE, LEAD, PROSPECT, CLIENT = Stage.NONE, Stage.LEAD, Stage.PROSPECT, Stage.CLIENT


def make(cast: Cast, stage: Stage, name: str = "Acme") -> Organisation:
    """An organisation at this stage."""
    code = "ACME" if stage is CLIENT else ""
    return create_organisation(name=name, stage=stage, code=code, by=cast.bo).sure()


@pytest.mark.capability("E-13", "E-28", "E-36")
@pytest.mark.parametrize(
    ("stage", "said"),
    [
        # activity, marketing, opportunity, live job, invoice
        (NONE, [True, False, False, False, False]),
        (LEAD, [True, True, False, False, False]),
        (PROSPECT, [True, True, True, False, False]),
        (CLIENT, [True, True, True, True, True]),
    ],
)
def test_each_stage_allows_what_the_table_says(stage: Stage, said: list[bool]) -> None:
    assert [allows(stage, dealing) for dealing in Dealing] == said


MOVES = {(NONE, LEAD), (NONE, PROSPECT), (LEAD, PROSPECT), (LEAD, NONE), (PROSPECT, CLIENT), (PROSPECT, LEAD)}
MOVES |= {(CLIENT, PROSPECT)}


@pytest.mark.django_db
@pytest.mark.capability("E-13", "E-28", "E-36")
@pytest.mark.parametrize("start", list(Stage))
@pytest.mark.parametrize("wanted", list(Stage))
def test_a_person_moves_one_step_at_a_time(cast: Cast, start: Stage, wanted: Stage) -> None:
    row = make(cast, start)
    order = list(Stage)

    def move() -> bool:
        if order.index(wanted) < order.index(start):
            return demote_organisation(row.pk, to=wanted, by=cast.bo).changed
        code = "ACME" if wanted is CLIENT else None
        return promote_organisation(row.pk, to=wanted, client_code=code, by=cast.bo).changed

    if start is wanted:
        assert move() is False
    elif (start, wanted) in MOVES:
        assert move() is True
        row.refresh_from_db()
        assert row.stage == wanted
    else:
        with pytest.raises(WrongState):
            move()
        row.refresh_from_db()
        assert (row.stage, row.version) == (start, 1)


@pytest.mark.django_db
@pytest.mark.parametrize("start", list(Stage))
@pytest.mark.parametrize("wanted", list(Stage))
def test_a_connection_follows_its_remote_in_one_go_and_a_client_gets_a_code(
    cast: Cast, start: Stage, wanted: Stage
) -> None:
    row = make(cast, start)
    moved = update_organisation(row.pk, by=cast.system, changes={"stage": wanted}).sure()
    assert moved.stage == wanted
    assert (wanted is not CLIENT) or moved.code == "ACME"


@pytest.mark.django_db
@pytest.mark.capability("E-13")
def test_a_client_needs_a_code_of_its_own(cast: Cast) -> None:
    with pytest.raises(CodeNeeded, match="Acme"):
        create_organisation(name="Acme", stage=CLIENT, by=cast.bo)
    row = make(cast, PROSPECT)
    with pytest.raises(CodeNeeded):
        promote_organisation(row.pk, to=CLIENT, by=cast.bo)
    other = create_organisation(name="Other", stage=CLIENT, code=" abc-1 ", by=cast.bo).sure()
    assert other.code == "ABC-1"
    with pytest.raises(CodeTaken, match="Other"):
        promote_organisation(row.pk, to=CLIENT, client_code="abc-1", by=cast.bo)
    with pytest.raises(BadValue, match="letters"):
        promote_organisation(row.pk, to=CLIENT, client_code="no spaces", by=cast.bo)
    assert promote_organisation(row.pk, to=CLIENT, client_code="ACME", by=cast.bo).sure().code == "ACME"
    with pytest.raises(CodeNeeded):
        update_organisation(row.pk, by=cast.bo, changes={"code": None})
    entry = AuditEntry.objects.of(cast.firm).filter(event="organisation.promoted").latest("id")
    assert entry.changes == {"stage": ["prospect", "client"], "code": [None, "ACME"]}
    assert demote_organisation(row.pk, to=PROSPECT, by=cast.bo).sure().code == "ACME"
    assert promote_organisation(row.pk, to=CLIENT, by=cast.bo).sure().stage == CLIENT


@pytest.fixture
def busy() -> Iterator[dict[int, str]]:
    """{organisation id: open work}, as a floor above would answer."""
    answers: dict[int, str] = {}
    open_work.ask_also("test", lambda _firm_id, ids: {pk: answers[pk] for pk in ids if pk in answers})
    yield answers
    open_work.ask_also("test", lambda _firm_id, _ids: {})


@pytest.mark.django_db
def test_open_work_holds_an_organisation_where_it_is_and_on_the_lists(cast: Cast, busy: dict[int, str]) -> None:
    row = make(cast, CLIENT)
    busy[row.pk] = "J0001, J0002"
    for by in (cast.bo, cast.system):
        with pytest.raises(OpenWorkLeft, match="J0001, J0002"):
            update_organisation(row.pk, by=by, changes={"stage": PROSPECT})
    with pytest.raises(OpenWorkLeft):
        demote_organisation(row.pk, to=PROSPECT, by=cast.bo)
    with pytest.raises(OpenWorkLeft):
        archive_organisation(row.pk, by=cast.bo)
    busy.clear()
    assert demote_organisation(row.pk, to=PROSPECT, by=cast.bo).sure().stage == PROSPECT
    busy[row.pk] = "J0003"
    assert promote_organisation(row.pk, to=CLIENT, by=cast.bo).sure().stage == CLIENT


@pytest.mark.django_db
def test_stages_are_moved_by_those_with_the_right_in_their_own_firm(cast: Cast) -> None:
    row = make(cast, LEAD)
    with pytest.raises(NotAllowed):
        promote_organisation(row.pk, to=PROSPECT, by=cast.cy)
    with pytest.raises(NotFound):
        promote_organisation(row.pk, to=PROSPECT, by=cast.odo)
    with pytest.raises(NotFound):
        demote_organisation(row.pk, to=NONE, by=cast.odo)
    # The same code in another firm is another code.
    make(cast, CLIENT, "Acme Two")
    assert create_organisation(name="Acme", stage=CLIENT, code="ACME", by=cast.odo).sure().code == "ACME"
