"""Which test proves which capability: `python3 run.py capabilities [--json]`; a mark with an unknown id is an error."""

from __future__ import annotations

import argparse
import ast
import json
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "docs" / "reference" / "capabilities.toml"
IDENTIFIER = re.compile(r"[A-Z]-\d\d")


@dataclass
class Capability:
    """One line of the catalogue and the tests that carry its id."""

    id: str
    title: str
    declined: str | None = None
    tests: list[str] = field(default_factory=list)


def read_catalogue(path: Path = CATALOGUE) -> dict[str, Capability]:
    """The lines by id, in the order of the file."""
    found: dict[str, Capability] = {}
    for group in tomllib.loads(path.read_text(encoding="utf-8")).values():
        for key, value in group.items():
            if IDENTIFIER.fullmatch(key):
                entry = {"title": value} if isinstance(value, str) else value
                found[key] = Capability(key, **entry)
    return found


def marks(folder: Path) -> Iterator[tuple[str, str, str]]:
    """(id, test, place) of each `@pytest.mark.capability`, on tests, classes and modules under `folder`."""
    for path in sorted(folder.rglob("*.py")):
        name = path.relative_to(folder.parent).as_posix()
        tree = ast.parse(path.read_text(encoding="utf-8"), name)
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                marked, test = node.decorator_list, f"{name}::{node.name}"
            elif isinstance(node, ast.Assign) and any(getattr(to, "id", "") == "pytestmark" for to in node.targets):
                marked, test = [node.value], name
            elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "param":
                marked = [keyword.value for keyword in node.keywords if keyword.arg == "marks"]
                test = f"{name}:{node.lineno}"
            else:
                continue
            for call in (call for mark in marked for call in ast.walk(mark) if isinstance(call, ast.Call)):
                if isinstance(call.func, ast.Attribute) and call.func.attr == "capability":
                    for argument in call.args:
                        yield str(getattr(argument, "value", "?")), test, f"{name}:{call.lineno}"


def main(arguments: list[str] | None = None) -> int:
    """Print the catalogue with its tests; 1 where a test names an id that is not in it."""
    parser = argparse.ArgumentParser(prog="run.py capabilities", description=__doc__)
    parser.add_argument("--json", action="store_true", help="for machines")
    parser.add_argument("--gaps", action="store_true", help="only the lines without a test")
    options = parser.parse_args(arguments)
    catalogue = read_catalogue()
    unknown: list[str] = []
    for identifier, test, place in marks(ROOT / "tests"):
        if identifier in catalogue:
            if test not in catalogue[identifier].tests:
                catalogue[identifier].tests.append(test)
        else:
            unknown.append(f"{place}: no capability {identifier}")
    shown = [line for line in catalogue.values() if not (options.gaps and (line.tests or line.declined))]
    if options.json:
        print(json.dumps({"capabilities": [vars(line) for line in shown], "unknown": unknown}, indent=1))
    else:
        for line in shown:
            state = f"declined, decision {line.declined}" if line.declined else ", ".join(line.tests) or "-"
            print(f"{line.id}  {line.title}\n      {state}")
        proved = sum(bool(line.tests) for line in catalogue.values())
        declined = sum(bool(line.declined) for line in catalogue.values())
        gaps = len(catalogue) - proved - declined
        print(f"{len(catalogue)} capabilities: {proved} with tests, {declined} declined, {gaps} gaps")
    for complaint in unknown:
        print(complaint, file=sys.stderr)
    return 1 if unknown else 0


if __name__ == "__main__":
    sys.exit(main())
