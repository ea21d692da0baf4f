"""The truth table of one field, row by row, and what holds for all of them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instep.connect.fieldmap import Way
from instep.connect.merge import WRITES_HERE, WRITES_THERE, Step, step_for

VALUES = st.sampled_from([None, "x", "y", "z"])


def step(way: Way, agreed: tuple[Any, Any] | None, ours: Any, theirs: Any, *, steady: bool = True) -> Step:
    return step_for(way, agreed=agreed, ours=ours, theirs=theirs, steady=steady, same=lambda: ours == theirs)


@pytest.mark.capability("X-04", "A-30")
@pytest.mark.parametrize(
    ("way", "ours_only", "theirs_only", "both_equal", "both_differ"),
    [
        (Way.BOTH, Step.GIVE, Step.TAKE, Step.REBASE, Step.CONFLICT),
        (Way.PUSH, Step.GIVE, Step.PUT_BACK_THERE, Step.REBASE, Step.GIVE),
        (Way.PULL, Step.PUT_BACK_HERE, Step.TAKE, Step.REBASE, Step.TAKE),
        (Way.SEED, Step.GIVE, Step.PUT_BACK_THERE, Step.REBASE, Step.GIVE),
        (Way.SEED_THERE, Step.PUT_BACK_HERE, Step.TAKE, Step.REBASE, Step.TAKE),
        # A key, or what is constant: never written, and what differs there is told.
        (Way.ONCE, Step.REBASE, Step.SHOW, Step.REBASE, Step.SHOW),
    ],
)
def test_after_the_first_meeting_each_side_is_compared_with_its_own_base(
    way: Way, ours_only: Step, theirs_only: Step, both_equal: Step, both_differ: Step
) -> None:
    base = ("old", "old")

    assert step(way, base, "old", "old") is Step.NOTHING
    assert step(way, base, "new", "old") is ours_only
    assert step(way, base, "old", "new") is theirs_only
    assert step(way, base, "new", "new") is both_equal
    assert step(way, base, "new", "other") is both_differ


@pytest.mark.parametrize(
    ("way", "ours", "theirs", "expected"),
    [
        (Way.BOTH, "a", "a", Step.REBASE),
        (Way.BOTH, "a", None, Step.GIVE),
        (Way.BOTH, None, "b", Step.TAKE),
        (Way.BOTH, "a", "b", Step.CONFLICT),
        (Way.PUSH, "a", "b", Step.GIVE),
        (Way.PUSH, None, "b", Step.REBASE),
        (Way.PULL, "a", "b", Step.TAKE),
        (Way.PULL, "a", None, Step.REBASE),
        (Way.SEED, None, "b", Step.TAKE),
        (Way.SEED, "a", "b", Step.GIVE),
        (Way.SEED, None, None, Step.REBASE),
        (Way.SEED_THERE, None, "b", Step.TAKE),
        (Way.SEED_THERE, "a", None, Step.GIVE),
        (Way.SEED_THERE, "a", "b", Step.TAKE),
        (Way.SEED_THERE, None, None, Step.REBASE),
        (Way.ONCE, "a", "b", Step.REBASE),
    ],
)
def test_a_first_meeting_fills_and_asks_but_never_erases(way: Way, ours: Any, theirs: Any, expected: Step) -> None:
    assert step(way, None, ours, theirs, steady=False) is expected


def test_a_field_that_is_seeded_takes_its_first_value_from_the_remote_however_late() -> None:
    assert step(Way.SEED, (None, None), None, "b", steady=False) is Step.TAKE
    assert step(Way.SEED, (None, None), None, None, steady=False) is Step.NOTHING
    assert step(Way.SEED, ("b", "b"), "b", "c", steady=True) is Step.PUT_BACK_THERE
    assert step(Way.SEED_THERE, (None, None), "a", None, steady=False) is Step.GIVE
    assert step(Way.SEED_THERE, (None, None), None, None, steady=False) is Step.NOTHING
    assert step(Way.SEED_THERE, ("a", "a"), "c", "a", steady=True) is Step.PUT_BACK_HERE


@pytest.mark.parametrize("way", [Way.PUSH, Way.SEED])
def test_what_was_typed_there_stays_where_we_never_had_a_value_and_goes_where_a_person_emptied_ours(way: Way) -> None:
    assert step(way, (None, None), None, "typed") is Step.REBASE
    assert step(way, (None, "typed"), None, "typed") is Step.NOTHING
    assert step(way, (None, "typed"), None, "typed again") is Step.REBASE
    assert step(way, ("old", "old"), None, "old") is Step.GIVE
    assert step(way, ("old", "old"), None, "typed") is Step.GIVE
    assert step(way, (None, "typed"), "new", "typed") is Step.GIVE


def test_what_was_given_once_is_never_given_again_and_a_change_there_is_shown() -> None:
    assert step(Way.ONCE, None, "a", "b", steady=True) is Step.REBASE
    assert step(Way.ONCE, ("a", "a"), "a", "b", steady=True) is Step.SHOW
    assert step(Way.ONCE, ("a", "a"), "c", "b", steady=True) is Step.SHOW
    assert step(Way.ONCE, ("a", "a"), "c", "a", steady=True) is Step.REBASE
    assert step(Way.ONCE, ("a", "x"), "a", "x", steady=True) is Step.NOTHING


@given(st.sampled_from(list(Way)), st.none() | st.tuples(VALUES, VALUES), VALUES, VALUES, st.booleans())
def test_no_field_is_written_against_its_direction(
    way: Way, agreed: tuple[Any, Any] | None, ours: Any, theirs: Any, steady: bool
) -> None:
    found = step(way, agreed, ours, theirs, steady=steady)

    assert not (way is Way.PUSH and found in WRITES_HERE)
    assert not (way is Way.PULL and found in WRITES_THERE)
    assert not (way is Way.SEED and found in WRITES_HERE and ours is not None)
    assert not (way is Way.SEED_THERE and found in WRITES_THERE and theirs is not None)
    assert not (way is Way.ONCE and found in (WRITES_HERE | WRITES_THERE))
    assert (found is not Step.SHOW) or way is Way.ONCE
    assert found is not Step.PUT_BACK_THERE or ours is not None
    if ours == theirs:
        assert found in (Step.NOTHING, Step.REBASE)
    if agreed == (ours, theirs) and steady:
        assert found is Step.NOTHING
    if found is Step.CONFLICT:
        assert way is Way.BOTH
        assert ours != theirs
