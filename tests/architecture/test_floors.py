"""The floors hold: each fault is planted once in a miniature of the house, and import-linter must see it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
BY_ID = {contract["id"]: contract for contract in CONTRACTS}
ROOMS = [room.strip(" ()") for floor in BY_ID["floors"]["layers"] for room in floor.split("|")]


def _module(source: Path, dotted: str, text: str = "") -> None:
    """Write a module, its parent packages with it."""
    *folders, name = dotted.split(".")
    for depth in range(1, len(folders) + 1):
        package = source.joinpath(*folders[:depth])
        package.mkdir(parents=True, exist_ok=True)
        (package / "__init__.py").touch()
    source.joinpath(*folders, f"{name}.py").write_text(text)


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A house with every room of the plan, each with one empty module, and the true contracts."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    source = tmp_path / "src"
    for room in ROOMS:
        _module(source, f"instep.{room}.inside")
    for module in ("connect.models", "connect.transport", "connectors.one.api", "connectors.other.api"):
        _module(source, f"instep.{module}")
    _module(source, "sandboxes.kit.server")
    return source


def _lint(source: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--no-logo"]
    environment = {**os.environ, "PYTHONPATH": str(source), "COLUMNS": "200"}
    return subprocess.run(command, cwd=source.parent, env=environment, capture_output=True, text=True, check=False)


def test_the_miniature_itself_keeps_every_contract(house: Path) -> None:
    done = _lint(house)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"Contracts: {len(CONTRACTS)} kept, 0 broken." in done.stdout


@pytest.mark.parametrize(
    ("planted", "broken"),
    [
        ({"instep.connect.x": "import instep.jobs.inside"}, ["engine"]),
        (
            {"instep.connect.x": "import instep.base.y", "instep.base.y": "import instep.crm.inside"},
            ["engine", "floors"],
        ),
        ({"instep.connect.x": "import instep.connectors.one.api"}, ["engine", "floors"]),
        ({"instep.kernel.x": "import django.db"}, ["kernel"]),
        ({"instep.kernel.x": "import socket"}, ["kernel"]),
        ({"instep.connectors.one.x": "import instep.connectors.other.api"}, ["connectors-apart"]),
        ({"instep.connectors.one.x": "import instep.connect.models"}, ["connectors"]),
        ({"instep.connectors.one.x": "import instep.crm.inside"}, ["connectors"]),
        ({"instep.connectors.one.x": "import instep.bridge.inside"}, ["floors"]),
        ({"instep.connectors.one.x": "import httpx2"}, ["connectors-words"]),
        ({"instep.surprise.x": ""}, ["floors"]),
        ({"instep.reports.x": "import instep.connect.inside"}, ["floors"]),
        ({"instep.crm.x": "import instep.crm.y", "instep.crm.y": "import instep.crm.x"}, ["cycles"]),
        ({"instep.base.a.x": "import instep.base.b.y", "instep.base.b.y": "import instep.base.a.x"}, ["cycles"]),
        ({"sandboxes.kit.x": "import instep.kernel.inside"}, ["next-door"]),
        ({"instep.web.x": "import sandboxes.kit.server"}, ["next-door"]),
        (
            {"instep.crm.x": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import instep.jobs.inside"},
            ["floors"],
        ),
        ({"instep.crm.x": "def f():\n    import instep.jobs.inside"}, ["floors"]),
        ({"instep.web.x": "import instep.config.inside"}, ["floors"]),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "-".join(value),
)
def test_a_planted_fault_breaks_its_contract(house: Path, planted: dict[str, str], broken: list[str]) -> None:
    for module, text in planted.items():
        _module(house, module, f"{text}\n")
    done = _lint(house)
    assert done.returncode == 1, done.stdout + done.stderr
    for contract in broken:
        assert f"{BY_ID[contract]['name']} BROKEN" in done.stdout


def test_a_new_room_must_be_named_to_the_engine_and_the_connectors() -> None:
    built = {path.parent.name for path in (ROOT / "src" / "instep").glob("*/__init__.py")}
    known_to_the_engine = {"kernel", "base", "connect"}
    above = {"config", "web", "api", "cli"}  # the floors contract alone keeps these away
    forbidden = {name.split(".")[1] for name in BY_ID["engine"]["forbidden_modules"]}
    assert built - known_to_the_engine - above - forbidden == set()
    forbidden = {name.split(".")[1] for name in BY_ID["connectors"]["forbidden_modules"]}
    assert built - known_to_the_engine - above - forbidden - {"connectors"} == set()
