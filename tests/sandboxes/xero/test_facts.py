"""The sandbox and the fact sheet say the same: every field with its mark and limit, every switch with its default."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sandboxes.xero import command, contacts, items
from sandboxes.xero.fields import RESOURCES
from sandboxes.xero.switches import DECLARED

SHEET = (Path(__file__).parents[3] / "docs" / "reference" / "remotes" / "xero.md").read_text("utf-8")


def rows(heading: str) -> dict[str, tuple[str, str]]:
    """Field name -> type and mark, from the table below a heading of the sheet."""
    part = SHEET.partition(f"\n### {heading}\n")[2].partition("\n###")[0]
    found: dict[str, tuple[str, str]] = {}
    for one in part.splitlines():
        cells = [cell.strip() for cell in one.strip("|").split("|")]
        if one.startswith("| `"):
            found |= dict.fromkeys(re.findall(r"`(\w+)`", cells[0]), (cells[1], cells[2]))
    return found


@pytest.mark.parametrize("name", RESOURCES)
def test_the_fields_are_those_of_the_sheet(name: str) -> None:
    told = rows(name)
    fields = {field.name: field for field in RESOURCES[name]}
    assert list(told) == list(fields)
    for key, (words, mark) in told.items():
        field = fields[key]
        assert words.startswith(field.type.value), key
        limit = re.search(r"up to (\d+)", words)
        assert (int(limit[1]) if limit else None) == field.limit, key
        assert (("read-only" in words), ("required" in words)) == (field.read_only, field.required), key
        assert mark == (field.remark or field.mark), key


def test_the_limits_are_those_that_are_held() -> None:
    held = {name: limit for name, limit in contacts.LIMITS.items() if limit}
    assert held == {one.name: one.limit for one in RESOURCES["Contacts"] if one.limit}
    assert {one.name: one.limit for one in RESOURCES["Items"] if one.limit} == items.LIMITS


def test_the_switches_and_their_defaults_are_those_of_the_sheet() -> None:
    told = dict(re.findall(r"`([a-z_]+)` \(default `?(\w+)`?\)", SHEET))
    told |= dict(re.findall(r"`([a-z_]+)` = `(\w+)` \(default\)", SHEET))
    assert told == {switch.key: str(switch.default or "none") for switch in DECLARED}


def test_the_fields_can_be_printed_for_people_and_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--fields"]) == 0
    assert re.search(r"^Items +Code +text +30 +anyone +documented$", capsys.readouterr().out, re.MULTILINE)
    assert command.main(["--fields", "--json"]) == 0
    assert capsys.readouterr().out.count('"mark"') == sum(len(fields) for fields in RESOURCES.values())
