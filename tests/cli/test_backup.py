"""`instep backup` and `instep restore`: the whole house in one file, and back, with remotes that went on meanwhile."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection as database
from django.utils import timezone

from instep.base.identity.models import Firm
from instep.base.tasks.models import Executor
from instep.cli.backup import databases
from instep.connect.actions.connections import replace_token
from instep.connect.models import Connection, Plan, PlanState
from instep.connect.secrets import open_
from instep.crm.actions.organisations import update_organisation
from instep.crm.models import Organisation
from tests.cli.conftest import Said
from tests.connect.rig import TOKEN, Rig

pytestmark = pytest.mark.django_db(transaction=True)
Run = Callable[..., Said]


def altered(source: Path, target: Path, change: Callable[[dict[str, Any], dict[str, bytes]], None]) -> Path:
    """A copy of a backup, with its manifest and its parts changed."""
    with zipfile.ZipFile(source) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(parts.pop("manifest.json"))
    change(manifest, parts)
    with zipfile.ZipFile(target, "w") as archive:
        for name, body in parts.items():
            archive.writestr(name, body)
        archive.writestr("manifest.json", json.dumps(manifest))
    return target


@pytest.mark.capability("A-34", "X-22")
def test_a_house_goes_back_and_its_remote_goes_on(
    instep: Run, rig: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "MEDIA_ROOT", str(tmp_path / "uploads"))
    (tmp_path / "uploads" / "plans").mkdir(parents=True)
    (tmp_path / "uploads" / "plans" / "house.pdf").write_bytes(b"a plan")
    known = [rig.organisation(f"Known {n}", phone="03 9000 0000") for n in range(3)]
    rig.connect()
    rig.settle()
    update_organisation(known[0].pk, by=rig.ada, changes={"phone": "03 9111 1111"})
    file = tmp_path / "house.instep"
    said = instep("backup", file)
    assert said.code == 0, said.err
    assert "keys of this installation are not in it" in said.out
    assert (file.stat().st_mode & 0o777, [p.name for p in tmp_path.glob(".*")]) == (0o600, [])
    assert (instep("backup", file).code, "file_there" in instep("backup", file, "--json").out) == (1, True)
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert set(parts) == {"manifest.json", "database", "files/plans/house.pdf"}
    secrets = (TOKEN, settings.SECRET_KEY, settings.SECRET_BOX_KEYS[0])
    assert not [secret for secret in secrets for body in parts.values() if secret.encode() in body]

    # What happens after it: ours made and changed, theirs changed, another token, another file.
    rig.organisation("Since")
    rig.settle()
    there = {o.pk: rig.link("organisation", o.pk).remote_id or "" for o in known}
    rig.edit("companies", there[known[0].pk], office_phone="03 9222 2222")
    rig.settle()
    rig.seed()
    replace_token(rig.connection.pk, by=rig.ada, secret={"access_token": TOKEN, "kept": "fresh"})
    (tmp_path / "uploads" / "plans" / "house.pdf").write_bytes(b"another plan")
    kept = {r["id"]: r["name"] for r in rig.records("companies")}

    told = instep("restore", file)
    assert (told.code, "--yes" in told.err, "1 connections" in told.out) == (1, True, True)
    assert Organisation.objects.count() == 4
    done = instep("restore", file, "--yes", "--json")
    assert done.code == 0, done.out + done.err
    assert (done.json["connections"], done.json["unreadable"], done.json["copies"]) == (1, 0, 0)
    assert Path(done.json["before"]).exists()
    assert (tmp_path / "uploads" / "plans" / "house.pdf").read_bytes() == b"a plan"
    assert Organisation.objects.count() == 3
    row = Connection.objects.get()
    assert (row.epoch, row.adopted_epoch) == (2, 1)
    assert open_(row.sealed_secret)["kept"] == "fresh", "a token that was renewed since is not lost"

    writes = rig.writes()
    rig.cycle()
    assert rig.writes() == writes
    assert Plan.objects.get(state=PlanState.PROPOSED).counts["create_here"] == 1
    rig.approve()
    rig.settle()
    assert {r["id"]: r["name"] for r in rig.records("companies")} == kept
    assert sorted(Organisation.objects.values_list("name", flat=True)) == sorted(kept.values())
    conflicts = instep("connect", "conflicts")
    assert (conflicts.code, "03 9111 1111" in conflicts.out, "03 9222 2222" in conflicts.out) == (1, True, True)


def test_what_cannot_be_put_back_changes_nothing(instep: Run, rig: Rig, tmp_path: Path) -> None:
    file = tmp_path / "house.instep"
    assert instep("backup", file, "--with-keys", "--json").json["keys"] is True
    names = Firm.objects.count()

    def code_of(path: Path, *more: str) -> str:
        said = instep("restore", path, "--yes", "--json", *more)
        assert said.code == 1
        assert Firm.objects.count() == names
        return said.json["error"]["code"]

    def newer(manifest: dict[str, Any], parts: dict[str, bytes]) -> None:
        manifest["migrations"].append("connect.0999_of_tomorrow")

    def other(manifest: dict[str, Any], parts: dict[str, bytes]) -> None:
        manifest["database"] = "postgresql" if database.vendor == "sqlite" else "sqlite"

    def rotten(manifest: dict[str, Any], parts: dict[str, bytes]) -> None:
        parts["database"] = parts["database"][:-1] + b"?"

    def outside(manifest: dict[str, Any], parts: dict[str, bytes]) -> None:
        parts["files/../../evil"] = b""
        manifest["parts"]["files/../../evil"] = {"sha256": "", "bytes": 0}

    def keyless(manifest: dict[str, Any], parts: dict[str, bytes]) -> None:
        del manifest["parts"]["keys.json"], parts["keys.json"]

    assert code_of(altered(file, tmp_path / "newer", newer)) == "newer_backup"
    assert code_of(altered(file, tmp_path / "other", other)) == "other_database"
    assert code_of(altered(file, tmp_path / "rotten", rotten)) == "damaged_backup"
    assert code_of(altered(file, tmp_path / "outside", outside)) == "damaged_backup"
    assert code_of(altered(file, tmp_path / "keyless", keyless), "--with-keys") == "no_keys"
    (tmp_path / "half").write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    assert code_of(tmp_path / "half") == code_of(tmp_path / "nowhere") == "damaged_backup"

    Executor.objects.create(name="w1", session="s", beat_at=timezone.now())
    assert code_of(file) == "house_runs"
    Executor.objects.update(beat_at=timezone.now() - timedelta(minutes=1))
    rig.connect()
    epoch = Connection.objects.get().epoch
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDS, *_where()], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as held:
        assert held.stdout is not None
        held.stdout.readline()
        assert code_of(file) == "house_runs"
        held.communicate()
    assert Connection.objects.get().epoch == epoch
    _until_alone()
    assert instep("restore", file, "--yes").code == 0
    assert Connection.objects.count() == 0


_HOLDS = """
import sys
if sys.argv[1] == "sqlite":
    import sqlite3
    held = sqlite3.connect(sys.argv[2])
