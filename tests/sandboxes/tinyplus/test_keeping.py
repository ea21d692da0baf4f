"""The data file: whatever was answered is there again after the process was killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sandboxes.kit.errors import CannotStart
from sandboxes.tinyplus import world
from sandboxes.tinyplus.app import start
from tests.sandboxes.client import Client
from tests.sandboxes.stage import SEED, TOKEN

SOURCE = Path(__file__).parents[3] / "src"


@contextmanager
def process(*options: object) -> Iterator[tuple[subprocess.Popen[str], Client]]:
    """The sandbox as a process of its own, killed at the end if it still runs."""
    command = [sys.executable, "-m", "sandboxes", "tinyplus", "--control", *map(str, options)]
    running = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(SOURCE)}
    )
    assert running.stdout is not None
    with running, Client(running.stdout.readline().split()[-1], TOKEN) as client:
        try:
            yield running, client
        finally:
            running.kill()


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    seed = tmp_path / "seed.json"
    seed.write_text(json.dumps(SEED))
    return seed, tmp_path / "data.jsonl"


def test_nothing_answered_is_lost_when_the_process_is_killed(files: tuple[Path, Path]) -> None:
    seed, data = files
    with process("--seed", seed, "--data", data) as (running, api):
        api.control("switches", {"limit_max": 40, "zone": "UTC"})
        api.control("clock", {"advance": 1000})
        made = api.make("projects", name="Hall", fee_value=1200.5, project_type="School", client_company=1)
        api.patch("companies/1", {"description": "One\nTwo — three"})
        api.delete(f"companies/{api.make('companies', name='Gone')['id']}")
        records = [api.control(f"records?account=northlight&resource={name}") for name in ("companies", "projects")]
        running.send_signal(signal.SIGKILL)
        running.wait(10)
    with data.open("ab") as file:
        file.write(b'{"do":"put","account":"northlight","resource":"comp')  # a write that the kill cut short
    with process("--seed", seed, "--data", data) as (running, api):
        again = [api.control(f"records?account=northlight&resource={name}") for name in ("companies", "projects")]
        assert [strip(told) for told in again] == [strip(told) for told in records]
        assert api.control("switches")["limit_max"] == 40
        assert api.control("clock")["offset"] == 1000
        assert api.names("projects", modified_date=made["modified_date"]) == ["Hall"]
        assert api.make("companies", name="Next")["id"] == 3, "the number of the removed one is not given out again"
        running.kill()
        running.wait(10)
    with process("--data", data) as (_, api):
        assert api.names("companies") == ["Harbour Cafe", "Next"], "what was written behind the cut is there"
        assert api.get("projects", client_company=1).json["1"]["related"]["client_company"]["name"] == "Harbour Cafe"


def strip(told: dict[str, list[dict[str, object]]]) -> list[dict[str, object]]:
    """Records without their address: the port is another one."""
    return [{key: value for key, value in record.items() if key != "record_url"} for record in told["records"]]


def test_a_seed_cut_short_is_planted_again_whole(files: tuple[Path, Path]) -> None:
    _, data = files
    with start(data=data, seed=SEED):
        pass
    whole = data.read_bytes()
    for kept in (0, 5, len(whole) // 2, len(whole) - 1):
        data.write_bytes(whole[:kept])
        with start(data=data, seed=SEED) as handle, Client(handle.address, TOKEN) as api:
            assert (api.names("companies"), len(api.names("team-members"))) == (["Harbour Cafe"], 2)


def test_the_file_is_written_anew_when_it_has_grown_stale(
    files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, data = files
    with start(data=data, seed=SEED) as handle, Client(handle.address, TOKEN) as api:
        for number in range(50):
            api.patch("companies/1", {"abn": str(number)})
        api.delete(f"companies/{api.make('companies', name='Gone')['id']}")
    monkeypatch.setattr(world, "SPARE_LINES", 10)
    for _ in range(2):
        with start(data=data) as handle, Client(handle.address, TOKEN) as api:
            assert api.get("companies/1").json["abn"] == "49"
        assert len(data.read_bytes().splitlines()) < 25
    with start(data=data) as handle, Client(handle.address, TOKEN) as api:
        assert api.make("companies", name="Next")["id"] == 3
        api.control("reset", {})
    with start(data=data) as handle, Client(handle.address, TOKEN) as api:
        assert api.get("companies").status == 401


def test_a_file_in_use_or_of_another_kind_is_refused_and_left_alone(files: tuple[Path, Path], tmp_path: Path) -> None:
    seed, data = files
    with start(data=data, seed=SEED), pytest.raises(CannotStart, match="is in use"):
        start(data=data)
    for path in (seed, tmp_path, tmp_path / "no" / "folder.jsonl"):
        with pytest.raises(CannotStart, match=r"^[^\n]+\.$"):
            start(data=path)
    assert json.loads(seed.read_text()) == SEED


def test_the_command_says_where_it_is_and_ends_cleanly_on_sigterm(files: tuple[Path, Path]) -> None:
    with process("--seed", files[0], "--switch", "limit_max=7", "--switch", "zone=UTC") as (running, api):
        assert api.control("switches")["limit_max"] == 7
        api.control("reset", {})
        assert api.control("switches")["zone"] == "UTC", "a reset goes back to the start, not to the defaults"
        running.send_signal(signal.SIGTERM)
        assert running.wait(10) == 0


def run(*options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sandboxes", *map(str, options)]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=20, env={**os.environ, "PYTHONPATH": str(SOURCE)}, check=False
    )


def test_a_start_that_cannot_be_is_one_sentence_and_exit_code_2(address: str, tmp_path: Path) -> None:
    broken = tmp_path / "seed.json"
    broken.write_text('{"accounts": [{"key": "a", "colour": 1}]}')
    for options in (
        ("--port", address.rpartition(":")[2]),
        ("--switch", "limit_max=none"),
        ("--switch", "host=1"),
        ("--switch", "limit_max"),
        ("--seed", tmp_path / "missing.json"),
        ("--seed", broken),
    ):
        ended = run("tinyplus", *options)
        assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1), ended.stderr
        assert ended.stderr.startswith("tinyplus sandbox: ")
    assert run("nothing").returncode == 2
