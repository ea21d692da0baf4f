"""Our connectors to the hostile remote: three kinds of record whose fields travel every way that there is."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from instep.connect.capability import Capability, CreateHandle
from instep.connect.fieldmap import Field, MatchRule, RecordMap, Reference, Way
from instep.connect.protocols import (
    BadReply,
    Creation,
    Gone,
    Identity,
    NeedsPerson,
    PageOfRecords,
    Rejected,
    RemoteRecord,
    RemoteTrouble,
    Reply,
    Request,
    TryLater,
    Values,
    VersionMoved,
)
from instep.kernel.records.kinds import FieldType, Kind, RecordField
from tests.bed.nature import PAGE, Nature

COMPANY = Kind(
    "bedcompany",
    "Company",
    (
        RecordField("name", FieldType.TEXT, "Name", required=True),
        RecordField("number", FieldType.TEXT, "Number"),
        RecordField("email", FieldType.EMAIL, "Email"),
        RecordField("code", FieldType.TEXT, "Code"),
        RecordField("fee", FieldType.TEXT, "Fee"),
        RecordField("note", FieldType.TEXT, "Note"),
        RecordField("tag", FieldType.TEXT, "Tag"),
    ),
)
PERSON = Kind(
    "bedperson",
    "Person",
    (
        RecordField("name", FieldType.TEXT, "Name", required=True),
        RecordField("number", FieldType.TEXT, "Number"),
        RecordField("company", FieldType.REF, "Company", ref="bedcompany"),
        RecordField("role", FieldType.TEXT, "Role"),
    ),
)
BILL = Kind(
    "bedbill",
    "Bill",
    (
        RecordField("name", FieldType.TEXT, "Name", required=True),
        RecordField("number", FieldType.TEXT, "Number"),
        RecordField("company", FieldType.REF, "Company", ref="bedcompany"),
        RecordField("amount", FieldType.TEXT, "Amount"),
    ),
)
KINDS = {"companies": COMPANY, "people": PERSON, "bills": BILL}
BY_NUMBER = MatchRule("number", "number", strong=True)

_COMPANIES = RecordMap(
    COMPANY,
    "companies",
    1,
    (
        Field("name", "name"),
        Field("number", "number", Way.PUSH),
        Field("email", "email"),
        Field("code", "code"),
        Field("fee", "fee", Way.PUSH),
        Field("note", "note", Way.PULL),
        Field("tag", "tag", Way.SEED),
    ),
    match=(BY_NUMBER, MatchRule("email", "email", strong=True)),
)
_PEOPLE = RecordMap(
    PERSON,
    "people",
    2,
    (
        Field("name", "name"),
        Field("number", "number", Way.PUSH),
        Field("company", "company", lens=Reference("bedcompany")),
        Field("role", "role"),
    ),
    match=(BY_NUMBER,),
)
_BILLS = RecordMap(
    BILL,
    "bills",
    3,
    (
        Field("name", "name", Way.ONCE),
        Field("number", "number", Way.ONCE),
        Field("company", "company", Way.ONCE, lens=Reference("bedcompany")),
        Field("amount", "amount", Way.ONCE),
    ),
    match=(BY_NUMBER,),
    creates_here=False,
)
RECORDS: dict[str, RecordMap] = {m.kind.key: m for m in (_COMPANIES, _PEOPLE)}
DOCUMENTS: dict[str, RecordMap] = {m.kind.key: m for m in (_COMPANIES, _BILLS)}


class BedConnector:
    """A connector whose remote is of another nature with every history."""

    address = "https://bed.example/"
    values: Mapping[str, Sequence[tuple[str, str]]] = {}

    def __init__(self, key: str, maps: Mapping[str, RecordMap], *, asks_first: bool = False) -> None:
        self.key, self.title, self.maps, self.asks_first = key, key.capitalize(), maps, asks_first
        self.become(Nature())

    def become(self, nature: Nature) -> None:
        """The remote is of this nature from now on."""
        self.nature = nature
        handle = CreateHandle.UNIQUE_NUMBER if nature.handle == "number" else CreateHandle(nature.handle)
        self.capabilities = {
            record_map.remote_type: Capability(
                page_max=PAGE,
                total_given=nature.totals,
                delta=nature.delta,
                stamp_utc=nature.utc,
                visibility_lag=nature.lag,
                batch_max=nature.batch,
                version_guard=nature.guard,
                handle=handle,
                key_window=nature.key_window or None,
                reconcile_seconds=nature.reconciled,
                number="number" if nature.handle == "number" else "",
            )
            for record_map in self.maps.values()
        }

    def sign(self, request: Request, secret: Mapping[str, str]) -> Request:
        return request.with_header("Authorization", secret["token"])

    def ask_identity(self) -> Request:
        return Request("who", "GET", "me")

    def read_identity(self, reply: Reply) -> Identity:
        return Identity(**_said(reply))

    def ask_page(self, remote_type: str, *, since: datetime | None, after: str | None) -> Request:
        query = [("since", since.replace(microsecond=0).isoformat())] if since is not None else []
        query += [("after", after)] if after else []
        return Request(f"list {remote_type}", "GET", remote_type, tuple(query))

    def read_page(self, remote_type: str, request: Request, reply: Reply) -> PageOfRecords:
        said = _said(reply)
        try:
            return PageOfRecords([self._record(remote_type, row) for row in said["records"]], said["next"])
        except (KeyError, TypeError) as fault:
            raise BadReply("The list makes no sense.") from fault

    def ask_record(self, remote_type: str, remote_id: str) -> Request:
        return Request(f"read {remote_type}", "GET", f"{remote_type}/{remote_id}")

    def ask_create(self, remote_type: str, fields: Values, *, marker: str) -> Request:
        body = {"fields": dict(fields), "marker": marker}
        return Request(f"create {remote_type}", "POST", remote_type, body=json.dumps(body).encode())

    def ask_update(self, remote_type: str, remote_id: str, fields: Values, *, version: str | None) -> Request:
        body = {"fields": dict(fields), "version": version}
        path = f"{remote_type}/{remote_id}"
        return Request(f"update {remote_type}", "PATCH", path, body=json.dumps(body).encode())

    def read_record(self, remote_type: str, request: Request, reply: Reply) -> RemoteRecord:
        return self._record(remote_type, _said(reply))

    def app_link(self, remote_type: str, remote_id: str, tenant: str) -> str | None:
        return None

    def _record(self, remote_type: str, row: dict[str, Any]) -> RemoteRecord:
        try:
            return RemoteRecord(
                remote_type,
                row["id"],
                row["fields"],
                version=row["version"],
                stamp=datetime.fromisoformat(row["updated"]),
                created=datetime.fromisoformat(row["created"]),
                marker=(row["fields"].get("number") if self.nature.handle == "number" else row["marker"]) or None,
                merged_into=row["merged"] or None,
            )
        except (KeyError, TypeError) as fault:
            raise BadReply("The record makes no sense.") from fault


class BatchingBedConnector(BedConnector):
    """The same, to a remote that creates several records by one call."""

    def ask_creates(self, remote_type: str, creations: Sequence[Creation], *, key: str) -> Request:
        body = {"key": key, "creations": [{"fields": dict(c.fields), "marker": c.marker} for c in creations]}
        return Request(f"create {remote_type}", "POST", f"{remote_type}/batch", body=json.dumps(body).encode())

    def read_creates(self, remote_type: str, request: Request, reply: Reply) -> list[RemoteRecord | Rejected]:
        said = _said(reply)
        if not isinstance(said, list):
            raise BadReply("The answer is no list.")
        return [Rejected(row["error"]) if "error" in row else self._record(remote_type, row) for row in said]


def _said(reply: Reply) -> Any:
    """What an answer says. Raises what its status stands for."""
    after = int(reply.headers["retry-after"]) if "retry-after" in reply.headers else None
    named: dict[int, RemoteTrouble] = {
        400: Rejected("The remote refused it."),
        401: NeedsPerson("The token ended."),
        404: Gone("The remote has no such record."),
        409: VersionMoved("It was changed there meanwhile."),
        429: TryLater("The remote asks to wait.", after_seconds=after, untouched=True),
        500: TryLater("The remote has a fault."),
        503: TryLater("The remote is busy.", after_seconds=after),
    }
    if reply.status in named:
        raise named[reply.status]
    try:
        return json.loads(reply.body)
    except ValueError as fault:
        raise BadReply("The answer is no JSON.") from fault
