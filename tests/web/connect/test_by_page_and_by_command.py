"""One house, two doors: what a page does a command does as well, with the same record and the same trail, anywhere."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from instep.base.audit.models import AuditEntry
from instep.connect.models import JournalEntry, Plan
from tests.cli.conftest import Said
from tests.web.connect.desk import Desk

SOURCE = Path(__file__).parents[3] / "src"
# Starting and ending processes is of one family of systems; everything a person works with is of all of them.
BOUND_TO_SYSTEM = (SOURCE / "instep/cli/supervisor", SOURCE / "instep/cli/demo")
MODULES_OF_ONE_SYSTEM = frozenset(
    {"fcntl", "grp", "msvcrt", "posix", "pty", "pwd", "resource", "syslog", "termios", "tty", "winreg"}
)
CALLS_OF_ONE_SYSTEM = frozenset({"fork", "getpgid", "getuid", "killpg", "mkfifo", "setsid", "startfile", "uname"})
ELSEWHERE = """
import importlib, sys
sys.modules.update(dict.fromkeys({absent!r}))
import django
django.setup()
for name in {modules!r}:
    importlib.import_module(name)
from django.test import Client
assert Client().get("/accounts/login/").status_code == 200
from instep.cli.main import main
main(["--help"])
"""


def made(plan_id: int) -> list[tuple[Any, ...]]:
    """What the journal says of the plan, but for names and times."""
    rows = JournalEntry.objects.filter(run__plan=plan_id).order_by("op", "id")
    return [(row.kind, row.op, row.outcome, sorted(row.fields)) for row in rows]


@pytest.mark.django_db(transaction=True)
@pytest.mark.capability("E-02", "X-17")
def test_a_page_and_a_command_leave_the_same_record_and_the_same_trail(desk: Desk, instep: Callable[..., Said]) -> None:
    desk.linked()
    key = desk.connection.pk
    desk.rig.organisation("By page", phone="03 9123 4567")
    desk.ada.post(desk.url("make_preview"))
    desk.work()
    by_page = Plan.objects.get(state="proposed").pk
    desk.ada.post(reverse("connect:approve", args=[by_page]))
    desk.cycle()

    desk.rig.organisation("By command", phone="03 9123 4567")
    planned = instep("connect", "plan", "--connection", key, "--json")
    by_command = planned.json["plan"]
    assert instep("connect", "apply", by_command, "--json").code == 0

    assert made(by_page) == made(by_command) != []
    first, second = AuditEntry.objects.filter(event="plan.approved", record_id__in=[by_page, by_command]).order_by("id")
    assert (first.kind, first.note, first.changes) == (second.kind, second.note, second.changes)
    assert (first.actor_name, second.actor_name) == ("Ada", "command line")
    ours = [desk.rig.record("companies", name) for name in ("By page", "By command")]
    own = {
        "id",
        "name",
        "external_url",
        "remote_id",
        "record_url",
        "date_created",
        "date_modified",
        "created_date",
        "modified_date",
    }
    left, right = ({name: value for name, value in one.items() if name not in own} for one in ours)
    assert left == right
    told = instep("connect", "status", "--connection", key, "--json").json
    assert "Everything is in step" in desk.text("/")
    assert [each["held"] for each in told["connections"]] == [0]


def bound(path: Path) -> Iterator[str]:
    """What this file uses that only some systems have."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            yield from (name for name in names if name.partition(".")[0] in MODULES_OF_ONE_SYSTEM)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os":
            yield from {node.attr} & CALLS_OF_ONE_SYSTEM


@pytest.mark.capability("E-02")
def test_only_what_starts_processes_is_bound_to_a_system(tmp_path: Path) -> None:
    found = {path: list(bound(path)) for path in (SOURCE / "instep").rglob("*.py")}
    inside = {path for path in found if any(path.is_relative_to(folder) for folder in BOUND_TO_SYSTEM)}

    assert any(found[path] for path in inside), "or nothing would be seen elsewhere either"
    assert {path: names for path, names in found.items() if names and path not in inside} == {}
    # As on a system that has none of those modules ("posix" aside, without which this one cannot start).
    absent = sorted(MODULES_OF_ONE_SYSTEM - {"posix"})
    modules = [".".join(path.relative_to(SOURCE).with_suffix("").parts) for path in found if path not in inside]
    settings = {"DJANGO_SETTINGS_MODULE": "instep.config.settings", "INSTEP_DATA": str(tmp_path)}
    ran = subprocess.run(
        [sys.executable, "-c", ELSEWHERE.format(absent=absent, modules=sorted(modules))],
        env={**os.environ, "PYTHONPATH": str(SOURCE), **settings},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "usage: instep" in ran.stdout, ran.stderr
    assert ran.returncode == 0
