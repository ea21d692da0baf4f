"""A quiet sync beside two public engines, vdirsyncer and diffsync, on as many records of like shape.

Theirs is the cost of finding out that nothing changed among records that lie in memory already; ours is a whole cycle
with its database, lease and cursor. They are installed for the purpose into a place of their own, from the package
registry; without one the comparison is skipped.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from bench._databases import SQLITE, in_own_process, open_house, throw_away

COUNTS = (10_000, 50_000)
TIMES_FASTER = 20
PEERS = ("vdirsyncer==0.21.0", "diffsync==2.2.3")


def main() -> int:
    """0 when a quiet cycle is at least 20 times as fast as either, 1 when it is not."""
    if sys.argv[1:]:
        with throw_away(SQLITE):
            open_house()
            return _ours(json.loads(sys.argv[1]))
    with tempfile.TemporaryDirectory(prefix="instep-peers-") as folder:
        python = _installed(Path(folder))
        if python is None:
            print("  skipped: the other engines could not be installed here")
            return 0
        told = {}
        for count in COUNTS:
            script = str(Path(__file__).with_name("_peers.py"))
            done = subprocess.run([python, script, str(count)], check=True, capture_output=True, text=True)
            told[str(count)] = json.loads(done.stdout.splitlines()[-1])
    return in_own_process("peers", json.dumps(told))


def _installed(folder: Path) -> str | None:
    venv.create(folder, with_pip=True)
    python = str(folder / "bin" / "python")
    command = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *PEERS]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    return python if done.returncode == 0 else None


def _ours(theirs: dict[str, dict[str, dict[str, float]]]) -> int:
    from statistics import median

    from bench.engine import Stage, cpu

    stage, failed = Stage(), 0
    for count in COUNTS:
        stage.link_all(count)
        stage.cycle()
        quiet = []
        for _ in range(30):
            stage.later()
            quiet.append(cpu(stage.cycle))
        stage.later()
        for number in range(1, count + 1, 100):
            stage.shelf.edit(number, website="https://changed.example")
        stage.later()
        changed = cpu(stage.cycle)
        for name, seconds in theirs[str(count)].items():
            times = seconds["quiet"] / median(quiet)
            failed |= times < TIMES_FASTER
            print(
                f"  {count:,} records, quiet: {times:.0f} times as fast as {name}"
                f" ({median(quiet) * 1000:.0f} ms to {seconds['quiet'] * 1000:.0f});"
                f" 1 % changed: {seconds['changed'] / changed:.1f} times ({changed:.2f} s to {seconds['changed']:.2f})",
                flush=True,
            )
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
