"""The supervisor: children that die come back, and none outlives the tree."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from instep.cli.refusals import CannotStart
from instep.cli.supervisor.child import PATIENCE, WELL_AFTER, Child
from instep.cli.supervisor.ports import answers, free_port, is_free, need_port
from instep.cli.supervisor.tree import Tree

SOURCE = Path(__file__).resolve().parents[2] / "src"
SLEEP = "import time; print('up', flush=True); time.sleep(60)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"


def child(folder: Path, code: str, name: str = "child") -> Child:
    """A child that runs this Python."""
    return Child(name, [sys.executable, "-c", code], dict(os.environ), folder / "log" / f"{name}.log")


def eventually(true: Callable[[], object], seconds: float = 5.0) -> bool:
    """Whether it comes true in time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if true():
            return True
        time.sleep(0.02)
    return False


def lives(pid: int) -> bool:
    """Whether a process is there and has not ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Tree]:
    grown = Tree(tmp_path / "pids", lambda _: None)
    yield grown
    grown.close(1)


def test_a_killed_child_is_started_again_and_its_pid_is_told(tree: Tree, tmp_path: Path) -> None:
    tree.start(child(tmp_path, SLEEP))
    first = tree["child"].pid
    assert first is not None
    assert json.loads((tmp_path / "pids").read_text()) == {"supervisor": os.getpid(), "child": first}
    assert eventually(lambda: "up" in (tmp_path / "log" / "child.log").read_text())
    os.kill(first, signal.SIGKILL)

    def came_back() -> bool:
        tree.look()
        return tree["child"].pid not in (None, first)

    assert eventually(came_back, 3)
    assert tree["child"].starts == 2
    assert json.loads((tmp_path / "pids").read_text())["child"] == tree["child"].pid
    assert eventually(lambda: (tmp_path / "log" / "child.log").read_text().count("up") == 2)


def test_a_child_that_keeps_ending_is_started_more_and_more_slowly_and_the_person_is_told_once(tmp_path: Path) -> None:
    told: list[str] = []
    tree = Tree(tmp_path / "pids", told.append)
    bad = child(tmp_path, "raise SystemExit(3)")
    tree.start(bad)
    rests = []
    for _ in range(len(PATIENCE) + 1):
        assert eventually(lambda: bad.code is not None)
        now = time.monotonic()
        assert bad.look(now)
        tree._tell(bad)
        assert bad.next_start is not None
        rests.append(round(bad.next_start - now, 1))
        bad.look(bad.next_start)
    assert rests == [*PATIENCE, PATIENCE[-1]]
    assert sum("keeps ending" in line for line in told) == 1
    assert "code 3" in told[0]

    assert eventually(lambda: bad.code is not None)
    bad.look(time.monotonic() + WELL_AFTER)  # it was well for a while: patience begins anew
    assert bad.failures == 0
    tree.close(1)


def test_the_end_of_the_tree_is_the_end_of_every_child_even_of_a_deaf_one(tree: Tree, tmp_path: Path) -> None:
    tree.start(child(tmp_path, SLEEP, "good"), child(tmp_path, STUBBORN, "deaf"))
    pids = [tree[name].pid for name in ("good", "deaf")]
    assert eventually(lambda: "up" in (tmp_path / "log" / "deaf.log").read_text())
    begun = time.monotonic()
    tree.close(0.5)
    assert time.monotonic() - begun < 3
    assert not any(lives(pid) for pid in pids if pid)
    assert not (tmp_path / "pids").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="the tie to the parent is a service of Linux")
def test_children_end_with_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    program = (
        "import os, sys, time; from pathlib import Path\n"
        "from instep.cli.supervisor.child import Child; from instep.cli.supervisor.tree import Tree\n"
        f"folder = Path({str(tmp_path)!r}); tree = Tree(folder / 'pids')\n"
        f"tree.start(Child('one', [sys.executable, '-c', {SLEEP!r}], dict(os.environ), folder / 'one.log'))\n"
        "tree.watch()"
    )
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    supervisor = subprocess.Popen([sys.executable, "-c", program], env=environment)
    try:
        assert eventually(lambda: (tmp_path / "one.log").exists() and "up" in (tmp_path / "one.log").read_text())
        pid = json.loads((tmp_path / "pids").read_text())["one"]
        assert lives(pid)
        supervisor.kill()
        supervisor.wait(5)
        assert eventually(lambda: not lives(pid), 3)
    finally:
        supervisor.kill()
        supervisor.wait(5)


def test_a_long_log_is_put_aside(tree: Tree, tmp_path: Path) -> None:
    log = tmp_path / "log" / "child.log"
    log.parent.mkdir()
    log.write_bytes(b"x" * 6_000_000)
    tree.start(child(tmp_path, SLEEP))
    assert log.with_suffix(".log.1").stat().st_size == 6_000_000
    assert log.stat().st_size < 100


def test_a_port_is_free_until_somebody_listens_there() -> None:
    port = free_port()
    assert is_free(port)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        assert not is_free(port)
        assert free_port(port) != port
        with pytest.raises(CannotStart, match=f"Port {port} is in use"):
            need_port(port, "it", "choose another")
        assert not answers(port, seconds=0.1)
    with pytest.raises(CannotStart, match="not a port"):
        is_free(70_000)
