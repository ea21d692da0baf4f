"""Tables of plain records in memory, with keys that find them, and a log that can undo what was done in one unit."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

# A record is never changed in place: a change makes a new one. Amounts are Decimals, times whole milliseconds (UTC).
Record = dict[str, Any]
Keys = Callable[[Record], Iterable[tuple[str, str]]]
_NUMBER = "\x01"  # begins a decimal that is kept as text


class Table:
    """Records by id, and by the keys that `keys` tells of each."""

    def __init__(self, keys: Keys) -> None:
        self.rows: dict[str, Record] = {}
        self._keys = keys
        self._found: dict[tuple[str, str], dict[str, None]] = {}

    def set(self, number: str, record: Record | None) -> Record | None:
        """Store a record, or take it away; returns what stood there."""
        old = self.rows.get(number)
        if old is not None:
            for key in self._keys(old):
                del self._found[key][number]
        if record is None:
            self.rows.pop(number, None)
            return old
        self.rows[number] = record
        for key in self._keys(record):
            self._found.setdefault(key, {})[number] = None
        return old

    def all(self, key: str, value: str) -> list[Record]:
        """The records with this key, in the order in which they got it."""
        return [self.rows[number] for number in self._found.get((key, value), ())]

    def one(self, key: str, value: str) -> Record | None:
        """The first record with this key."""
        numbers = self._found.get((key, value))
        return self.rows[next(iter(numbers))] if numbers else None


class Store:
    """Some tables under one name; every change goes through the log."""

    def __init__(self, name: str, tables: Mapping[str, Keys], log: Log) -> None:
        self.name = name
        self.tables = {kind: Table(keys) for kind, keys in tables.items()}
        self.version = 0  # counts every change
        self._log = log

    def __getitem__(self, kind: str) -> dict[str, Record]:
        return self.tables[kind].rows

    def put(self, kind: str, number: str, record: Record | None) -> None:
        """Store a record; None takes it away."""
        old = self.set(kind, number, record)
        self._log.add(self, kind, number, old, record)

    def set(self, kind: str, number: str, record: Record | None) -> Record | None:
        """The same without the log, for undoing and for reading a data file."""
        self.version += 1
        return self.tables[kind].set(number, record)


class Log:
    """Hands each change to `write`, or those of a unit together at its end; undoes a unit that fails."""

    def __init__(self, write: Callable[[dict[str, object]], None]) -> None:
        self._write = write
        self._steps: list[tuple[Store, str, str, Record | None, Record | None]] | None = None

    def add(self, store: Store, kind: str, number: str, old: Record | None, new: Record | None) -> None:
        """Note a change that has been made."""
        if self._steps is not None:
            self._steps.append((store, kind, number, old, new))
            return
        try:
            self._write(_entry(store.name, kind, number, new))
        except OSError:
            store.set(kind, number, old)
            raise

    @contextmanager
    def unit(self) -> Generator[None]:
        """All changes inside happen or none; inside another unit, those since the beginning of this one."""
        outer = self._steps is None
        steps = self._steps = [] if self._steps is None else self._steps
        mark = len(steps)
        try:
            yield
            if outer and steps:
                self._write({"do": "all", "entries": [_entry(s.name, k, n, new) for s, k, n, _, new in steps]})
        except BaseException:
            while len(steps) > mark:
                store, kind, number, old, _ = steps.pop()
                store.set(kind, number, old)
            raise
        finally:
            if outer:
                self._steps = None


def _entry(store: str, kind: str, number: str, record: Record | None) -> dict[str, object]:
    return {"do": "put", "store": store, "kind": kind, "id": number, "record": kept(record)}


def kept(value: Any) -> Any:
    """A record as the data file keeps it: decimals as marked text, for exactness."""
    if isinstance(value, Decimal):
        return _NUMBER + str(value)
    if isinstance(value, dict):
        return {key: kept(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [kept(item) for item in value]
    return value


def unkept(value: Any) -> Any:
    """The reverse of `kept`."""
    if isinstance(value, str):
        return Decimal(value[1:]) if value.startswith(_NUMBER) else value
    if isinstance(value, dict):
        return {key: unkept(item) for key, item in value.items()}
    if isinstance(value, list):
        return [unkept(item) for item in value]
    return value
