"""Reading a public register of contracts from CSV: rows with their line numbers, and why a row cannot be read."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from instep.base.intake.rows import Problem, Row
from instep.jobs.intake.errors import EmptyFile, FileTooLarge, MalformedCsv, NoSuchFile, WrongColumns, WrongEncoding
from instep.kernel.canonical import canon_multiline, canon_name, canon_text

COLUMNS = (
    "contract_number",
    "procurement_unique_id",
    "title",
    "directorate",
    "contract_type",
    "slj_initiative",
    "status",
    "execution_date",
    "expiry_date",
    "amount",
    "suppliers",
    "details_url",
    "has_attachments",
)
LARGEST_BYTES = 50 * 1024 * 1024
LARGEST_CELL = 100_000
LONGEST_NAME = 200
LONGEST_TITLE = 300
CURRENT = "Current"

_AMOUNT = re.compile(r"\d{1,13}(\.\d{1,2}0*)?")
# A panel code in brackets at the end: no spaces, several digits. "(Aust)" and "(BURHOR)" are parts of names.
_CODED = re.compile(r"(?P<name>.*\S)\s*\((?P<code>(?=[^()]*\d[^()]*\d[^()]*\d[^()]*\d)[^()\s]{6,100})\)")


def read_contracts(path: str | Path) -> list[Row]:
    """The rows of the file, unreadable ones with their problem; the key of a row is its details_url.

    Values are plain: number, title, client, scope, starts_on, ends_on, amount (text of a decimal), suppliers
    [[name, code]]. Raises NoSuchFile, EmptyFile, FileTooLarge, WrongEncoding, WrongColumns, MalformedCsv.
    """
    rows = [_row(line, cells) for line, cells in _cells(_text(Path(path)))]
    if not rows:
        raise EmptyFile()
    return rows


def split_suppliers(cell: str) -> list[tuple[str, str]]:
    """The suppliers of a cell as (name, code), one a line; spellings of one name in one cell count once."""
    found: dict[str, tuple[str, str]] = {}
    for line in (canon_multiline(cell) or "").split("\n"):
        # An opening bracket at the end has lost what it opened.
        text = (canon_text(line) or "").rstrip("( ").strip()
        coded = _CODED.fullmatch(text)
        name, code = (coded["name"], coded["code"]) if coded else (text, "")
        key = canon_name(name)
        if key:
            found.setdefault(key, (name, code))
    return list(found.values())


def short_name(title: str) -> str:
    """The title as a name: cut at a word where it is longer than names are, with an ellipsis."""
    if len(title) <= LONGEST_TITLE:
        return title
    cut = title[: LONGEST_TITLE - 1]
    return f"{cut[: cut.rfind(' ')] if ' ' in cut[LONGEST_TITLE // 2 :] else cut}…"


# --- the file --------------------------------------------------------------------------------------------------------


def _text(path: Path) -> str:
    try:
        size = path.stat().st_size
        if size > LARGEST_BYTES:
            raise FileTooLarge(megabytes=LARGEST_BYTES // (1024 * 1024))
        raw = path.read_bytes()
    except (OSError, ValueError):
        raise NoSuchFile(name=path.name) from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise WrongEncoding(position=error.start) from None
    if not text.strip():
        raise EmptyFile()
    return text


def _cells(text: str) -> Iterator[tuple[int, list[str]]]:
    """(line where the row begins, its cells by COLUMNS); rows that are empty are passed over."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    order: list[int] | None = None
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                if order is None:
                    order = _order(cells)
                else:
                    yield line, [cells[place] for place in order] if len(cells) == len(order) else cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise MalformedCsv(line=line, problem=str(error)) from None


def _order(headings: list[str]) -> list[int]:
    names = [heading.strip().lower() for heading in headings]
    missing = [name for name in COLUMNS if name not in names]
    unknown = [name or "(no heading)" for name in names if name not in COLUMNS]
    twice = sorted({name for name in names if names.count(name) > 1 and name in COLUMNS})
    problems = [
        f"{words} {', '.join(found)}"
        for words, found in (("missing", missing), ("unknown", unknown), ("twice", twice))
        if found
    ]
    if problems:
        raise WrongColumns(problem="; ".join(problems)[:300])
    return [names.index(name) for name in COLUMNS]


# --- a row -----------------------------------------------------------------------------------------------------------


class _Unreadable(Exception):
    """The row cannot be taken in."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.problem = Problem(code, sentence)


def _row(line: int, cells: list[str]) -> Row:
    if len(cells) != len(COLUMNS):
        sentence = f"The row has {len(cells)} cells instead of {len(COLUMNS)}."
        return Row(f"line {line}", line, {}, Problem("wrong_cells", sentence))
    given = dict(zip(COLUMNS, cells, strict=True))
    key = canon_text(given["details_url"]) or ""
    try:
        return Row(key, line, _values(given))
    except _Unreadable as error:
        return Row(key, line, {}, error.problem)


def _values(given: Mapping[str, str]) -> dict[str, Any]:
    if any(len(cell) > LARGEST_CELL for cell in given.values()):
        raise _Unreadable("too_long", f"A cell is longer than {LARGEST_CELL} characters.")
    title, client = canon_text(given["title"]), canon_text(given["directorate"])
    if not title:
        raise _Unreadable("no_title", "The row has no title.")
    if not client:
        raise _Unreadable("no_directorate", "The row has no directorate, so there is no client.")
    number = canon_text(given["contract_number"]) or ""
    suppliers = split_suppliers(given["suppliers"])
    if len(number) > LONGEST_NAME or any(len(name) > LONGEST_NAME for name in [client, *(s[0] for s in suppliers)]):
        raise _Unreadable("too_long", f"A number or name is longer than {LONGEST_NAME} characters.")
    status = canon_text(given["status"]) or ""
    if status != CURRENT:
        raise _Unreadable("unknown_status", f"The status {status[:40] or '(none)'} is not known; only {CURRENT} is.")
    starts_on, ends_on = _date(given, "execution_date"), _date(given, "expiry_date")
    if starts_on and ends_on and ends_on < starts_on:
        raise _Unreadable("bad_dates", f"The expiry date {ends_on} is before the execution date {starts_on}.")
    return {
        "number": number,
        "title": title,
        "client": client,
        "scope": _scope(given, title),
        "starts_on": starts_on,
        "ends_on": ends_on,
        "amount": _amount(given),
        "suppliers": [list(supplier) for supplier in suppliers],
    }


def _date(given: Mapping[str, str], column: str) -> str | None:
    text = canon_text(given[column])
    if text is None:
        return None
    try:
        return dt.date.fromisoformat(text).isoformat()
    except ValueError:
        raise _Unreadable("bad_date", f"The {column} {text[:40]} is not a date such as 2026-03-31.") from None


def _amount(given: Mapping[str, str]) -> str:
    text = canon_text(given["amount"]) or ""
    if not _AMOUNT.fullmatch(text):
        raise _Unreadable("bad_amount", f"The amount {text[:40] or '(none)'} is not a number such as 58665.00.")
    return str(Decimal(text).quantize(Decimal("0.01")))


def _scope(given: Mapping[str, str], title: str) -> str:
    """What a job has no field for, so that nothing of the row is lost."""
    lines = [title] if len(title) > LONGEST_TITLE else []
    for column, label in (
        ("contract_type", "Contract type"),
        ("procurement_unique_id", "Procurement"),
        ("slj_initiative", "Secure local jobs"),
        ("has_attachments", "Attachments"),
        ("details_url", "Register"),
    ):
        text = canon_text(given[column])
        if text and text != "False":
            lines.append(f"{label}: {text}")
    return "\n".join(lines)
