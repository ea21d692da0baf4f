"""The state of the whole sandbox: accounts, tokens, switches, clock, kept in a journal when one is given."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sandboxes.kit.calls import Calls
from sandboxes.kit.clock import Clock
from sandboxes.kit.errors import BadInput, Refused
from sandboxes.kit.faults import Faults
from sandboxes.kit.journal import Journal
from sandboxes.kit.switches import Switches
from sandboxes.tinyplus import writing
from sandboxes.tinyplus.accounts import Account, Token, Wire, stored, unstored
from sandboxes.tinyplus.fields import RESOURCES, Resource
from sandboxes.tinyplus.switches import DECLARED
from sandboxes.tinyplus.tables import Row, Table, Values

# A data file is written anew at the start once it holds this many lines more than it needs.
SPARE_LINES = 2_000


class World:
    """Every method that changes something writes it to the journal first. Callers hold `lock`."""

    def __init__(self, switches: Mapping[str, object], data: Path | None) -> None:
        self.lock = threading.RLock()
        # Versions that pages remember are told apart from those before a restart.
        self.started = format(time.time_ns(), "x")
        self.clock = Clock()
        self.calls = Calls()
        self.faults = Faults()
        self.switches = Switches(DECLARED, switches)
        self.accounts: dict[str, Account] = {}
        self.tokens: dict[str, Token] = {}
        self.address = ""
        self.wire = Wire("UTC", "")
        self._batch: list[dict[str, object]] | None = None
        self.journal = Journal(data, "tinyplus") if data else None
        if self.journal:
            self._replay(self.journal)
            # What the command line says wins over what was kept.
            self.switches.set(switches)

    def answer_at(self, address: str) -> None:
        """Where the pages of the records are."""
        self.address = address
        self._rewire()

    def close(self) -> None:
        """Let go of the data file."""
        if self.journal:
            self.journal.close()

    @property
    def lag(self) -> float:
        """By how many seconds lists trail."""
        lag = self.switches["visibility_lag_seconds"]
        return lag if isinstance(lag, int | float) else 0

    # Records

    def create(
        self,
        account: Account,
        resource: Resource,
        body: Mapping[str, object],
        member: int | None,
        *,
        normalise: bool = False,
    ) -> Row:
        """Store a new record. Raises Unprocessable."""
        changes = writing.checked(resource, body, account, self.switches, None)
        table = account.tables[resource.name]
        now = int(self.clock.now())
        values: Values = {spec.name: spec.default for spec in resource.fields if spec.name != "record_url"}
        values |= writing.normalised(changes) if normalise else changes
        values |= {"id": table.next_id, "created_date": now, "modified_date": now}
        values |= {"created_user": member, "modified_user": member}
        row = Row(values, 1)
        self.keep(account, resource, row)
        return row

    def update(
        self,
        account: Account,
        resource: Resource,
        number: int,
        body: Mapping[str, object],
        member: int | None,
        *,
        normalise: bool = False,
    ) -> Row:
        """Change the fields sent. A body that says what is stored already counts as a change, too; an empty one not."""
        old = account.tables[resource.name].rows[number]
        changes = writing.checked(resource, body, account, self.switches, old)
        if not changes:
            return old
        changes = writing.normalised(changes) if normalise else changes
        stamp: Values = {"modified_date": int(self.clock.now()), "modified_user": member}
        row = Row(old.values | changes | stamp, old.version + 1)
        self.keep(account, resource, row)
        return row

    def delete(self, account: Account, resource: Resource, number: int) -> None:
        """Take a record away; what points to it keeps its number."""
        self._write({"do": "delete", "account": account.key, "resource": resource.name, "id": number})
        account.tables[resource.name].remove(number)
        account.version += 1

    def keep(self, account: Account, resource: Resource, row: Row, lag: float | None = None) -> None:
        """Store a row as it is; lists show it `lag` seconds from now (by default, as the switch says)."""
        self._write(put_entry(account, resource, row))
        account.tables[resource.name].put(row, self.clock.now(), self.lag if lag is None else lag)
        account.version += 1

    def find(self, account: str, resource: str) -> tuple[Account, Resource, Table]:
        """An account's table by names. Raises Refused (404)."""
        there, kind = self.accounts.get(account), RESOURCES.get(resource)
        if there is None or kind is None:
            raise Refused(404, f"There is no {'account' if there is None else 'resource'} of this name.")
        return there, kind, there.tables[resource]

    # Accounts, tokens, switches, clock

    def set_account(self, account: Account) -> None:
        """Store an account's settings."""
        self._write({"do": "account", **account.settings()})
        self.accounts[account.key] = account

    def set_token(self, token: Token) -> None:
        """Store a token, or its new scope and end. A token of another account is refused."""
        held = self.tokens.get(token.text)
        if held is not None and held.account != token.account:
            raise BadInput("This token belongs to another account.", 422)
        self._write(token_entry(token))
        self.tokens[token.text] = token

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
            self._rewire()

    def read_switches(self) -> dict[str, object]:
        """Every switch with its value."""
        return dict(self.switches.all())

    def move_clock(self, *, offset: object = None, advance: object = None) -> None:
        """Move the clock, and keep it moved."""
        with self.lock:
            self.clock.move(offset=offset, advance=advance)
            self._write({"do": "clock", "offset": self.clock.offset})

    def reset(self) -> None:
        """No accounts, no faults, no calls; clock and switches as at the start."""
        with self.lock:
            self._write({"do": "reset"})
            self._clear()

    def _clear(self) -> None:
        self.accounts.clear()
        self.tokens.clear()
        self.faults.set([])
        self.calls.clear()
        self.clock.move(offset=0)
        self.switches.restart()
        self._rewire()

    def _rewire(self) -> None:
        self.wire = Wire(str(self.switches["zone"]), self.address)
        for account in self.accounts.values():
            for table in account.tables.values():
                table.forget_texts()

    # The journal

    @contextmanager
    def together(self) -> Generator[None]:
        """All changes inside happen or none, in memory and in the journal, after a cut as well."""
        accounts, tokens, switches = dict(self.accounts), dict(self.tokens), self.switches.all()
        settings = {account.key: account.settings() for account in accounts.values()}
        tables = [(table, table.snapshot()) for account in accounts.values() for table in account.tables.values()]
        self._batch = []
        try:
            yield
            batch, self._batch = self._batch, None
            self._write({"do": "all", "entries": batch})
        except BaseException:
            self._batch = None
            self.accounts, self.tokens = accounts, tokens
            for account in accounts.values():
                read_settings(account, settings[account.key])
            for table, kept in tables:
                table.restore(kept)
            self.switches.set(switches)
            self._rewire()
            raise

    def _write(self, entry: dict[str, object]) -> None:
        if self._batch is not None:
            self._batch.append(entry)
        elif self.journal:
            self.journal.append(entry)

    def _replay(self, journal: Journal) -> None:
        count = 0
        for entry in journal.entries():
            count += 1
            self._redo(entry)
        needed = sum(1 for _ in self._state())
        if count > needed + SPARE_LINES:
            journal.rewrite(self._state())

    def _state(self) -> Iterator[dict[str, object]]:
        """The fewest entries that bring this state about."""
        yield {"do": "switches", "values": self.switches.all()}
        yield {"do": "clock", "offset": self.clock.offset}
        for account in self.accounts.values():
            yield {"do": "account", **account.settings()}
            for resource in RESOURCES.values():
                table = account.tables[resource.name]
                for row in table.rows.values():
                    yield put_entry(account, resource, row)
                # The numbers of removed records are not given out again.
                yield {"do": "next", "account": account.key, "resource": resource.name, "id": table.next_id}
        for token in self.tokens.values():
            yield token_entry(token)

    def _redo(self, entry: dict[str, Any]) -> None:
        match entry["do"]:
            case "all":
                for inner in entry["entries"]:
                    self._redo(inner)
            case "put":
                account, resource, table = self.find(entry["account"], entry["resource"])
                table.put(Row(unstored(resource, entry["values"]), entry["version"]), self.clock.now(), 0)
                account.version += 1
            case "delete":
                account, _, table = self.find(entry["account"], entry["resource"])
                table.remove(entry["id"])
                account.version += 1
            case "next":
                self.find(entry["account"], entry["resource"])[2].next_id = entry["id"]
            case "account":
                account = self.accounts.setdefault(entry["key"], Account(entry["key"], entry["name"]))
                read_settings(account, entry)
            case "token":
                token = Token(**{key: value for key, value in entry.items() if key != "do"})
                self.tokens[token.text] = token
            case "switches":
                known = self.switches.declared
                self.switches.set({key: value for key, value in entry["values"].items() if key in known})
            case "clock":
                self.clock.move(offset=entry["offset"])
            case "reset":
                self._clear()


def put_entry(account: Account, resource: Resource, row: Row) -> dict[str, object]:
    """The journal's entry of one record's state."""
    return {
        "do": "put",
        "account": account.key,
        "resource": resource.name,
        "version": row.version,
        "values": stored(row.values),
    }


def token_entry(token: Token) -> dict[str, object]:
    """The journal's entry of a token."""
    return {
        "do": "token",
        "text": token.text,
        "account": token.account,
        "scope": token.scope,
        "member": token.member,
        "expires": token.expires,
    }


def read_settings(account: Account, settings: Mapping[str, Any]) -> None:
    """Fill an account's settings from what was kept."""
    account.name = str(settings["name"])
    account.currency = str(settings["currency"])
    account.project_types = tuple(settings["project_types"])
    account.phases = {str(key): tuple(names) for key, names in settings["phases"].items()}
