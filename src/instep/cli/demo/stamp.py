"""What the data folder of a demo was prepared for, so that a later start need not look again."""

from __future__ import annotations

import hashlib
import json
import os
from importlib.metadata import version
from pathlib import Path
from typing import Any

HOUSE = Path(__file__).resolve().parents[2]
# Their migrations are part of ours.
PACKAGES = ("django", "django-allauth")


def fingerprint() -> str:
    """Changes with every migration, with the firms of the demo, and with the database that is used."""
    digest = hashlib.sha256()
    files = [*HOUSE.glob("**/migrations/*.py"), *(HOUSE / "cli" / "demo" / "firms").glob("*.py")]
    for path in sorted(files):
        digest.update(f"{path.relative_to(HOUSE)} {path.stat().st_size}\n".encode())
    for package in PACKAGES:
        digest.update(version(package).encode())
    digest.update(os.environ.get("DATABASE_URL", "").encode())
    return digest.hexdigest()


def read(folder: Path) -> dict[str, Any]:
    """What the last preparation wrote; empty when it was for something else, or when the database has gone."""
    try:
        stamp = json.loads((folder / "demo.json").read_text())
    except (OSError, ValueError):
        return {}
    if not isinstance(stamp, dict) or stamp.get("fingerprint") != fingerprint():
        return {}
    there = bool(os.environ.get("DATABASE_URL")) or (folder / "instep.sqlite3").exists()
    kept = all((folder / f"{name}.sandbox").exists() for name in ("tinyplus", "xero"))
    return stamp if there and kept else {}


def write(folder: Path, **facts: Any) -> None:
    """The folder is prepared."""
    draft = folder / "demo.json.new"
    draft.write_text(json.dumps({"fingerprint": fingerprint(), **facts}))
    draft.replace(folder / "demo.json")


def last_port(folder: Path, name: str) -> int:
    """The port that this sandbox had, whatever else changed; 0 when that is not known."""
    try:
        return int(json.loads((folder / "demo.json").read_text())[name])
    except (OSError, ValueError, KeyError, TypeError):
        return 0
