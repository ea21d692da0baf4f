"""`instep backup FILE`: the whole house in one file, while it works."""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

from instep.cli.backup import archive, databases
from instep.cli.backup.errors import CannotWrite, FileThere
from instep.cli.opening import choose_data, open_house
from instep.cli.refusals import Exit
from instep.cli.terminal import say, show_json

NAME = "backup"
ABOUT = "Keep the database and uploaded files in one file, while Instep runs. Sign-ins to remotes stay sealed in it."
WITHOUT_KEYS = (
    "The keys of this installation are not in it: keep {keys} at another place, or sign in to each remote again after "
    "putting it back elsewhere."
)
WITH_KEYS = "The keys of this installation are in it: whoever has this file can use the sign-ins to your remotes."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", type=Path, help="the file to make; nothing is written over")
    parser.add_argument("--with-keys", action="store_true", help="put the keys in it that open the sealed sign-ins")
    parser.add_argument("--data", metavar="DIR", help="data folder (default INSTEP_DATA, else var)")
    parser.add_argument("--json", action="store_true", help="answer in JSON")


def run(options: argparse.Namespace) -> int:
    """Make the backup; 0 when it is there, whole."""
    choose_data(options.data)
    open_house(tables=False)
    made = keep_house(options.file, with_keys=options.with_keys)
    told = WITH_KEYS if made.has_keys else WITHOUT_KEYS.format(keys=_where_keys_are())
    size = options.file.stat().st_size
    if options.json:
        show_json(
            {"ok": True, "file": str(options.file), "bytes": size, "made_at": made.made_at, "keys": made.has_keys,
             "files": len(made.files), "counts": dict(made.counts), "note": told}
        )  # fmt: skip
    else:
        kept = f"{made.counts['firms']} firms, {made.counts['connections']} connections, {len(made.files)} files"
        say(f"{options.file}: {size:,} bytes, {kept}. It was checked by reading it again.")
        say(told)
    return Exit.DONE


def keep_house(target: Path, *, with_keys: bool = False) -> archive.Manifest:
    """Make a backup and read it again. Django must be ready.

    Raises FileThere, CannotWrite, ToolMissing, ToolFailed, DamagedBackup.
    """
    from django.utils import timezone

    if target.exists():
        raise FileThere(file=str(target))
    moment = timezone.now()
    try:
        with tempfile.TemporaryDirectory(prefix=".instep-backup-", dir=target.resolve().parent) as folder:
            kept = Path(folder) / archive.DATABASE
            databases.keep(kept)
            parts: dict[str, Path | bytes] = {archive.DATABASE: kept, **_uploaded()}
            if with_keys:
                parts[archive.KEYS] = json.dumps(_keys()).encode()
            archive.write(target, parts, {"made_at": moment.isoformat(), **_about()})
    except OSError as problem:
        raise CannotWrite(file=str(target), problem=problem.strerror or str(problem)) from None
    with archive.opened(target) as made:
        return made.manifest


def _about() -> dict[str, Any]:
    from django.db import connection
    from django.db.migrations.recorder import MigrationRecorder

    from instep.base.identity.models import Firm
    from instep.connect.models import Connection

    applied = sorted(".".join(key) for key in MigrationRecorder(connection).applied_migrations())
    counts = {"firms": Firm.objects.count(), "connections": Connection.objects.count()} if applied else {}
    return {"database": databases.vendor(), "migrations": applied, "counts": counts}


def _uploaded() -> dict[str, Path]:
    """Uploaded files by their name in the backup."""
    folder = uploads()
    if folder is None or not folder.is_dir():
        return {}
    found = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return {f"{archive.FILES}{path.relative_to(folder).as_posix()}": path for path in found}


def uploads() -> Path | None:
    """The folder of uploaded files; None while there is none."""
    from django.conf import settings

    return Path(settings.MEDIA_ROOT) if settings.MEDIA_ROOT else None


def _keys() -> dict[str, str]:
    from django.conf import settings

    return {"secret_key": settings.SECRET_KEY, "box_key": ",".join(settings.SECRET_BOX_KEYS)}


def _where_keys_are() -> str:
    from django.conf import settings

    folder = settings.DATA_DIR
    return f"{folder / 'box_key'} and {folder / 'secret_key'} (or what INSTEP_BOX_KEYS and INSTEP_SECRET_KEY say)"
