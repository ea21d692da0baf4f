"""Xero's webhooks: whether a call is Xero's own, and which records it names. Thin: an id, a kind, a time."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from instep.connect.abilities import Forged, RemoteHint
from instep.connect.protocols import BadReply
from instep.connectors.xero import documents, wire

SIGNATURE: Final = "x-xero-signature"
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TYPES: Final[Mapping[str, tuple[str, bool]]] = {
    # Credit notes have no list by ids, and that of a supplier looks the same by its id: their list is read.
    "CONTACT": ("contacts", True),
    "INVOICE": ("invoices", True),
    "CREDITNOTE": ("credit-notes", False),
}
_ALSO: Final[Mapping[str, str]] = {"INVOICE": "payments"}
"""Payments send no hint of their own: what changes an invoice may be one."""


def read_hints(headers: Mapping[str, str], body: bytes, key: str) -> list[RemoteHint]:
    """See `SendsHints`. An empty list of events is Xero asking whether we check what it signs."""
    expected = base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest())
    given = headers.get(SIGNATURE, "").encode()
    if not key or not hmac.compare_digest(expected, given):
        raise Forged("The signature of this call does not fit.")
    try:
        told = wire.decode(body)
        return [hint for event in wire.rows(told, "events") for hint in _hints(event)]
    except (ValueError, TypeError, AttributeError) as error:
        raise BadReply("Xero sent a notice that cannot be understood.", detail=str(error)[:200]) from None


def _hints(event: Mapping[str, Any]) -> Iterator[RemoteHint]:
    category, number = wire.text(event, "eventCategory") or "", (wire.text(event, "resourceId") or "").lower()
    if category not in _TYPES or not _ID.fullmatch(number) or _of_a_supplier(event):
        return
    remote_type, by_id = _TYPES[category]
    tenant, at, said = wire.text(event, "tenantId") or "", _moment(event), wire.text(event, "eventDateUtc") or ""
    yield RemoteHint(f"{category}:{number}:{said}", tenant, remote_type, number if by_id else "", at)
    if category in _ALSO and wire.text(event, "eventType") == "UPDATE":
        yield RemoteHint(f"{_ALSO[category]}:{number}:{said}", tenant, _ALSO[category], "", at)


def _of_a_supplier(event: Mapping[str, Any]) -> bool:
    kind = wire.text(wire.inner(event, "data"), "Type")
    return kind is not None and kind not in (documents.SALE, documents.CREDIT)


def _moment(event: Mapping[str, Any]) -> datetime | None:
    try:
        at = datetime.fromisoformat(wire.text(event, "eventDateUtc") or "")
    except ValueError:
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
