"""The command line as a whole: usage, refusals in one sentence, exit codes, migrate and the first account."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from instep.base.identity.models import Firm, Membership, User
from instep.cli.main import COMMANDS, parser
from instep.jobs.models import JobStatus
from tests.cast import Cast
from tests.cli.conftest import Said

Run = Callable[..., Said]
SOURCE = Path(__file__).resolve().parents[2] / "src"


def apart(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command as a process of its own, away from the test's database."""
    around = {
        name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "DJANGO_SETTINGS_MODULE")
    }
    return subprocess.run(
        [sys.executable, "-m", "instep.cli.main", *arguments],
        env={**around, "PYTHONPATH": str(SOURCE), **environment},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_every_command_says_what_it_is_for_and_how_it_ends(instep: Run) -> None:
    for command in COMMANDS:
        said = instep(command.NAME, "--help")
        assert said.code == 0
        assert "exit codes" in said.out
    assert "exit codes" in parser().format_help()


@pytest.mark.parametrize(
    "line",
    [[], ["fly"], ["connect"], ["connect", "fly"], ["connect", "apply"], ["connect", "apply", "one"],
     ["import", "contracts"], ["import", "contracts", "x.csv"], ["web", "--port", "many"],
     ["connect", "status", "--firm", "a", "--connection", "1"], ["users", "bootstrap", "--firm", "x"]],
)  # fmt: skip
def test_wrong_usage_is_exit_code_2(instep: Run, line: list[str]) -> None:
    said = instep(*line)
    assert (said.code, said.out) == (2, "")
    assert "usage: instep" in said.err


@pytest.mark.django_db
def test_migrate_says_that_the_tables_are_there(instep: Run) -> None:
    assert "up to date" in instep("migrate").out
    assert instep("migrate", "--json").json == {"ok": True, "applied": []}
    assert instep("migrate", "--check", "--json").json == {"ok": True, "waiting": []}


def test_a_new_folder_is_refused_until_it_is_migrated(tmp_path: Path) -> None:
    refused = apart("connect", "status", "--data", str(tmp_path / "new"))
    assert refused.returncode == 2
    assert refused.stderr.count("\n") == 1
    assert "instep migrate" in refused.stderr
    assert apart("migrate", "--check", "--data", str(tmp_path / "new")).returncode == 1


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("postgres://nobody@127.0.0.1:1/nothing", "does not answer"),
        ("sqlite:////proc/nowhere/instep.sqlite3", "does not answer"),
        ("nonsense", "DATABASE_URL is not an address"),
    ],
)
def test_a_database_that_cannot_be_reached_is_one_sentence(tmp_path: Path, address: str, told: str) -> None:
    done = apart("connect", "status", "--json", INSTEP_DATA=str(tmp_path), DATABASE_URL=address)
    assert done.returncode == 2
    assert told in done.stderr
    assert done.stderr.count("\n") == 1
    assert '"code": "cannot_start"' in done.stdout


def test_a_folder_that_cannot_be_used_is_one_sentence(
    instep: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INSTEP_DATA", "")
    (tmp_path / "file").write_text("")
    said = instep("migrate", "--data", tmp_path / "file" / "below")
    assert said.code == 2
    assert "cannot be used" in said.err


@pytest.mark.django_db
def test_a_port_in_use_is_one_sentence(instep: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "execv", lambda *_: pytest.fail("it must not start"))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        said = instep("web", "--port", taken.getsockname()[1])
    assert said.code == 2
    assert "is in use" in said.err
    assert "--port" in said.err
    assert instep("web", "--port", 700_000).code == 2


@pytest.mark.django_db
def test_web_and_worker_become_the_server_and_the_worker(instep: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    became: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda _, command: became.append(command) or os._exit)
    with pytest.raises(TypeError):  # what it became never comes back
        instep("web", "--port", 0, "--workers", 3)
    with pytest.raises(TypeError):
        instep("worker", "--name", "w7")
    assert became[0][1:4] == ["-m", "gunicorn", "instep.config.wsgi:application"]
    assert {"--no-control-socket", "gthread", "3"} <= set(became[0])
    assert became[1][1:] == ["-m", "instep.config.worker", "--name", "w7"]


@pytest.mark.django_db
@pytest.mark.capability("E-05")
def test_the_first_account_gets_a_one_time_password_and_no_right_to_the_work(instep: Run) -> None:
    line = ("users", "bootstrap", "--firm", "plum", "--email", "Root@Plum.example", "--json")
    assert instep(*line).code == 2  # there is no such firm

    made = instep(
        *line, "--make-firm", "Plum & Sons", "--currency", "GBP", "--country", "GB", "--zone", "Europe/London"
    )
    assert made.code == 0
    assert made.json["email"] == "root@plum.example"
    user = User.objects.get(email="root@plum.example")
    assert user.check_password(made.json["one_time_password"])
    assert user.must_change_password
    firm = Firm.objects.get(key="plum")
    assert (firm.currency, firm.name) == ("GBP", "Plum & Sons")
    assert JobStatus.objects.of(firm).exists()
    assert Membership.objects.get(user=user).role == "bootstrap"

    again = instep(*line[:-1])
    assert again.code == 0
    assert not User.objects.get(pk=user.pk).check_password(made.json["one_time_password"])


@pytest.mark.django_db
def test_a_refusal_is_one_sentence_and_exit_code_1(instep: Run, cast: Cast) -> None:
    said = instep("users", "bootstrap", "--firm", cast.firm.key, "--email", cast.users["ada"].email, "--json")
    assert said.code == 1
    assert said.json == {"ok": False, "error": {"code": "email_taken", "sentence": said.err.strip()}}
    assert "already a user" in said.err
