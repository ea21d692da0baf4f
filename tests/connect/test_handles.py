"""Exactly-once creation by the handle that a remote really has (sync design b.9, I3), and updates without an answer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from instep.connect.actions.decisions import decide_held
from instep.connect.models import Conflict, Intent, IntentState, JournalEntry, Link, LinkState
from instep.kernel.errors import BadValue
from tests.bed.histories import Player, heal
from tests.bed.invariants import check_all, check_quiet
from tests.bed.nature import Nature
from tests.bed.world import Stage, World, history, stages

pytestmark = pytest.mark.django_db

C = "bedcompany"


@pytest.fixture
def bed() -> Iterator[dict[str, Stage]]:
    with stages() as made:
        yield made


def lose(world: World, what: str, *, count: int = 1) -> None:
    """Start, with the first write's answer lost: `drop_after` it took effect, `drop_before` it never arrived."""
    for _ in range(count):
        world.make_here(C)
    world.start()
    Player(world).faulty(what, 1, writes=True)


def only_link(world: World) -> Link:
    [link] = Link.objects.filter(connection=world.stage.connection_id).exclude(state__in=["dead", "detached"])
    return link


def sent(world: World) -> list[bytes]:
    return [request.body or b"" for request in world.remote.sent if request.operation == "create companies"]


def at_rest_again(world: World) -> None:
    heal(world)
    check_all(world)
    check_quiet(world)


@pytest.mark.capability("X-05")
def test_without_a_handle_a_lost_creation_is_asked_about_and_never_sent_again(bed: dict[str, Stage]) -> None:
    for stage, dated in (("bed", True), ("bed", False), ("bedbatch", True)):
        _asked_about(bed[stage], Nature(handle="none", lag=2, dated=dated))


def _asked_about(stage: Stage, nature: Nature) -> None:
    with history(stage, nature, 1) as world:
        lose(world, "drop_after")
        world.clock.advance(4)
        world.turn()
        assert world.here(C) == [world.here(C)[0]], "while the answer is out, it is not taken over as another record"
        at_rest_again(world)
        link, [row] = only_link(world), world.there(C)
        assert (link.state, link.held_code, link.generation) == (LinkState.HELD, "maybe_made", 2)
        assert [c["record"] for c in link.held_facts["candidates"]] == [row.id]
        world.edit_here(C, link.local_id or 0, "name")  # an edit sends nothing either
        at_rest_again(world)
        assert len(sent(world)) == 1
        with pytest.raises(BadValue, match="was not made"):
            decide_held(link.pk, by=world.stage.by, choice="ignore")

        decide_held(link.pk, by=world.stage.by, choice="link", remote_id=row.id)
        heal(world)
        assert (only_link(world).state, only_link(world).remote_id) == (LinkState.LIVE, row.id)
        assert (len(world.here(C)), len(world.there(C)), len(sent(world))) == (1, 1, 1)


def test_what_was_not_made_is_sent_again_when_a_person_says_so(bed: dict[str, Stage]) -> None:
    with history(bed["bed"], Nature(handle="none"), 1) as world:
        lose(world, "drop_before")
        world.clock.advance(8)
        stranger = world.make_there(C)  # made by somebody in that very time: it may be ours, for all we know
        at_rest_again(world)
        link = only_link(world)
        assert [c["record"] for c in link.held_facts["candidates"]] == [stranger.id]
        assert "Say which of these" in link.held_reason
        decide_held(link.pk, by=world.stage.by, choice="create")
        at_rest_again(world)
        assert len(sent(world)) == 2
        assert {r.label for r in world.here(C)} == {row.fields["name"] for row in world.there(C)}
        assert len(world.there(C)) == 2, "and the stranger was taken over"


@pytest.mark.capability("X-05")
def test_content_counts_where_exactly_one_record_can_be_meant(bed: dict[str, Stage]) -> None:
    _found_by_content(bed, "drop_after", twins=0, held="", sends=1)  # adopted
    _found_by_content(bed, "drop_before", twins=0, held="", sends=2)
    _found_by_content(bed, "drop_after", twins=1, held="maybe_made", sends=1)


def _found_by_content(bed: dict[str, Stage], what: str, *, twins: int, held: str, sends: int) -> None:
    with history(bed["bed"], Nature(handle="content"), 1) as world:
        lose(world, what)
        [ours] = world.here(C)
        for _ in range(twins):
            world.make_there(C, name=ours.fields["name"])
        at_rest_again(world)
        assert (only_link(world).held_code, len(sent(world))) == (held, sends)
        assert len(world.there(C)) == 1 + twins


