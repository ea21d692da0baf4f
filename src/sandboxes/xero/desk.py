"""One request at the books: whose they are, who writes, when, and with how many decimals."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sandboxes.kit.switches import Switches
from sandboxes.xero.books import IDS, Books
from sandboxes.xero.store import Record

KEPT_HISTORY = 40


@dataclass(frozen=True, slots=True)
class Desk:
    """`now` is milliseconds since 1970 by the sandbox's clock; `app` is the calling app's id, None for a person."""

    books: Books
    switches: Switches
    now: int
    who: str
    app: str | None = None
    decimals: int = 2

    @property
    def today(self) -> str:
        """The organisation's date."""
        return self.books.today(self.now / 1000)

    def keep(self, kind: str, record: Record, what: str, *, quiet: bool = False) -> Record:
        """Store a record with a line of history; `quiet` leaves the time of its last change as it is."""
        old = self.books[kind].get(record[IDS[kind]])
        line = {"at": self.now, "who": self.who, "what": what}
        record = record | {
            "UpdatedDateUTC": old["UpdatedDateUTC"] if old and quiet else self.now,
            "Version": old["Version"] + 1 if old else 1,
            "History": [*(old["History"] if old else [])[-KEPT_HISTORY:], line],
            "App": old["App"] if old else self.app,
        }
        self.books.put(kind, record[IDS[kind]], record)
        return record


def new_id() -> str:
    """A fresh guid."""
    return str(uuid.uuid4())
