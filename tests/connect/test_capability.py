"""The fewest calls that a piece of work can cost."""

from __future__ import annotations

import pytest

from instep.connect.capability import Capability, Workload, min_calls, pages

P100 = Capability(page_max=100)


@pytest.mark.parametrize(
    ("count", "told", "calls"),
    [(0, True, 1), (100, True, 1), (101, True, 2), (0, False, 1), (99, False, 1), (100, False, 2)],
)
def test_a_list_costs_its_pages_and_one_more_when_a_full_last_page_does_not_say_so(
    count: int, told: bool, calls: int
) -> None:
    assert pages(count, Capability(page_max=100, total_given=told)) == calls


def test_the_minimum_adds_reading_writing_and_what_the_remote_does_not_tell() -> None:
    batch = Capability(page_max=1000, total_given=True, batch_max=50, returns_record=False, read_many=25)
    work = Workload(
        remote_records={"a": 250, "b": 0},
        remote_changes={"a": 0, "b": 101},
        writes={"a": 60, "b": 7},
        unknown_outcomes=1,
    )

    found = min_calls({"a": batch, "b": P100}, work)

    # full reads 1 + 1, polls 1 + 2, writes of a: 2 batches and 3 readings, of b: 7 one by one, one look-up.
    assert found == 1 + 1 + 1 + 2 + (2 + 3) + 7 + 1
