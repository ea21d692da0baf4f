"""tiny+ for the engine: requests out of work, records out of replies. No input or output happens here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from instep.connect.capability import Capability, CreateHandle
from instep.connect.fieldmap import RecordMap
from instep.connect.protocols import BadReply, Identity, PageOfRecords, RemoteRecord, Reply, Request, Values
from instep.connectors.tinyplus import api
from instep.connectors.tinyplus.auth import sign
from instep.connectors.tinyplus.maps import BY_TYPE, MAPS, VALUES
from instep.connectors.tinyplus.troubles import told

ORIGIN: Final = "Instep"
"""Shown to the users of tiny+ as where a record comes from."""
_READS: Final = (("Accept", "application/json"),)
_WRITES: Final = (*_READS, ("Content-Type", "application/json"))
_LIST: Final = (("with_related", "0"), ("return_format", "array"))
_ACCOUNT = re.compile(r"/app/([^/]+)/")


class TinyPlus:
    """The connector (see `instep.connect.protocols.Connector`). It has no state; one serves every connection.

    References to other records are their ids as text. A project's status is one text, "active" or "active/On hold".
    A fee is a decimal number as text. None is empty; a field that tiny+ did not send is absent.
    """

    key = "tinyplus"
    title = "tiny+"
    address = "https://api.tiny.plus/v2/"
    maps: Mapping[str, RecordMap] = MAPS
    capabilities: Mapping[str, Capability] = {
        # Records are found again by the mark in remote_id, which every list shows; stamps carry no zone; nothing tells
        # of deleted records. The lag is our caution: no page says how soon a write shows in lists.
        remote_type: Capability(page_max=api.PAGE, visibility_lag=5, handle=CreateHandle.MARKER)
        for remote_type in BY_TYPE
    }
    values: Mapping[str, Sequence[tuple[str, str]]] = VALUES
    asks_first = False
    removes: Mapping[str, Sequence[str]] = dict.fromkeys(("companies", "contacts", "projects"), ("delete",))
    """tiny+ knows no archive. A team member is a person's access: that is theirs to end."""

    def sign(self, request: Request, secret: Mapping[str, str]) -> Request:
        return sign(request, secret)

    def ask_identity(self) -> Request:
        return Request(
            "list team-members",
            "GET",
            "team-members",
            (("sort", "id asc"), ("limit", "1"), *_LIST),
            _READS,
        )

    def read_identity(self, reply: Reply) -> Identity:
        """The account, by the address of its pages: every account of tiny+ has a host of its own."""
        request = self.ask_identity()
        for member in api.page("team-members", request, reply).records:
            parts = urlsplit(member.url or "")
            if parts.scheme in ("https", "http") and parts.hostname:
                account = _ACCOUNT.match(parts.path)
                if account:
                    return Identity(f"{parts.hostname}/{account[1]}", account[1])
                return Identity(parts.hostname, parts.hostname.partition(".")[0])
        raise BadReply(
            "tiny+ did not say which account this is, so nothing was read from it.", detail=told(request, reply)
        )

    def ask_page(self, remote_type: str, *, since: datetime | None, after: str | None) -> Request:
        """Ascending by id from the last id read: an edit cannot move a record to a page that was read already."""
        last, limit = api.place_after(after) if after else (None, api.PAGE)
        query = [("sort", "id asc"), ("limit", str(limit)), *_LIST]
        if last is not None:
            query.append(("id", f">{last}"))
        if since is not None:
            clock = since.replace(tzinfo=None, microsecond=0).isoformat(sep=" ")
            query.append(("modified_date", f">{clock}"))
        return Request(f"list {remote_type}", "GET", remote_type, tuple(query), _READS)

    def read_page(self, remote_type: str, request: Request, reply: Reply) -> PageOfRecords:
        return api.page(remote_type, request, reply)

    def ask_record(self, remote_type: str, remote_id: str) -> Request:
        return Request(
            f"read {remote_type}", "GET", f"{remote_type}/{int(remote_id)}", (("with_related", "0"),), _READS
        )

    def ask_create(self, remote_type: str, fields: Values, *, marker: str) -> Request:
        """What stands only at creation: the mark, where the record comes from, and that new staff cost nothing (A-26).

        Empty fields are left out, so that tiny+ puts in what it begins with.
        """
        extra: dict[str, Any] = {"remote_id": marker, "is_synced": True, "sync_origin": ORIGIN}
        if remote_type == "team-members":
            extra["record_status"] = "ghost"
        given = {name: value for name, value in fields.items() if value is not None}
        body = api.body_of(remote_type, given, extra)
        return Request(f"create {remote_type}", "POST", remote_type, (("return_record", "1"),), _WRITES, body)

    def ask_update(self, remote_type: str, remote_id: str, fields: Values, *, version: str | None) -> Request:
        """Only the fields given; the mark is never touched. tiny+ keeps no versions, so `version` says nothing."""
        body = api.body_of(remote_type, fields, {})
        path = f"{remote_type}/{int(remote_id)}"
        return Request(f"update {remote_type}", "PATCH", path, (("return_record", "1"),), _WRITES, body)

    def ask_remove(self, remote_type: str, remote_id: str, how: str, *, version: str | None) -> Request:
        """`how` is "delete", the only way that tiny+ has. Raises ValueError for what is not taken away there."""
        if how not in self.removes.get(remote_type, ()):
            raise ValueError(f"{remote_type} cannot be taken away by {how!r}")
        return Request(f"delete {remote_type}", "DELETE", f"{remote_type}/{int(remote_id)}", (), _READS)

    def read_removed(self, remote_type: str, request: Request, reply: Reply) -> RemoteRecord | None:
        """None: what is deleted leaves nothing behind."""
        api.answer(remote_type, request, reply, one=True)
        return None

    def read_record(self, remote_type: str, request: Request, reply: Reply) -> RemoteRecord:
        """As the protocol says; `fields` is empty where tiny+ answered a write with the id alone: nothing is known."""
        asked = request.path.partition("/")[2] or None
        return api.record(remote_type, request, reply, asked=asked)

    def app_link(self, remote_type: str, remote_id: str, tenant: str) -> str | None:
        """None: tiny+ gives each record's own address with the record (`RemoteRecord.url`)."""
        return None
