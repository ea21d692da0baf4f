"""A whole remote in memory that does everything that remotes have done to us: it lags, loses answers, rewrites, shifts.

Nothing here sleeps, opens a socket or asks the real time. Every write that it keeps is noted with who made it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from random import Random
from typing import Any

from instep.connect.protocols import Reply, Request, TryLater
from tests.bed.clock import VirtualClock
from tests.bed.nature import PAGE, Nature

ENGINE, PERSON, AUTOMATION = "engine", "person", "automation"
LOWERED, SHOUTED, CUT_AT = "email", "code", ("role", 7)
FAULTS = (
    "drop_before",
    "drop_after",
    "late",
    "500",
    "500_after",
    "503",
    "429",
    "truncated",
    "html",
)


class Stopped(Exception):
    """The answer of the remote is an error: its status and what it says."""

    def __init__(self, status: int, sentence: str, **more: Any) -> None:
        super().__init__(sentence)
        self.status, self.body = status, {"error": sentence, **more}


@dataclass
class Row:
    """One record at the remote. `shown` is what lists show, by and by: (from when, the record as it was then)."""

    id: str
    fields: dict[str, Any]
    created: datetime
    updated: datetime
    version: int = 1
    marker: str = ""
    deleted: bool = False
    merged: str = ""
    """Another one stands for it: it is on no list, and says so where it is asked for."""
    by: str = PERSON
    shown: list[tuple[datetime, dict[str, Any]]] = field(default_factory=list)


@dataclass(frozen=True)
class Written:
    """A write that the remote kept."""

    at: datetime
    by: str
    what: str
    type: str
    id: str
    fields: dict[str, Any]
    marker: str = ""


@dataclass(frozen=True)
class Fault:
    """Goes wrong at the call-th call from now; with `writes`, at the call-th write."""

    call: int
    what: str
    writes: bool = False


class HostileRemote:
    """A Transport, and the doors through which its own users work on it."""

    def __init__(self, nature: Nature, clock: VirtualClock, chance: Random, types: dict[str, tuple[str, ...]]) -> None:
        self.nature, self.clock, self.chance = nature, clock, chance
        self.types = types
        """The names of each type's fields: a record shows all of them, empty ones too."""
        self.rows: dict[str, dict[str, Row]] = {name: {} for name in types}
        self.numbers = dict.fromkeys(types, 0)
        self.written: list[Written] = []
        self.sent: list[Request] = []
        self.faults: list[Fault] = []
        self.calls = self.writes = 0
        self.before: Callable[[Request], None] | None = None
        self.after: Callable[[Request], None] | None = None
        self.offset_paging = False
        """Pages are counted from the start instead of from the last record: what the contract forbids."""
        self.partial = False
        """Lists leave records out, and say nothing of it."""
        self.hidden: set[str] = set()
        """Fields that its answers do not show any more."""
        self.not_before: datetime | None = None
        """It asked to be left alone until then."""
        self.impatient = 0
        """Calls that came all the same."""
        self._late: list[tuple[datetime, Request]] = []
        self._answered: dict[str, tuple[datetime, Any]] = {}

    # --- the wire ----------------------------------------------------------------------------------------------------

    def send(self, request: Request) -> Reply:
        """As `Transport.send`: raises TryLater when no answer comes."""
        self.clock.advance(self.chance.choice((0.0, 0.1, 0.4, 1.2)))
        self.catch_up()
        if self.before is not None:
            self.before(request)
            self.catch_up()
        self.sent.append(request)
        if self.not_before is not None and self.clock.now() < self.not_before:
            self.impatient += 1
        reply = self._with_faults(request)
        if self.after is not None:
            self.after(request)
        return reply

    def catch_up(self) -> None:
        """What was on its way takes effect when its time has come."""
        now = self.clock.now()
        due = [each for each in self._late if each[0] <= now]
        self._late = [each for each in self._late if each[0] > now]
        for at, request in due:
            self.clock.moment = at
            self._answer(request)
        self.clock.moment = now

    def _with_faults(self, request: Request) -> Reply:
        writing = request.method != "GET"
        self.calls, self.writes = self.calls + 1, self.writes + writing
        what = ""
        for fault in self.faults:
            if (fault.writes and writing and fault.call == self.writes) or (
                not fault.writes and fault.call == self.calls
            ):
                what = fault.what
        if what == "drop_before":
            raise TryLater("No answer came.")
        if what == "late":
            self._late.append((self.clock.now() + timedelta(seconds=self.chance.choice((2, 5, 9))), request))
            raise TryLater("No answer came.")
        if what in ("500", "503", "429"):
            return self._refused(int(what))
        if what == "html":
            return Reply(200, self._headers(), b"<html>Sign in</html>")
        reply = self._answer(request)
        if what == "drop_after":
            raise TryLater("No answer came.")
        if what == "500_after":
            return self._refused(500)
        if what == "truncated":
            return Reply(reply.status, reply.headers, reply.body[: len(reply.body) // 2])
        return reply

    def _refused(self, status: int) -> Reply:
        headers = self._headers()
        if status != 500:
            self.not_before = self.clock.now() + timedelta(seconds=7)
            headers["retry-after"] = "7"
        return Reply(status, headers, b'{"error": "not now"}')

    def _headers(self) -> dict[str, str]:
        at = (self.clock.now() + timedelta(seconds=self.nature.skew)).replace(microsecond=0)
        return {"date": format_datetime(at, usegmt=True)} if self.nature.dated else {}

    def _answer(self, request: Request) -> Reply:
        try:
            status, said = 200, self._do(request, json.loads(request.body or b"{}"))
        except Stopped as no:
            status, said = no.status, no.body
        return Reply(status, self._headers(), json.dumps(said).encode())

    def _do(self, request: Request, body: dict[str, Any]) -> Any:
        if request.path == "me":
            return {"tenant": "bed", "title": "Bed"}
        type_, _, record_id = request.path.partition("/")
        if record_id == "batch":
            return self._batch(type_, body)
        if request.method == "POST":
            return self._create(type_, body)
        if record_id:
            row = self.rows[type_].get(record_id)
            if row is None or row.deleted or (row.merged and request.method == "PATCH"):
                raise Stopped(404, "There is no such record.")
            if request.method == "PATCH":
                self._update(type_, row, body)
            return self._view(row)
        return self._list(type_, dict(request.query))

    # --- writes ------------------------------------------------------------------------------------------------------

    def _create(self, type_: str, body: dict[str, Any]) -> dict[str, Any]:
        if self.nature.handle == "number":
            number = body["fields"].get("number")
            if number and any(r.fields.get("number") == number for r in self.rows[type_].values()):
                raise Stopped(400, "The number is in use.")
        return self._view(self.add(type_, body["fields"], by=ENGINE, marker=body["marker"]))

    def _batch(self, type_: str, body: dict[str, Any]) -> Any:
        known = self._answered.get(body["key"])
        if known is not None and (self.clock.now() - known[0]).total_seconds() <= self.nature.key_window:
            return known[1]
        said: list[dict[str, Any]] = []
        for each in body["creations"]:
            if str(each["fields"].get("name")).startswith("Poison"):
                said.append({"error": "Nobody is called that."})
                continue
            try:
                said.append(self._create(type_, each))
            except Stopped as no:
                said.append(no.body)
        self._answered[body["key"]] = (self.clock.now(), said)
        return said

    def _update(self, type_: str, row: Row, body: dict[str, Any]) -> None:
        if self.nature.guard and body["version"] is not None and body["version"] != str(row.version):
            raise Stopped(409, "Somebody changed it meanwhile.")
        self.change(type_, row.id, body["fields"], by=ENGINE)

    def add(self, type_: str, fields: dict[str, Any], *, by: str, marker: str = "") -> Row:
        """Keep a new record."""
        self.numbers[type_] += 1
        at = self._stamp()
        row = Row(f"{type_[0]}{self.numbers[type_]}", {}, at, at, by=by)
        row.marker = marker if self.nature.handle == "marker" else ""
        row.fields = dict.fromkeys(self.types[type_]) | {name: self.kept(name, value) for name, value in fields.items()}
        self.rows[type_][row.id] = row
        self.written.append(Written(self.clock.now(), by, "create", type_, row.id, dict(fields), marker))
        self._automate(type_, row)
        self._show(row)
        return row

    def change(self, type_: str, record_id: str, fields: dict[str, Any], *, by: str) -> None:
        """Keep new values of a record."""
        row = self.rows[type_][record_id]
        row.fields = {**row.fields, **{name: self.kept(name, value) for name, value in fields.items()}}
        self.written.append(Written(self.clock.now(), by, "update", type_, record_id, dict(fields)))
        self._automate(type_, row)
        self._moved(row)

    def remove(self, type_: str, record_id: str) -> None:
        """One of its users deletes a record: it is shown nowhere any more."""
        row = self.rows[type_][record_id]
        row.deleted = True
        self.written.append(Written(self.clock.now(), PERSON, "delete", type_, record_id, {}))
        self._moved(row)

    def merge(self, type_: str, record_id: str, into: str) -> None:
        """One of its users says that two records are one."""
        row = self.rows[type_][record_id]
        row.merged = into
        self.written.append(Written(self.clock.now(), PERSON, "merge", type_, record_id, {}))
        self._moved(row)

    def _automate(self, type_: str, row: Row) -> None:
        if self.nature.automation and "note" in self.types[type_]:
            row.fields["note"] = f"seen {row.fields['name']}"
            self.written.append(
                Written(self.clock.now(), AUTOMATION, "update", type_, row.id, {"note": row.fields["note"]})
            )

    def _moved(self, row: Row) -> None:
        row.version, row.updated = row.version + 1, self._stamp()
        self._show(row)

    def _show(self, row: Row) -> None:
        seen_from = self.clock.now() + timedelta(seconds=self.chance.uniform(0, self.nature.lag))
        row.shown.append((seen_from, self._view(row)))

    def kept(self, name: str, value: Any) -> Any:
        """What it makes of a value."""
        if not isinstance(value, str) or not self.nature.shape:
            return value
        if name == LOWERED:
            return value.strip().lower()
        if self.nature.shape == "strange" and name == SHOUTED:
            return value.upper()
        if self.nature.shape == "strange" and name == CUT_AT[0]:
            return value[: CUT_AT[1]]
        return value.strip()

    # --- reads -------------------------------------------------------------------------------------------------------

    def live(self, type_: str) -> list[Row]:
        """Its records, oldest first."""
        self.catch_up()
        return [row for row in self.rows[type_].values() if not row.deleted and not row.merged]

    def _stamp(self) -> datetime:
        """Whole seconds in its own clock."""
        there = self.clock.now() + timedelta(seconds=self.nature.skew, minutes=self.nature.zone)
        return there.replace(microsecond=0, tzinfo=None)

    def _view(self, row: Row) -> dict[str, Any]:
        return {
            "id": row.id,
            "version": str(row.version),
            "updated": row.updated.isoformat(),
            "created": row.created.isoformat(),
            "marker": row.marker,
            "deleted": row.deleted,
            "merged": row.merged,
            "fields": {name: value for name, value in row.fields.items() if name not in self.hidden},
        }

    def _list(self, type_: str, query: dict[str, str]) -> dict[str, Any]:
        now, since, after = self.clock.now(), query.get("since", ""), query.get("after", "")
        views = [
            view
            for row in self.rows[type_].values()
            if (view := next((v for at, v in reversed(row.shown) if at <= now), None)) is not None
        ]
        by_stamp = self.nature.delta
        views = [v for v in views if not v["deleted"] and not v["merged"] and (not by_stamp or v["updated"] >= since)]
        if self.partial and not since:
            views = [v for v in views if self.chance.random() < 0.5]
        views.sort(key=lambda v: _place(v, by_stamp=by_stamp))
        if self.offset_paging:
            first = int(after or 0)
            page, following = views[first : first + PAGE], str(first + PAGE)
        else:
            page = [v for v in views if not after or _place(v, by_stamp=by_stamp) > _parsed(after)][:PAGE]
            following = "|".join(map(str, _place(page[-1], by_stamp=by_stamp))) if page else ""
        rest = len(views) - (int(after or 0) if self.offset_paging else 0)
        more = len(page) == PAGE and (not self.nature.totals or rest > PAGE)
        return {"records": page, "next": following if more else None}


def _place(view: dict[str, Any], *, by_stamp: bool) -> tuple[str, int]:
    """Where a record stands in a list whose order edits cannot shift: it only ever moves to the end."""
    return (view["updated"] if by_stamp else "", int(view["id"][1:]))


def _parsed(after: str) -> tuple[str, int]:
    stamp, _, number = after.partition("|")
    return stamp, int(number)
