"""The state of the whole sandbox: organisations, apps, tokens, switches, clock, kept in a journal when one is given."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from sandboxes.kit.calls import Calls
from sandboxes.kit.clock import Clock
from sandboxes.kit.errors import Refused
from sandboxes.kit.faults import Faults
from sandboxes.kit.journal import Journal
from sandboxes.kit.switches import Switches
from sandboxes.xero.books import Books
from sandboxes.xero.desk import Desk
from sandboxes.xero.hooks import Hooks
from sandboxes.xero.limits import Limits
from sandboxes.xero.repeats import Repeats
from sandboxes.xero.store import Keys, Log, Record, Store, kept, unkept
from sandboxes.xero.switches import DECLARED

# A data file is written anew at the start once it holds this many lines more than it needs.
SPARE_LINES = 2_000


def _granted(record: Record) -> Iterable[tuple[str, str]]:
    yield "grant", record["grant"]


def _connected(record: Record) -> Iterable[tuple[str, str]]:
    yield "of", f"{record['app']} {record['user']}"


_OFFICE: dict[str, Keys] = {
    "apps": lambda record: (),
    "codes": lambda record: (),
    "tokens": _granted,
    "refreshes": _granted,
    "connections": _connected,
}


class World:
    """Callers hold `lock` while they read or change something."""

    def __init__(self, switches: Mapping[str, object], data: Path | None) -> None:
        self.lock = threading.RLock()
        # Versions that pages remember are told apart from those before a restart.
        self.started = format(time.time_ns(), "x")
        self.clock = Clock()
        self.calls = Calls()
        self.faults = Faults()
        self.limits = Limits()
        self.repeats = Repeats()
        self.switches = Switches(DECLARED, switches)
        self.log = Log(self._write)
        self.office = Store("", _OFFICE, self.log)
        self.books: dict[str, Books] = {}
        self.hooks = Hooks(lambda name: self.books[name].tenant)
        self.address = ""
        self.journal = Journal(data, "xero") if data else None
        if self.journal:
            self._replay(self.journal)
            # What the command line says wins over what was kept.
            self.switches.set(switches)

    def close(self) -> None:
        """Let go of the data file and call nobody any more."""
        self.hooks.close()
        if self.journal:
            self.journal.close()

    def now(self) -> int:
        """Milliseconds since 1970 by the sandbox's clock."""
        return int(self.clock.now() * 1000)

    def open_books(self, key: str) -> Books:
        """The books of that key, begun if they are not there."""
        if key not in self.books:
            self.books[key] = Books(key, self.log)
        return self.books[key]

    def find(self, key: str) -> Books:
        """The books of that key. Raises Refused (404)."""
        found = self.books.get(key)
        if found is None or not found["organisation"]:
            raise Refused(404, f"There is no organisation {key} in this sandbox.")
        return found

    def by_tenant(self, tenant: str) -> Books | None:
        """The books that a client names by the id of their organisation."""
        return next((books for books in self.books.values() if books["organisation"] and books.tenant == tenant), None)

    def desk(self, books: Books, who: str, *, app: str | None = None, decimals: int = 2) -> Desk:
        """A place to write at these books, now."""
        return Desk(books, self.switches, self.now(), who, app, decimals)

    # Switches, clock, reset

    def set_switches(self, values: object) -> None:
        """Set switches. Raises BadInput."""
        with self.lock:
            before = self.switches.all()
            changed = self.switches.set(values)
            try:
                self._write({"do": "switches", "values": changed})
            except OSError:
                self.switches.set(before)
                raise

    def move_clock(self, *, offset: object = None, advance: object = None) -> None:
        """Move the clock, and keep it moved."""
        with self.lock:
            self.clock.move(offset=offset, advance=advance)
            self._write({"do": "clock", "offset": self.clock.offset})

    def set_hooks(self, wanted: Mapping[str, object]) -> None:
        """Say where webhooks go; of what is there now nothing is told. Raises BadInput."""
        with self.lock:
            known = [
                (store.name, kind, number)
                for store in self.books.values()
                for kind, table in store.tables.items()
                for number in table.rows
            ]
            self.hooks.set(wanted, known)

    def reset(self) -> None:
        """No organisations, no apps, no faults, no calls; clock and switches as at the start."""
        with self.lock:
            self._write({"do": "reset"})
            self._clear()

    def _clear(self) -> None:
        self.hooks.close()
        self.books.clear()
        self.office = Store("", _OFFICE, self.log)
        self.faults.set([])
        self.calls.clear()
        self.limits.clear()
        self.repeats.clear()
        self.clock.move(offset=0)
        self.switches.restart()

    # The journal

    def _write(self, entry: dict[str, object]) -> None:
        if self.journal:
            self.journal.append(entry)
        self.hooks.note(entry)

    def _replay(self, journal: Journal) -> None:
        count = 0
        for entry in journal.entries():
            count += 1
            self._redo(entry)
        if count > sum(1 for _ in self._state()) + SPARE_LINES:
            journal.rewrite(self._state())

    def _state(self) -> Iterator[dict[str, object]]:
        """The fewest entries that bring this state about."""
        yield {"do": "switches", "values": self.switches.all()}
        yield {"do": "clock", "offset": self.clock.offset}
        for store in (self.office, *self.books.values()):
            for kind, table in store.tables.items():
                for number, record in table.rows.items():
                    yield {"do": "put", "store": store.name, "kind": kind, "id": number, "record": kept(record)}

    def _redo(self, entry: dict[str, Any]) -> None:
        match entry["do"]:
            case "all":
                for inner in entry["entries"]:
                    self._redo(inner)
            case "put":
                store = self.open_books(entry["store"]) if entry["store"] else self.office
                store.set(entry["kind"], entry["id"], unkept(entry["record"]))
            case "switches":
                known = self.switches.declared
                self.switches.set({key: value for key, value in entry["values"].items() if key in known})
            case "clock":
                self.clock.move(offset=entry["offset"])
            case "reset":
                self._clear()