else:
    import psycopg
    held = psycopg.connect(sys.argv[2])
held.execute("SELECT count(*) FROM identity_firm").fetchone()
print("held", flush=True)
sys.stdin.read()
"""


def _where() -> tuple[str, str]:
    if database.vendor == "sqlite":
        return "sqlite", str(settings.DATABASES["default"]["NAME"])
    known = database.get_connection_params()
    words = {"dbname": known["dbname"], **{k: known[k] for k in ("host", "port", "user", "password") if known.get(k)}}
    return "postgresql", " ".join(f"{name}={value}" for name, value in words.items())


def _until_alone() -> None:
    """A session that was closed just now may still be listed for a moment."""
    for _ in range(50):
        try:
            databases.must_rest(timezone.now())
        except databases.HouseRuns:
            time.sleep(0.05)
        else:
            return


def test_a_backup_is_of_one_moment_while_others_write(instep: Run, rig: Rig, tmp_path: Path) -> None:
    """Each transaction of the writer leaves two rows; a copy that is not of one moment would have an odd number."""
    if database.vendor != "sqlite":
        pytest.skip("pg_dump reads in one snapshot")
    path = str(settings.DATABASES["default"]["NAME"])
    with closing(sqlite3.connect(path)) as set_up:
        set_up.execute("CREATE TABLE pairs (n INTEGER, filler TEXT)")
    writer = subprocess.Popen([sys.executable, "-c", _WRITES, path], stdout=subprocess.PIPE)
    try:
        assert writer.stdout is not None
        writer.stdout.readline()
        for number in range(3):
            file = tmp_path / f"{number}.instep"
            assert instep("backup", file).code == 0
            with zipfile.ZipFile(file) as archive:
                copy = Path(archive.extract("database", tmp_path / str(number)))
            with closing(sqlite3.connect(copy)) as kept:
                [(count, least)] = kept.execute(
                    "SELECT count(*), coalesce(min(c), 2) FROM (SELECT count(*) AS c FROM pairs GROUP BY n)"
                ).fetchall()
            assert (count > 0, least) == (True, 2)
    finally:
        writer.kill()
        writer.communicate()
        with closing(sqlite3.connect(path, timeout=20)) as clean:
            clean.execute("DROP TABLE pairs")


_WRITES = """
import sqlite3, sys
held = sqlite3.connect(sys.argv[1], timeout=20, isolation_level=None)
for n in range(1_000_000):
    held.execute("BEGIN IMMEDIATE")
    held.execute("INSERT INTO pairs VALUES (?, ?)", (n, "x" * 2000))
    held.execute("INSERT INTO pairs VALUES (?, ?)", (n, "x" * 2000))
    held.execute("COMMIT")
    if n == 50:
        print("writes", flush=True)
"""


@pytest.mark.postgres
def test_without_its_programs_a_postgresql_is_refused_with_what_to_install(
    instep: Run, rig: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    said = instep("backup", tmp_path / "house.instep", "--json")
    assert (said.code, said.json["error"]["code"]) == (1, "tool_missing")
    assert "postgresql-client" in said.json["error"]["sentence"]
    assert list(tmp_path.iterdir()) == []
