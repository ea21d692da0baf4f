"""`instep demo --check`, small: first link, crossing edits, documents sent and paid; kills, faults and quiet runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src"


def check(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The check as a process of its own, on the kind of database that this suite runs on."""
    around = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    return subprocess.run(
        [sys.executable, "-m", "instep.cli.main", "demo", "--check", "--json", *arguments],
        env={**around, "PYTHONPATH": str(SOURCE), "TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=260,
        check=False,
    )


@pytest.mark.capability("A-07", "A-08", "A-11", "A-30", "B-05", "B-07", "X-04", "X-12", "X-18", "X-19")
def test_a_killed_worker_crossing_edits_and_a_quiet_run_leave_both_sides_equal(tmp_path: Path) -> None:
    line = ("--organisations", "30", "--jobs", "40", "--edits", "40", "--documents", "0", "--seconds", "220")
    done = check(tmp_path, *line)
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert (told["ok"], told["faults"], told["differences"], told["duplicates"]) == (True, [], [], [])
    assert told["imported"]["jobs"]["created"] == 40
    assert told["linked"] + len(told["held"]) == told["records"]
    assert {held["code"] for held in told["held"]} == {"needs_field", "client_needed", "too_long"}
    assert told["killed"]["restarts"] == 1
    assert 0 < told["killed"]["confirmed"] < told["linked"]
    assert told["edits"] == {**told["edits"], "made": 40, "lost": []}
    assert told["first_link"]["ratio"] <= 1.02
    assert told["quiet_poll"] == {"calls": 4, "minimum": 4, "ratio": 1.0}
    assert told["second_run_writes"] == 0
    assert told["writes"]["out"] > 60
    assert told["fields_compared"] > 500
    assert not list(tmp_path.iterdir())


@pytest.mark.long
@pytest.mark.capability("B-05", "D-33", "X-18", "X-19")
def test_documents_arrive_once_though_every_fifth_call_fails(tmp_path: Path) -> None:
    line = ("--organisations", "30", "--jobs", "40", "--edits", "40", "--documents", "20", "--seconds", "220")
    done = check(tmp_path, *line)
    assert done.returncode == 0, done.stdout + done.stderr
    _documents_arrived(json.loads(done.stdout)["documents"])


def _documents_arrived(sets: list[dict[str, Any]]) -> None:
    """Each once and to the cent, in twos and one by one, though every fifth call failed and the worker was killed."""
    assert [(each["batch"], each["invoices"]) for each in sets] == [(2, 20), (1, 20)]
    for each in sets:
        assert each["sum"]["here"] == each["sum"]["there"] > 10_000
        assert (each["differences"], each["copies"]) == ([], [])
        assert min(each["payments"], each["credits"], *each["faults_met"].values(), each["killed"]["confirmed"]) > 0
        cancelled = each["cancelled"]
        assert cancelled["invoices"] == cancelled["credited_there"] == each["credits"]
        assert cancelled["minutes"] == cancelled["minutes_back"] > 0
        assert cancelled["wip_before"]["then"] == cancelled["wip_before"]["now"]
        assert each["killed"]["restarts"] == 1
        assert each["writing_calls"]["made"] <= each["writing_calls"]["minimum"] + each["writing_calls"]["lost"]
        assert each["quiet_run"] == {"calls": 8, "minimum": 8, "writes": 0}


def test_a_check_that_takes_too_long_is_given_up_with_a_sentence(tmp_path: Path) -> None:
    done = check(tmp_path, "--organisations", "30", "--jobs", "40", "--seconds", "1")
    assert done.returncode == 2
    assert "given up" in json.loads(done.stdout)["error"]["sentence"]
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("line", [["--contracts", "nowhere.csv"], ["--organisations", "1"], ["--documents", "5"]])
def test_a_check_that_cannot_start_says_why(tmp_path: Path, line: list[str]) -> None:
    done = check(tmp_path, *line)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
