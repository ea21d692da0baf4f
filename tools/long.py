"""Long runs of random histories: `python3 run.py check --long [--pure N] [--engine N] [--from SEED] [--processes N]`.

`--replay SEED` plays one history of the whole engine again, `--replay pure:SEED` one of the planner alone; one that
fails is made shorter and printed.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PURE, ENGINE = 1_000_000, 20_000
CHUNKS = {"pure": 5_000, "engine": 50}
EVERY_SECONDS = 10

Failure = tuple[str, int, str]
Chunk = tuple[str, int, int]


def main() -> int:
    """Play what is asked for; 1 if an invariant was broken."""
    parser = argparse.ArgumentParser(prog="run.py check", description=__doc__)
    parser.add_argument("--long", action="store_true", help="after the checks, play many histories")
    parser.add_argument("--pure", type=int, default=PURE, help="how many of the planner alone")
    parser.add_argument("--engine", type=int, default=ENGINE, help="how many of the whole engine")
    parser.add_argument("--from", dest="first", type=int, default=0, help="the first seed")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--replay", help="play this one again: SEED, or pure:SEED")
    asked = parser.parse_args()
    if asked.replay:
        return replay(asked.replay)
    chunks = [*_chunks("pure", asked.first, asked.pure), *_chunks("engine", asked.first, asked.engine)]
    return _play_all(chunks, asked.processes)


def _chunks(what: str, first: int, count: int) -> Iterator[Chunk]:
    for start in range(first, first + count, CHUNKS[what]):
        yield what, start, min(CHUNKS[what], first + count - start)


def _play_all(chunks: list[Chunk], processes: int) -> int:
    begun = said = time.monotonic()
    total, done = sum(count for _, _, count in chunks), 0
    failures: list[Failure] = []
    # Each process has a database of its own: none is inherited.
    with get_context("spawn").Pool(processes) as pool:
        for count, found in pool.imap_unordered(_played, chunks):
            done += count
            failures += found
            for what, seed, sentence in found:
                name = f"pure:{seed}" if what == "pure" else str(seed)
                print(f"{what} {seed}: {sentence}\n  replay with: python3 run.py check --replay {name}", flush=True)
            now = time.monotonic()
            if now - said > EVERY_SECONDS:
                said = now
                print(f"{done} of {total} histories, {done / (now - begun):.0f} a second", flush=True)
    print(f"{done} histories in {time.monotonic() - begun:.0f} s, {len(failures)} failed")
    return 1 if failures else 0


def _played(chunk: Chunk) -> tuple[int, list[Failure]]:
    """Play the histories of one chunk, in a process of the pool."""
    what, first, count = chunk
    play = _player(what)
    found: list[Failure] = []
    for seed in range(first, first + count):
        try:
            play(seed)
        except Exception as fault:
            found.append((what, seed, f"{type(fault).__name__} {fault}"))
    return count, found


_ready: dict[str, Any] = {}


def _player(what: str) -> Callable[[int], Any]:
    """What plays a seed. The database of this process is made when it is first needed, and goes with the process."""
    _prepare()
    if what == "pure":
        from tests.bed.pure import play_pure

        return play_pure
    if "stages" not in _ready:
        _ready["open"] = _database()
        _ready["stages"] = _ready["open"].__enter__()
    from tests.bed.histories import play, script_of

    return lambda seed: play(_ready["stages"], script_of(seed))


def _prepare() -> None:
    sys.path[:0] = [str(ROOT), str(ROOT / "src")]
    import_module("tests.environment")

    logging.disable(logging.CRITICAL)


@contextmanager
def _database() -> Generator[Any, None, None]:
    """A database with the bed's firms, in one transaction of which nothing stays."""
    from django.db import transaction
    from django.test.utils import setup_databases

    from tests.bed.world import stages

    setup_databases(verbosity=0, interactive=False)
    with transaction.atomic(), stages() as made:
        yield made


def replay(name: str) -> int:
    """Play one history again, and say what it was; 1 if it breaks an invariant."""
    what, _, seed = name.rpartition(":")
    play = _player(what or "engine")
    from tests.bed.histories import script_of, shortened
    from tests.bed.invariants import Broken

    if not what:
        print(script_of(int(seed)))
    try:
        play(int(seed))
    except Broken as broken:
        print(broken)
        if not what:
            print(f"shorter:\n{shortened(_ready['stages'], script_of(int(seed)), broken)}")
        return 1
    print("every invariant holds")
    return 0


if __name__ == "__main__":
    sys.exit(main())
