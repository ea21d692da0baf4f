"""The sandbox and the fact sheet say the same: every field with its mark and limit, every switch with its default."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sandboxes.tinyplus import command
from sandboxes.tinyplus.fields import COMMON, RESOURCES, Field, Mark, Type
from sandboxes.tinyplus.switches import DECLARED

SHEET = Path(__file__).parents[3] / "docs" / "reference" / "remotes" / "tinyplus.md"
# Of these, no page tells anything: they are the sandbox's own and not on the sheet.
OWN_SWITCHES = {"token_life_seconds"}


def field_rows(heading: str) -> dict[str, tuple[str, str]]:
    """Field name -> type and mark, from the table below a heading of the sheet."""
    part = SHEET.read_text("utf-8").partition(f"\n### {heading}\n")[2].partition("\n###")[0]
    rows: dict[str, tuple[str, str]] = {}
    for line in part.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        names = re.findall(r"`([a-z_]+)`", re.sub(r"\(shown as [^)]*\)", "", cells[0]))
        if line.startswith("|") and len(cells) == 3 and names and line.startswith("| `"):
            rows |= dict.fromkeys(names, (f"{cells[0]} {cells[1]}", cells[2]))
    return rows


SECTIONS = {"companies": "Companies", "contacts": "Contacts", "projects": "Projects", "team-members": "Team members"}


def same(field: Field, words: str, mark: str) -> None:
    assert mark == (field.remark or field.mark), field.name
    if mark not in [*Mark, "mixed"]:
        assert field.mark in mark or field.mark is Mark.ASSUMED, field.name
    limit = re.search(r"(?:up to|1 to) (\d+)", words)
    assert (int(limit[1]) if limit else None) == field.limit, field.name
    assert ("read-only" in words) == field.read_only, field.name
    assert ("required" in words) == field.required, field.name
    assert ("several lines" in words or "line breaks kept" in words) <= (field.type is Type.LINES), field.name
    assert ("true or false" in words) == (field.type is Type.FLAG), field.name
    assert ("2 decimals" in words) == (field.type is Type.DECIMAL), field.name


def test_the_common_fields_are_those_of_the_sheet() -> None:
    rows = field_rows("On every record")
    assert list(rows) == [field.name for field in COMMON]
    for field in COMMON:
        same(field, *rows[field.name])


@pytest.mark.parametrize("name", RESOURCES)
def test_the_fields_of_a_resource_are_those_of_the_sheet(name: str) -> None:
    rows = field_rows(SECTIONS[name])
    common = {field.name for field in COMMON}
    own = [field for field in RESOURCES[name].fields if field.name not in common or field.name in rows]
    assert {field.name for field in own} == set(rows)
    for field in own:
        same(field, *rows[field.name])
    assert common <= set(RESOURCES[name].by_name)


def test_the_statuses_are_those_of_the_sheet() -> None:
    for name, heading in SECTIONS.items():
        field = RESOURCES[name].by_name["record_status"]
        words = field_rows(heading)["record_status"][0].split(" ", 1)[1]
        assert set(re.findall(r"`([a-z]+)`", words)) - {"prospect"} == set(field.choices) - {"prospect"}
        assert ("empty" in words) == field.empty


def test_the_switches_and_their_defaults_are_those_of_the_sheet() -> None:
    text = SHEET.read_text("utf-8")
    told: dict[str, str] = {}
    for line in text.splitlines():
        if "switch" in line:
            told |= dict(re.findall(r"`([a-z_]+)`(?: = `[a-z]+`)? \((?:`[a-z]+` \()?default `?([\w/]+)`?[);]", line))
            told |= dict(re.findall(r"`(unknown_\w+)` = `([a-z]+)` \(default\)", line))
            told |= dict.fromkeys(re.findall(r"switch `(won_enabled)`", line), "on")
    shown = {switch.key: switch.default for switch in DECLARED if switch.key not in OWN_SWITCHES}
    words = {True: "on", False: "off", None: "none"}
    assert told == {
        key: words[value] if value is None or isinstance(value, bool) else str(value) for key, value in shown.items()
    }


def test_the_fields_can_be_printed_for_people_and_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--fields"]) == 0
    table = capsys.readouterr().out
    assert re.search(r"^projects +fee_value +decimal +anyone +assumed$", table, re.MULTILINE)
    assert re.search(r"^team-members +sync_origin +text +50 +anyone +documented$", table, re.MULTILINE)
    assert command.main(["--fields", "--json"]) == 0
    assert capsys.readouterr().out.count('"mark"') == sum(len(resource.fields) for resource in RESOURCES.values())
