"""The control door of a running sandbox: setting the stage, editing as a person would, counting calls."""

from __future__ import annotations

import json
import time
from decimal import Decimal
from http.client import HTTPConnection, HTTPException
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from instep.cli.refusals import CannotStart
from instep.cli.supervisor.ports import HOST


class Door:
    """One sandbox on this machine. Not to be shared by threads. Close it, or use `with`."""

    path = "/"
    """Where its API begins."""
    number: type[float] | type[Decimal] = float
    """What its numbers with a point are read as."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._connection: HTTPConnection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def page(self) -> str:
        """Where its pages begin."""
        return f"http://{HOST}:{self.port}/"

    @property
    def api(self) -> str:
        """The address that a connection uses."""
        return f"http://{HOST}:{self.port}{self.path}"

    def seed(self, document: dict[str, Any]) -> dict[str, Any]:
        """Plant accounts and records."""
        return self.tell("seed", document)

    def advance(self, seconds: int) -> None:
        """Move its clock on."""
        self.tell("clock", {"advance": seconds})

    def calls(self, since: int = 0) -> dict[str, Any]:
        """Calls after number `since`: {"total", "by_operation", "number", ...}. Control calls are not counted."""
        return self._well(*self._call("GET", f"calls?since={since}"))

    def faults(self, *script: dict[str, Any]) -> None:
        """What goes wrong from now on, in place of what was scripted before."""
        self.tell("faults", list(script))

    def tell(self, door: str, body: Any) -> dict[str, Any]:
        """Post to one of its doors. Raises CannotStart where it refuses."""
        return self._well(*self._call("POST", door, body))

    def read(self, door: str) -> dict[str, Any] | None:
        """What one of its doors shows; None where it says that there is no such thing."""
        status, answer = self._call("GET", door)
        return None if status == 404 else self._well(status, answer)

    def wait(self, seconds: float) -> None:
        """Wait until it answers. Raises CannotStart."""
        until = time.monotonic() + seconds
        while True:
            try:
                self._well(*self._call("GET", "clock"))
                return
            except (OSError, HTTPException):
                if time.monotonic() > until:
                    raise CannotStart(f"The sandbox on port {self.port} does not answer; its log says why.") from None
                time.sleep(0.03)

    def close(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        text = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"} if text else {}
        for attempt in (1, 2):
            if self._connection is None:
                self._connection = HTTPConnection(HOST, self.port, timeout=20)
            try:
                self._connection.request(method, f"/_sandbox/{path}", text, headers)
                reply = self._connection.getresponse()
                return reply.status, json.loads(reply.read() or b"null", parse_float=self.number)
            except (OSError, HTTPException):
                self.close()
                # A connection that was kept open may have ended meanwhile.
                if attempt == 2:
                    raise
        raise AssertionError("unreachable")

    def _well(self, status: int, answer: Any) -> dict[str, Any]:
        if status >= 400 or not isinstance(answer, dict):
            told = answer.get("message", answer) if isinstance(answer, dict) else answer
            raise CannotStart(f"The sandbox refused the demo's own request ({status}): {told}")
        return answer


class Sandbox(Door):
    """The stand-in for tiny+."""

    path = "/v2/"

    def records(self, account: str, resource: str) -> list[dict[str, Any]] | None:
        """All records of one kind as the wire shows them; None when there is no such account."""
        told = self.read(f"records?account={quote(account)}&resource={resource}")
        return None if told is None else list(told["records"])

    def edit(self, account: str, resource: str, number: str, fields: dict[str, Any]) -> None:
        """Change a record as somebody on the sandbox's pages would."""
        body = {"account": account, "resource": resource, "do": "update", "id": int(number), "fields": fields}
        self.tell("edit", body)


class Ledger(Door):
    """The stand-in for Xero."""

    path = "/api.xro/2.0/"
    number = Decimal

    def records(self, organisation: str, kind: str) -> list[dict[str, Any]] | None:
        """All records of one kind, whole; None when there is no such organisation."""
        told = self.read(f"records?organisation={quote(organisation)}&kind={kind}")
        return None if told is None else list(told["records"])

    def edit(self, organisation: str, kind: str, *, do: str = "save", **what: Any) -> dict[str, Any]:
        """Do what a bookkeeper on the sandbox's pages would; the record afterwards. `do` is save or delete."""
        return self.tell("edit", {"organisation": organisation, "kind": kind, "do": do, **what})
