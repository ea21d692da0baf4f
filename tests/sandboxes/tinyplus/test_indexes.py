"""Lists come from indexes: after any history they must be what a plain look at all records gives."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from tests.sandboxes.client import Client

NAMES = ["alba", "Alba", "beta", "Beta & Co", "Émile", "zeta"]
Record = dict[str, Any]


def change(api: Client, chance: random.Random, numbers: list[int]) -> None:
    """Create, update or delete one contact, or let time pass."""
    fields = {
        "name": chance.choice(NAMES),
        "remote_id": chance.choice([None, "r1", "r2", "r3"]),
        "assigned_user": chance.choice([None, 1, 2]),
    }
    what = chance.random()
    if what < 0.4 or not numbers:
        numbers.append(api.post("contacts", fields).json["id"])
    elif what < 0.75:
        field = chance.choice(list(fields))
        assert api.patch(f"contacts/{chance.choice(numbers)}", {field: fields[field]}).status == 200
    elif what < 0.85:
        assert api.delete(f"contacts/{numbers.pop(chance.randrange(len(numbers)))}").status == 200
    else:
        api.control("clock", {"advance": chance.choice([1, 1, 7])})


def ask(chance: random.Random, records: list[Record]) -> tuple[dict[str, str], Callable[[Record], bool], str, bool]:
    """A random question: its query, the same as a plain condition, the field to sort by, and whether downwards."""
    query: dict[str, str] = {}
    tests: list[Callable[[Record], bool]] = []
    for field in chance.sample(["name", "remote_id", "assigned_user", "modified_date", "id"], chance.randrange(3)):
        sample = chance.choice(records)[field] if records else None
        sign = chance.choice(["=", ">", "<"]) if sample is not None else "="
        query[field] = ("" if sign == "=" else sign) + ("" if sample is None else str(sample))

        def test(record: Record, field: str = field, sign: str = sign, sample: Any = sample) -> bool:
            value = record[field]
            if sign == "=":
                return value == sample
            return value is not None and (value > sample if sign == ">" else value < sample)

        tests.append(test)
    sort, down = chance.choice(["id", "name", "modified_date", "remote_id"]), chance.random() < 0.5
    query["sort"] = f"{sort} desc" if down else sort
    return query, lambda record: all(test(record) for test in tests), sort, down


@pytest.mark.parametrize("start", range(4))
def test_lists_are_what_a_plain_look_at_all_records_gives(api: Client, start: int) -> None:
    chance, numbers = random.Random(start), []
    for _ in range(120):
        change(api, chance, numbers)
        records = api.control("records?account=northlight&resource=contacts")["records"]
        query, fits, sort, down = ask(chance, records)
        expected = [record for record in records if fits(record)]
        if sort != "id" or down:

            def key(record: Record, sort: str = sort) -> tuple[bool, Any]:
                value = record[sort]
                return (value is not None, value.casefold() if isinstance(value, str) else value or 0)

            expected.sort(key=key, reverse=down)
        answer = api.get("contacts", limit=100, return_format="array", with_related=0, **query)
        assert answer.json == expected, query
