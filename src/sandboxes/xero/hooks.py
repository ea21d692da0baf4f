"""Webhooks: after a contact, invoice or credit note changed, a signed call names it to the address that was set."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import queue
import secrets
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from sandboxes.kit.errors import BadInput
from sandboxes.xero.store import Record

CATEGORIES = {"contacts": "CONTACT", "invoices": "INVOICE", "creditnotes": "CREDITNOTE"}
"""None for payments: what they change is the invoice."""
PATHS = {"contacts": "Contacts", "invoices": "Invoices", "creditnotes": "CreditNotes"}
WAITS = (0.0, 0.3, 1.0, 3.0, 10.0, 30.0)
"""Seconds before each try, Xero's own hours made short."""
ANSWER_SECONDS = 5
REMEMBERED = 200

_open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


class Hooks:
    """Events of all organisations, for one address. Without one, nothing happens at all."""

    def __init__(self, tenant_of: Callable[[str], str]) -> None:
        self._tenant_of = tenant_of
        self._events: queue.Queue[dict[str, object] | None] = queue.Queue()
        self._known: set[tuple[str, str, str]] = set()
        self._thread: threading.Thread | None = None
        self._ended = threading.Event()
        self.url, self._key, self._sequence = "", "", 0
        self.answers: list[int] = []

    def set(self, wanted: Mapping[str, object], known: Iterable[tuple[str, str, str]]) -> None:
        """Call this address from now on; an empty one ends it. `known`: the records that are there. Raises BadInput."""
        url, key = wanted.get("url"), wanted.get("key", "")
        if (
            not isinstance(url, str)
            or not isinstance(key, str)
            or (url and urlsplit(url).scheme not in ("http", "https"))
        ):
            raise BadInput("url and key: text was expected.")
        self.close()
        self.url, self._key, self.answers = url, key, []
        self._known = set(known)
        if url:
            self._ended = threading.Event()
            self._events = queue.Queue()
            self._thread = threading.Thread(target=self._run, args=(self._events, self._ended), daemon=True)
            self._thread.start()

    def close(self) -> None:
        """No call leaves any more."""
        self._ended.set()
        self._events.put(None)
        if self._thread is not None:
            self._thread.join(ANSWER_SECONDS + 1)
        self._thread, self.url = None, ""

    def read(self) -> dict[str, object]:
        """Where calls go and how the last ones were answered; 0 stands for no answer."""
        return {"url": self.url, "answers": self.answers[-REMEMBERED:], "waiting": self._events.qsize()}

    def note(self, entry: Mapping[str, Any]) -> None:
        """Something was stored."""
        if not self.url:
            return
        changed = {(e["store"], e["kind"], e["id"]): e["record"] for e in _puts(entry) if e["kind"] in CATEGORIES}
        for (store, kind, number), record in changed.items():
            if record is not None and store:
                fresh = (store, kind, number) not in self._known
                self._known.add((store, kind, number))
                self._events.put(self._event(store, kind, number, record, fresh=fresh))

    def intent(self) -> list[int]:
        """What Xero asks before it sends anything: calls without events, some of them signed wrongly; the answers."""
        body = self._body([])
        good = _signature(self._key, body)
        return [self._post(body, given) for given in (good, _signature(self._key + "x", body), good, "")]

    def _event(self, store: str, kind: str, number: str, record: Record, *, fresh: bool) -> dict[str, object]:
        at = datetime.fromtimestamp(int(record["UpdatedDateUTC"]) / 1000, UTC)
        event: dict[str, object] = {
            "resourceUrl": f"https://api.xero.com/api.xro/2.0/{PATHS[kind]}/{number}",
            "resourceId": number,
            "tenantId": self._tenant_of(store),
            "tenantType": "ORGANISATION",
            "eventCategory": CATEGORIES[kind],
            "eventType": "CREATE" if fresh else "UPDATE",
            "eventDateUtc": f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}",
        }
        if kind == "creditnotes":
            event["data"] = {"Type": record["Type"], "Status": record["Status"]}
        return event

    def _run(self, events: queue.Queue[dict[str, object] | None], ended: threading.Event) -> None:
        while (first := events.get()) is not None:
            batch = [first]
            while not events.empty() and (more := events.get()) is not None:
                batch.append(more)
            body = self._body(batch)
            for wait in WAITS:
                if ended.wait(wait):
                    return
                if 200 <= self._post(body, _signature(self._key, body)) < 300:
                    break

    def _body(self, events: list[dict[str, object]]) -> bytes:
        first = self._sequence + 1 if events else 0
        self._sequence += len(events)
        last = self._sequence if events else 0
        told = {"events": events, "firstEventSequence": first, "lastEventSequence": last}
        return json.dumps(told | {"entropy": secrets.token_hex(10).upper()}, separators=(",", ":")).encode()

    def _post(self, body: bytes, signature: str) -> int:
        headers = {"Content-Type": "application/json", "x-xero-signature": signature}
        request = urllib.request.Request(self.url, body, headers)
        try:
            with _open(request, timeout=ANSWER_SECONDS) as answer:
                status = answer.status
        except urllib.error.HTTPError as error:
            status = error.code
            error.close()
        except OSError:
            status = 0
        self.answers.append(status)
        return status


def _puts(entry: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if entry["do"] == "all":
        for inner in entry["entries"]:
            yield from _puts(inner)
    elif entry["do"] == "put":
        yield entry


def _signature(key: str, body: bytes) -> str:
    return base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode()
