"""What is installed is what was asked for: the locks name every dependency, with hashes and without addresses."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def _pins(name: str) -> dict[str, str]:
    """Package names and versions of a lock."""
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / name).read_text(), re.MULTILINE))


def _names(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=~! ;]", text)[0].lower().replace("_", "-") for text in requirements}


def test_the_runtime_lock_names_every_dependency() -> None:
    assert _names(PROJECT["project"]["dependencies"]) <= set(_pins("requirements.lock"))


def test_the_development_lock_adds_its_groups_and_changes_no_version() -> None:
    groups = PROJECT["dependency-groups"]
    development = [name for group in groups.values() for name in group if isinstance(name, str)]
    runtime, all_of_it = _pins("requirements.lock"), _pins("requirements-dev.lock")
    assert _names(development) <= set(all_of_it)
    assert runtime.items() <= all_of_it.items()


@pytest.mark.parametrize("lock", sorted(path.name for path in ROOT.glob("requirements*.lock")))
def test_every_package_of_a_lock_has_a_hash(lock: str) -> None:
    entries = re.split(r"\n(?=\S)", (ROOT / lock).read_text().strip())
    assert [entry.splitlines()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_the_front_end_lock_pins_what_the_package_asks_for() -> None:
    package = json.loads((ROOT / "package.json").read_text())
    locked = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert locked[""]["dependencies"] == package["dependencies"]
    for name, version in package["dependencies"].items():
        assert locked[f"node_modules/{name}"]["version"] == version, "pin the exact version"
    assert [name for name, entry in locked.items() if name and "integrity" not in entry] == []