def test_a_record_that_somebody_edited_before_it_was_found_is_asked_about(bed: dict[str, Stage]) -> None:
    """Fault 6: its content is another by now, so that it cannot be told from one that somebody made."""
    with history(bed["bed"], Nature(handle="content"), 1) as world:
        lose(world, "drop_after")
        [row] = world.there(C)
        world.edit_there(C, row.id, "name")
        at_rest_again(world)
        assert [c["record"] for c in only_link(world).held_facts["candidates"]] == [row.id]
        assert len(sent(world)) == 1


@pytest.mark.capability("X-05")
def test_inside_its_window_a_request_goes_again_byte_for_byte_under_its_key(bed: dict[str, Stage]) -> None:
    for what in ("drop_after", "drop_before", "late", "truncated"):
        _sent_again(bed, what)


def _sent_again(bed: dict[str, Stage], what: str) -> None:
    with history(bed["bedbatch"], Nature(handle="key", batch=5, key_window=1000, lag=6), 1) as world:
        lose(world, what, count=3)
        world.turn()
        assert len(sent(world)) == 1, "the first may still be under way"
        world.clock.advance(30)
        if what == "drop_after":
            world.turn(poll=False)
            world.edit_there(C, world.there(C)[0].id, "email")
        at_rest_again(world)
        assert len(sent(world)) == 2
        assert len(set(sent(world))) == 1
        assert len(world.there(C)) == 3
        states = set(Intent.objects.filter(connection=world.stage.connection_id).values_list("state", flat=True))
        assert states == {IntentState.CONFIRMED}


@pytest.mark.capability("X-05")
def test_past_its_window_a_key_is_not_used_again(bed: dict[str, Stage]) -> None:
    """Fault 7."""
    for window in (0, 6, 1000):
        _not_used_again(bed, window)


def _not_used_again(bed: dict[str, Stage], window: int) -> None:
    with history(bed["bedbatch"], Nature(handle="key", batch=2, key_window=window), 1) as world:
        lose(world, "drop_after", count=2)
        world.clock.advance(1000)
        at_rest_again(world)
        links = Link.objects.filter(connection=world.stage.connection_id, state=LinkState.HELD)
        found = {li.label: [c["record"] for c in li.held_facts["candidates"]] for li in links}
        assert found == {row.fields["name"]: [row.id] for row in world.there(C)}
        assert (len(found), len(sent(world)), len(world.here(C))) == (2, 1, 2)


@pytest.mark.capability("X-05")
def test_a_lost_update_that_took_effect_is_agreed_on_and_stands_against_nothing(bed: dict[str, Stage]) -> None:
    with history(bed["bed"], Nature(), 1) as world:
        world.make_here(C)
        world.start()
        heal(world)
        [ours] = world.here(C)
        world.edit_here(C, ours.id, "name")
        Player(world).faulty("drop_after", 1, writes=True)
        world.edit_here(C, ours.id, "name", "Once more")
        at_rest_again(world)
        assert [row.fields["name"] for row in world.there(C)] == ["Once more"]
        assert not Conflict.objects.filter(connection=world.stage.connection_id).exists()
        rows = JournalEntry.objects.filter(firm=world.firm_id, op="update_there")
        assert list(rows.order_by("pk").values_list("outcome", flat=True)) == ["unknown", "recovered", "done"]


@pytest.mark.capability("X-19")
def test_a_field_that_is_gone_from_the_answers_causes_no_write(bed: dict[str, Stage]) -> None:
    """I11: absent is not empty, neither where it is read nor where it is written."""
    with history(bed["bed"], Nature(), 1) as world:
        world.make_here(C, email="a@bed.example", code="One")
        world.start()
        heal(world)
        [ours], [row], written = world.here(C), world.there(C), len(world.remote.written)
        world.remote.hidden = {"email", "code"}
        world.edit_there(C, row.id, "note", "Seen")
        heal(world)
        world.edit_here(C, ours.id, "code", "Two")
        heal(world)
        [ours] = world.here(C)
        assert (ours.fields["email"], ours.fields["code"], ours.fields["note"]) == ("a@bed.example", "Two", "Seen")
        assert (row.fields["email"], row.fields["code"]) == ("a@bed.example", "Two")
        assert [w.fields for w in world.remote.written[written:] if w.by == "engine"] == [{"code": "Two"}]
        world.remote.hidden = set()
        at_rest_again(world)
        assert [w.fields for w in world.remote.written[written:] if w.by == "engine"] == [{"code": "Two"}]
