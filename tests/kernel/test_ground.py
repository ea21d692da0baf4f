"""What the ground floor leaves out: binary fractions, frameworks, and the time of day."""

from __future__ import annotations

import ast
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

import instep.kernel
from instep.kernel.errors import BadValue, NotFound, Refusal, WrongState

FOLDER = Path(instep.kernel.__file__).parent
FILES = sorted(FOLDER.rglob("*.py"))


@pytest.mark.capability("X-01")
@pytest.mark.parametrize("file", FILES, ids=lambda f: f.relative_to(FOLDER).as_posix())
def test_no_binary_fraction_is_written_here(file: Path) -> None:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        line = getattr(node, "lineno", 0)
        assert not (isinstance(node, ast.Constant) and isinstance(node.value, float | complex)), line
        assert not (isinstance(node, ast.Name) and node.id == "float"), line
        assert not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)) or _exact(node), line


def _exact(division: ast.BinOp) -> bool:
    """Divisions are of Fractions, and there are few: each one says so by what it divides."""
    return ast.unparse(division) in {"size * w / whole", "amount.minor * percent_of / whole"}


def test_importing_it_loads_no_framework() -> None:
    modules = [".".join(("instep.kernel", *f.relative_to(FOLDER).with_suffix("").parts)) for f in FILES]
    script = f"""
import importlib, sys
for name in {[m.removesuffix(".__init__") for m in modules]}:
    importlib.import_module(name)
print(*sorted({{m.partition(".")[0] for m in sys.modules}} & {{"django", "httpx2", "psycopg", "sqlite3"}}))
"""
    source = str(FOLDER.parent.parent)
    found = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True, env={"PYTHONPATH": source}
    )
    assert found.stdout.strip() == ""


def test_a_refusal_says_its_sentence_with_its_facts() -> None:
    refusal = BadValue(field="Rate", problem="Give a number {not a name}.")
    assert str(refusal) == "Rate: Give a number {not a name}."
    assert (refusal.code, refusal.status, refusal.facts["field"]) == ("bad_value", 422, "Rate")
    assert issubclass(NotFound, Refusal)
    assert issubclass(WrongState, Refusal)


def test_a_refusal_that_was_stored_comes_back_whole() -> None:
    refusal = pickle.loads(pickle.dumps(WrongState(state="real", wanted="draft", allowed="nothing else")))
    assert type(refusal) is WrongState
    assert str(refusal) == "This is real; from there it can become nothing else, not draft."
