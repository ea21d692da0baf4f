"""A calm remote in memory for benchmarks of the engine: one list of companies, no sockets, no faults, its own clock.

It answers from bytes that are made once, so that a cycle and a bare loop read the very same pages at the same price.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from instep.connect.capability import Capability, CreateHandle
from instep.connect.fieldmap import Field, MatchRule, RecordMap, Way
from instep.connect.protocols import Identity, PageOfRecords, RemoteRecord, Reply, Request, Values
from instep.kernel.records.organisation import ORGANISATION

PAGE = 1000
BEGAN = datetime(2026, 1, 5, tzinfo=UTC)
TYPE = "companies"
FIELDS = ("name", "email", "phone", "website", "tax_number", "address")


def company(n: int) -> dict[str, Any]:
    """The fields of the n-th company, all of them filled."""
    return {
        "name": f"Plum {n} Holdings",
        "email": f"office{n}@plum{n}.example",
        "phone": f"(03) 9{n // 10_000 % 1000:03d} {n % 10_000:04d}",
        "website": f"https://plum{n}.example",
        "tax_number": f"PL{n:09d}",
        "address": f"{n} Plum Lane\nHobart TAS 7000",
    }


@dataclass(slots=True)
class Shelf:
    """The remote: rows by number with the moment of their last change; every request is counted."""

    rows: dict[int, dict[str, Any]] = field(default_factory=dict)
    changed: dict[int, datetime] = field(default_factory=dict)
    now: datetime = BEGAN
    calls: int = 0
    writes: int = 0
    _pages: dict[tuple[str, str], bytes] = field(default_factory=dict)

    def fill(self, count: int) -> None:
        """Give it this many companies, all of them old."""
        self.rows = {n: company(n) for n in range(1, count + 1)}
        self.changed = dict.fromkeys(self.rows, BEGAN - timedelta(days=30))
        self._pages.clear()

    def edit(self, number: int, **fields: Any) -> None:
        """Somebody there changes a company at this moment."""
        self.rows[number] = {**self.rows[number], **fields}
        self.changed[number] = self.now
        self._pages.clear()

    def send(self, request: Request) -> Reply:
        """The transport: a page, a record, or a write."""
        self.calls += 1
        query = dict(request.query)
        if request.method == "GET":
            body = self._page(query.get("since", ""), query.get("after", ""))
        else:
            self.writes += 1
            number = int(query.get("id") or len(self.rows) + 1)
            self.edit(number, **json.loads(request.body or b"{}"))
            body = json.dumps(self._row(number)).encode()
        return Reply(200, {"date": format_datetime(self.now, usegmt=True)}, body)

    def page(self, after: str = "") -> bytes:
        """The bytes of one page of the whole list."""
        return self._page("", after)

    def _page(self, since: str, after: str) -> bytes:
        if (since, after) not in self._pages:
            self._pages[since, after] = self._made(since, int(after or 0))
        return self._pages[since, after]

    def _made(self, since: str, after: int) -> bytes:
        numbers = sorted(self.rows)
        if since:
            edge = datetime.fromisoformat(since)
            numbers = [n for n in numbers if self.changed[n] > edge]
        start = bisect_right(numbers, after)
        found = numbers[start : start + PAGE]
        more = found[-1] if start + PAGE < len(numbers) else None
        return json.dumps({"rows": [self._row(n) for n in found], "next": more}).encode()

    def _row(self, number: int) -> dict[str, Any]:
        return {**self.rows[number], "id": str(number), "stamp": self.changed[number].isoformat()}


def read_row(row: dict[str, Any]) -> RemoteRecord:
    """One record of an answer."""
    fields = {name: row[name] for name in FIELDS}
    return RemoteRecord(TYPE, row["id"], fields, stamp=datetime.fromisoformat(row["stamp"]))


class ShelfConnector:
    """The connector to it: every field travels both ways, and a tax number tells who is who."""

    key, title, address = "shelf", "Shelf", "https://shelf.example/"
    asks_first = False
    values: Mapping[str, Sequence[tuple[str, str]]] = {}
    capabilities: Mapping[str, Capability] = {
        TYPE: Capability(page_max=PAGE, total_given=True, stamp_utc=True, handle=CreateHandle.NONE)
    }
    maps: Mapping[str, RecordMap] = {
        "organisation": RecordMap(
            ORGANISATION,
            TYPE,
            rank=1,
            fields=tuple(Field(name, name, Way.BOTH) for name in FIELDS),
            match=(MatchRule("tax_number", "tax_number", strong=True),),
        )
    }

    def sign(self, request: Request, secret: Mapping[str, str]) -> Request:
        return request

    def ask_identity(self) -> Request:
        return Request("identity", "GET", "me")

    def read_identity(self, reply: Reply) -> Identity:
        return Identity("shelf", "Shelf")

    def ask_page(self, remote_type: str, *, since: datetime | None, after: str | None) -> Request:
        query = {"since": since.replace(tzinfo=UTC).isoformat() if since else "", "after": after or ""}
        return Request(f"list {remote_type}", "GET", remote_type, tuple(query.items()))

    def read_page(self, remote_type: str, request: Request, reply: Reply) -> PageOfRecords:
        told = json.loads(reply.body)
        return PageOfRecords([read_row(row) for row in told["rows"]], str(told["next"]) if told["next"] else None)

    def ask_record(self, remote_type: str, remote_id: str) -> Request:
        raise NotImplementedError("no benchmark reads one record")

    def ask_create(self, remote_type: str, fields: Values, *, marker: str) -> Request:
        return Request(f"create {remote_type}", "POST", remote_type, body=json.dumps(dict(fields)).encode())

    def ask_update(self, remote_type: str, remote_id: str, fields: Values, *, version: str | None) -> Request:
        return Request(
            f"update {remote_type}", "PUT", remote_type, (("id", remote_id),), body=json.dumps(dict(fields)).encode()
        )

    def read_record(self, remote_type: str, request: Request, reply: Reply) -> RemoteRecord:
        return read_row(json.loads(reply.body))

    def app_link(self, remote_type: str, remote_id: str, tenant: str) -> str | None:
        return None
