"""The answers that are kept under an Idempotency-Key, for six minutes from the first call."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from sandboxes.kit.messages import Request, Response
from sandboxes.xero.problems import Answered, validation

SECONDS, LONGEST = 360, 128


@dataclass(frozen=True, slots=True)
class _Kept:
    at: float
    request: str
    response: Response


class Repeats:
    """One space of keys for an app."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget every key."""
        self._kept: dict[tuple[str, str], _Kept] = {}

    def earlier(self, app: str, request: Request, now: float) -> Response | None:
        """The first answer to this request. Raises Answered (400) where the key was for another one."""
        key = request.headers.get("idempotency-key")
        if not key:
            return None
        if len(key) > LONGEST:
            message = f"The Idempotency-Key is longer than {LONGEST} characters"
            raise Answered(validation([], message))
        kept = self._kept.get((app, key))
        if kept is None or not kept.at <= now < kept.at + SECONDS:
            self._kept.pop((app, key), None)
            return None
        if kept.request != _told(request):
            raise Answered(validation([], f"The Idempotency-Key '{key}' is used with a different request"))
        return kept.response

    def keep(self, app: str, request: Request, response: Response, now: float) -> None:
        """Keep the first answer under the request's key, if it has one."""
        key = request.headers.get("idempotency-key")
        if key and (app, key) not in self._kept:
            if len(self._kept) > 10_000:
                self._kept = {at: kept for at, kept in self._kept.items() if now < kept.at + SECONDS}
            self._kept[app, key] = _Kept(now, _told(request), response)


def _told(request: Request) -> str:
    """What makes two requests the same one."""
    tenant = request.headers.get("xero-tenant-id", "").lower()
    head = "\n".join((request.method, request.path.lower(), request.query, tenant)).encode()
    return hashlib.sha256(head + b"\n\n" + request.body).hexdigest()
