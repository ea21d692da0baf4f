"""The catalogue of capabilities and the marks of the tests agree."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tools.capabilities import main, marks, read_catalogue


def test_every_mark_of_the_suite_names_a_capability_of_the_catalogue(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--gaps"]) == 0, capsys.readouterr().err


def test_the_catalogue_holds_each_row_that_we_were_given() -> None:
    given = Path(os.environ.get("INSTEP_SHARED", Path(__file__).resolve().parents[3] / "shared")) / "spec"
    if not given.exists():
        pytest.skip(f"no {given}: set INSTEP_SHARED")
    rows = re.findall(r"^\| ([A-EPTX]-\d\d) ", (given / "capabilities.md").read_text(), re.MULTILINE)
    assert sorted(read_catalogue()) == sorted(rows)


def test_marks_are_read_from_tests_classes_modules_and_parameters(tmp_path: Path) -> None:
    folder = tmp_path / "tests"
    folder.mkdir()
    (folder / "test_a.py").write_text(
        '"""A."""\n'
        "import pytest\n"
        'pytestmark = [pytest.mark.postgres, pytest.mark.capability("X-01")]\n'
        '@pytest.mark.capability("A-22", "A-23")\n'
        "def test_names(): ...\n"
        '@pytest.mark.capability("A-24")\n'
        "class TestPhones: ...\n"
        '@pytest.mark.parametrize("x", [pytest.param(1, marks=pytest.mark.capability("X-02"))])\n'
        "def test_each(x): ...\n"
    )
    found = {(identifier, test) for identifier, test, _ in marks(folder)}
    assert {
        ("X-01", "tests/test_a.py"),
        ("A-22", "tests/test_a.py::test_names"),
        ("A-23", "tests/test_a.py::test_names"),
        ("A-24", "tests/test_a.py::TestPhones"),
        ("X-02", "tests/test_a.py:8"),
    } <= found
