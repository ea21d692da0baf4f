"""Reading a register of contracts: rows, reasons, and whole files that are refused."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from instep.base.intake.rows import Row
from instep.jobs.intake.contract_csv import COLUMNS, LARGEST_BYTES, read_contracts, short_name, split_suppliers
from instep.jobs.intake.errors import EmptyFile, FileTooLarge, MalformedCsv, NoSuchFile, WrongColumns, WrongEncoding

GOOD = {
    "contract_number": "PO_1",
    "procurement_unique_id": "",
    "title": "Year 7 camp",
    "directorate": "Education Directorate",
    "contract_type": "Contract",
    "slj_initiative": "No",
    "status": "Current",
    "execution_date": "2025-09-15",
    "expiry_date": "2026-10-23",
    "amount": "58665.0",
    "suppliers": "Office of Sport",
    "details_url": "https://register.example/1",
    "has_attachments": "False",
}


def written(path: Path, *rows: dict[str, str], columns: tuple[str, ...] = COLUMNS) -> Path:
    """A register file with these rows; what a row does not say is as in GOOD, its key by its place."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, extrasaction="ignore")
    writer.writeheader()
    for place, row in enumerate(rows, start=1):
        writer.writerow({**GOOD, "details_url": f"https://register.example/{place}", **row})
    path.write_bytes(text.getvalue().encode())
    return path


def read_one(tmp_path: Path, **values: str) -> Row:
    """The only row of a file."""
    (row,) = read_contracts(written(tmp_path / "one.csv", values))
    return row


def test_a_row_becomes_plain_values_with_the_line_where_it_begins(tmp_path: Path) -> None:
    path = written(
        tmp_path / "register.csv",
        {"contract_type": "Panel Contract\n(GS374482)", "suppliers": "Maxxia (GS374482.02)\nPaywise Pty Ltd"},
        {"amount": "0.0", "suppliers": "", "procurement_unique_id": "PICM1", "slj_initiative": "Yes"},
    )
    first, second = read_contracts(path)
    assert (first.line, first.row_key, first.problem) == (2, "https://register.example/1", None)
    assert first.values == {
        "number": "PO_1",
        "title": "Year 7 camp",
        "client": "Education Directorate",
        "scope": "Contract type: Panel Contract (GS374482)\nSecure local jobs: No\nRegister: https://register.example/1",
        "starts_on": "2025-09-15",
        "ends_on": "2026-10-23",
        "amount": "58665.00",
        "suppliers": [["Maxxia", "GS374482.02"], ["Paywise Pty Ltd", ""]],
    }
    assert (second.line, second.values["amount"], second.values["suppliers"]) == (5, "0.00", [])
    assert "Procurement: PICM1" in second.values["scope"]


@pytest.mark.parametrize(
    ("cell", "suppliers"),
    [
        ("", []),
        (" \n ", []),
        ("Office of Sport", [("Office of Sport", "")]),
        ("Draeger Australia Pty Ltd (PICH0001842-1)", [("Draeger Australia Pty Ltd", "PICH0001842-1")]),
        ("BURGESS (BURHOR) (PICH0009993.116.01)", [("BURGESS (BURHOR)", "PICH0009993.116.01")]),
        ("Zip Heaters (Aust) Pty Ltd", [("Zip Heaters (Aust) Pty Ltd", "")]),
        ("ESL Biosciences (2012) Pty Ltd", [("ESL Biosciences (2012) Pty Ltd", "")]),
        ("ELM (ACT)", [("ELM (ACT)", "")]),
        ("Smiths Medical (part of ICU Medical)", [("Smiths Medical (part of ICU Medical)", "")]),
        ("Countrywide Concepts Pty Ltd (", [("Countrywide Concepts Pty Ltd", "")]),
        ("Egis Consulting\r\nEGIS Consulting Pty Ltd", [("Egis Consulting", "")]),
        ("A (X1234.1)\nB (X1234.2)\n", [("A", "X1234.1"), ("B", "X1234.2")]),
        ("(PICH0009993.1)", [("(PICH0009993.1)", "")]),
        ("((((", []),
    ],
)
def test_a_cell_of_suppliers_is_names_with_their_codes(cell: str, suppliers: list[tuple[str, str]]) -> None:
    assert split_suppliers(cell) == suppliers


def test_a_long_title_is_cut_at_a_word_and_whole_in_the_scope(tmp_path: Path) -> None:
    title = " ".join(["maintenance"] * 30)
    name = short_name(title)
    assert len(name) <= 300
    assert name.endswith("maintenance…")
    assert read_one(tmp_path, title=title).values["scope"].startswith(title + "\n")
    assert short_name("x" * 300) == "x" * 300
    assert len(short_name("x" * 301)) == 300


