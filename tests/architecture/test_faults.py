"""The page of faults names tests that exist, for every row of the matrix."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reference" / "faults.md"
TEST = re.compile(r"`(tests/[\w/]+\.py)((?:::\w+)+)`")
ROWS = 38


def names_in(path: Path) -> set[str]:
    """Tests of a file, as pytest names them; those of a contract count for each class that is made from it."""
    found: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            found.add(f"::{node.name}")
        elif isinstance(node, ast.ClassDef):
            found |= {f"::{node.name}::{part.name}" for part in node.body if isinstance(part, ast.FunctionDef)}
    return found


def test_every_row_of_the_matrix_names_a_test_that_exists() -> None:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    rows = {int(match[1]): line for line in lines if (match := re.match(r"\| (\d+) \|", line))}
    assert sorted(rows) == list(range(1, ROWS + 1))
    named = {number: TEST.findall(line) for number, line in rows.items()}
    assert [number for number, tests in named.items() if not tests] == []
    cited = {test for tests in named.values() for test in tests}
    missing = sorted(f"{path}{name}" for path, name in cited if name not in names_in(ROOT / path))
    assert missing == []
    quoted = [part for line in rows.values() for part in re.findall(r"`tests/[^`]*`", line)]
    assert [part for part in quoted if not TEST.match(part)] == []
