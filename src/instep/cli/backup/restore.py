"""`instep restore FILE`: put a backup in the place of what is there; each connection then begins a new epoch."""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from instep.cli.backup import archive, databases
from instep.cli.backup.archive import Archive
from instep.cli.backup.command import keep_house, uploads
from instep.cli.backup.errors import NewerBackup, NoKeys, NotConfirmed, OtherDatabase
from instep.cli.migrate import migrate_now, names_waiting
from instep.cli.opening import choose_data, open_house
from instep.cli.refusals import Exit
from instep.cli.terminal import say, show_json

NAME = "restore"
ABOUT = "Put a backup in the place of what is there. Nothing is sent to any remote before somebody has seen it."
KEY_FILES = ("secret_key", "box_key")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", type=Path, help="the backup")
    parser.add_argument("--yes", action="store_true", help="do it; without, only tell what would happen")
    parser.add_argument("--with-keys", action="store_true", help="take the keys out of it too, where they are in it")
    parser.add_argument("--data", metavar="DIR", help="data folder (default INSTEP_DATA, else var)")
    parser.add_argument("--json", action="store_true", help="answer in JSON")


def run(options: argparse.Namespace) -> int:
    """Put it back; 0 when the house can open again."""
    choose_data(options.data)
    open_house(tables=False)
    with archive.opened(options.file) as kept:
        _fits(options, kept)
        from django.utils import timezone

        databases.must_rest(timezone.now())
        if not options.yes:
            if not options.json:
                say(_what_is_in(options.file, kept))
            raise NotConfirmed
        done = _put_back(options, kept)
    if options.json:
        show_json({"ok": True, **done})
        return Exit.DONE
    say(f"{options.file} of {kept.manifest.made_at[:19].replace('T', ' ')} UTC is in place.")
    if done["before"]:
        say(f"What was there before is kept in {done['before']}.")
    if done["migrated"]:
        say(f"Its tables were of an older version: {done['migrated']} changes were made to them.")
    say(f"{done['connections']} connections read everything anew and show what they would do before they write.")
    if done["unreadable"]:
        said = "The sign-ins of {count} connections do not open with the keys of this installation: sign in again."
        say(said.format(count=done["unreadable"]))
    if done["copies"]:
        said = (
            "{count} connections belong to another installation and only look, until somebody says that this one is it."
        )
        say(said.format(count=done["copies"]))
    return Exit.DONE


def _fits(options: argparse.Namespace, kept: Archive) -> None:
    manifest = kept.manifest
    if manifest.database != databases.vendor():
        raise OtherDatabase(file=str(options.file), was=manifest.database, now=databases.vendor())
    unknown = sorted(set(manifest.migrations) - _known_migrations())
    if unknown:
        raise NewerBackup(file=str(options.file), count=len(unknown), first=unknown[0])
    if options.with_keys and not manifest.has_keys:
        raise NoKeys(file=str(options.file))


def _known_migrations() -> set[str]:
    from django.db.migrations.loader import MigrationLoader

    loader = MigrationLoader(None)
    replaced = {".".join(old) for one in loader.disk_migrations.values() for old in one.replaces}
    return {".".join(key) for key in loader.disk_migrations} | replaced


def _what_is_in(path: Path, kept: Archive) -> str:
    manifest = kept.manifest
    counts = ", ".join(f"{count} {what}" for what, count in manifest.counts.items()) or "no tables"
    return (
        f"{path}: made at {manifest.made_at[:19].replace('T', ' ')} UTC, {counts}, {len(manifest.files)} files, "
        f"{'with' if manifest.has_keys else 'without'} keys. It would take the place of everything in "
        f"{_place()}; what was done here since then would be gone, except for what remotes bring back."
    )


def _place() -> str:
    from django.conf import settings

    database = settings.DATABASES["default"]
    return str(database["NAME"]) if databases.vendor() == "sqlite" else f"the database {database['NAME']}"


def _put_back(options: argparse.Namespace, kept: Archive) -> dict[str, Any]:
    from django.conf import settings
    from django.utils import timezone

    from instep.connect.actions.epochs import accesses, going_back, highest_id, put_accesses_back

    present = _present()
    held = accesses() if present else []
    then = going_back(databases.vendor(), highest=highest_id() if present else 0, now=timezone.now())
    before = _keep_postgres(settings.DATA_DIR, kept.manifest.made_at) if present else None
    with tempfile.TemporaryDirectory(prefix=".instep-restore-", dir=settings.DATA_DIR) as folder:
        source = Path(folder) / "kept"
        kept.extract(archive.DATABASE, source)
        if databases.vendor() == "sqlite" and not databases.whole(source):
            raise kept.damaged("the database in it is not sound")
        before = databases.put_back(source, then) or before
    waiting = names_waiting()
    if waiting:
        migrate_now()
    put_accesses_back(held)
    _files_back(kept)
    if options.with_keys:
        _keys_back(kept, settings.DATA_DIR)
    return {
        "file": str(options.file),
        "made_at": kept.manifest.made_at,
        "before": str(before) if before else "",
        "migrated": len(waiting),
        "files": len(kept.manifest.files),
        **_connections(),
    }


def _present() -> bool:
    """Whether there are tables that a backup would take the place of."""
    from django.db import connection

    return "connect_connection" in connection.introspection.table_names()


def _keep_postgres(folder: Path, made_at: str) -> Path | None:
    """What is in a PostgreSQL database goes into a backup of its own first; a SQLite file is simply kept."""
    from django.utils import timezone

    if databases.vendor() == "sqlite":
        return None
    target = folder / f"before-restore-{timezone.now():%Y%m%d-%H%M%S-%f}.instep"
    keep_house(target)
    return target


def _files_back(kept: Archive) -> None:
    folder = uploads()
    if folder is None:
        return
    for name in kept.manifest.files:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        kept.extract(archive.FILES + name, target)


def _keys_back(kept: Archive, folder: Path) -> None:
    """Into the data folder, where they are looked for unless the environment names others."""
    told = json.loads(kept.text(archive.KEYS))
    for name in KEY_FILES:
        draft = folder / f".{name}.new"
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(told[name])
        draft.replace(folder / name)


def _connections() -> dict[str, int]:
    from instep.connect.installation import is_copy
    from instep.connect.models import Connection, ConnectionState
    from instep.connect.secrets import SecretsUnreadable, open_

    rows = list(Connection.objects.exclude(state=ConnectionState.DISCONNECTED))
    unreadable = 0
    for row in rows:
        try:
            open_(row.sealed_secret)
        except SecretsUnreadable:
            unreadable += 1
    return {"connections": len(rows), "copies": sum(is_copy(row) for row in rows), "unreadable": unreadable}