@pytest.mark.parametrize(
    ("values", "code", "said"),
    [
        ({"title": " "}, "no_title", "title"),
        ({"directorate": ""}, "no_directorate", "directorate"),
        ({"directorate": "x" * 201}, "too_long", "200"),
        ({"suppliers": "ok\n" + "x" * 201}, "too_long", "200"),
        ({"contract_number": "x" * 201}, "too_long", "200"),
        ({"status": "Expired"}, "unknown_status", "Expired"),
        ({"execution_date": "15/09/2025"}, "bad_date", "15/09/2025"),
        ({"expiry_date": "2025-02-30"}, "bad_date", "2025-02-30"),
        ({"expiry_date": "2025-09-14"}, "bad_dates", "2025-09-14"),
        ({"amount": "1,000.00"}, "bad_amount", "1,000.00"),
        ({"amount": "-5"}, "bad_amount", "-5"),
        ({"amount": "1e9"}, "bad_amount", "1e9"),
        ({"amount": "10.005"}, "bad_amount", "10.005"),
        ({"amount": "NaN"}, "bad_amount", "NaN"),
        ({"amount": ""}, "bad_amount", "none"),
    ],
)
def test_a_row_that_cannot_be_read_says_why(tmp_path: Path, values: dict[str, str], code: str, said: str) -> None:
    problem = read_one(tmp_path, **values).problem
    assert problem is not None
    assert problem.code == code
    assert said in problem.sentence


def test_a_row_with_too_few_or_too_many_cells_is_refused_alone(tmp_path: Path) -> None:
    path = written(tmp_path / "register.csv", {}, {})
    path.write_text(path.read_text() + "only,three,cells\n\n" + ",".join(["x"] * 14) + "\n")
    rows = read_contracts(path)
    assert [(row.line, row.problem.code if row.problem else "") for row in rows] == [
        (2, ""),
        (3, ""),
        (4, "wrong_cells"),
        (6, "wrong_cells"),
    ]


def test_columns_may_stand_in_any_order_and_a_byte_order_mark_is_no_column(tmp_path: Path) -> None:
    path = written(tmp_path / "register.csv", {}, columns=COLUMNS[::-1])
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert read_contracts(path)[0].values["title"] == "Year 7 camp"


HEADINGS = ",".join(COLUMNS)


@pytest.mark.parametrize(
    ("content", "refusal", "said"),
    [
        (b"", EmptyFile, "no rows"),
        (b" \r\n\n", EmptyFile, "no rows"),
        (HEADINGS.encode(), EmptyFile, "no rows"),
        (HEADINGS.encode("utf-16"), WrongEncoding, "UTF-8"),
        (HEADINGS.encode() + b"\n\x93quoted\x94", WrongEncoding, "byte 164"),
        (HEADINGS.replace("title,", "").encode() + b"\nx", WrongColumns, "missing title"),
        ((HEADINGS + ",colour").encode() + b"\nx", WrongColumns, "unknown colour"),
        ((HEADINGS + ",title").encode() + b"\nx", WrongColumns, "twice title"),
        ((HEADINGS + ",").encode() + b"\nx", WrongColumns, "no heading"),
        (b"PK\x03\x04 this is no table at all", WrongColumns, "missing"),
        ((HEADINGS + '\n"never closed').encode(), MalformedCsv, "line 2"),
        ((HEADINGS + '\n"closed"and more').encode(), MalformedCsv, "line 2"),
    ],
)
def test_a_file_that_is_no_register_is_refused_as_a_whole_with_one_sentence(
    tmp_path: Path, content: bytes, refusal: type[Exception], said: str
) -> None:
    path = tmp_path / "register.csv"
    path.write_bytes(content)
    with pytest.raises(refusal, match=said):
        read_contracts(path)


def test_a_file_that_is_not_there_or_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in (tmp_path / "gone.csv", tmp_path, "a\0b"):
        with pytest.raises(NoSuchFile):
            read_contracts(path)
    monkeypatch.setattr("instep.jobs.intake.contract_csv.LARGEST_BYTES", 10)
    with pytest.raises(FileTooLarge):
        read_contracts(written(tmp_path / "register.csv", {}))
    assert LARGEST_BYTES > 10


def test_any_readable_row_reads_the_same_twice(tmp_path: Path) -> None:
    def values() -> dict[str, Any]:
        return dict(read_one(tmp_path, title="Zoë’s “café”\u00a0 works", suppliers="Ænima Pty Ltd").values)

    assert values() == values()
    assert values()["title"] == "Zoë’s “café” works"
