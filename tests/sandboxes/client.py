"""A plain HTTP client for the tests: standard library, one connection, nothing smoothed over."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any, Self
from urllib.parse import urlencode

JSON = {"Accept": "application/json", "Content-Type": "application/json"}


@dataclass(frozen=True)
class Answer:
    """Status, headers (lower case) and body as they came."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


class Client:
    """Calls one sandbox; `token` goes along with the calls of its API."""

    def __init__(self, address: str, token: str | None = None) -> None:
        self.address = address
        self.host = address.removeprefix("http://")
        self.token = token
        self._connection = HTTPConnection(self.host, timeout=10)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    def send(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """One request as given."""
        self._connection.request(method, path, body, dict(headers or {}))
        answer = self._connection.getresponse()
        named = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, named, answer.read())

    def call(self, method: str, path: str, body: object = None, **query: object) -> Answer:
        """One call of the API below /v2/, as the fact sheet wants it."""
        headers = {**JSON, **({"Authorization": self.token} if self.token else {})}
        asked = f"/v2/{path}" + (f"?{urlencode(query)}" if query else "")
        return self.send(method, asked, None if body is None else json.dumps(body).encode(), headers)

    def get(self, path: str, **query: object) -> Answer:
        return self.call("GET", path, **query)

    def post(self, path: str, body: object, **query: object) -> Answer:
        return self.call("POST", path, body, **query)

    def patch(self, path: str, body: object, **query: object) -> Answer:
        return self.call("PATCH", path, body, **query)

    def delete(self, path: str) -> Answer:
        return self.call("DELETE", path)

    def names(self, path: str, **query: object) -> list[str]:
        """The names of a list, in its order."""
        answer = self.get(path, return_format="array", with_related=0, **query)
        assert answer.status == 200, answer.text
        return [record["name"] for record in answer.json]

    def make(self, path: str, **fields: object) -> dict[str, Any]:
        """A new record, whole."""
        answer = self.post(path, fields, return_record=1)
        assert answer.status == 201, answer.text
        return answer.json

    def control(self, door: str, body: object = None) -> Any:
        """The control door: POST when there is a body."""
        sent = None if body is None else json.dumps(body).encode()
        answer = self.send("GET" if body is None else "POST", f"/_sandbox/{door}", sent)
        assert answer.status == 200, answer.text
        return answer.json

    def form(self, path: str, fields: Mapping[str, str], origin: str | None = None) -> Answer:
        """A form as a browser posts it."""
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": origin or self.address}
        return self.send("POST", path, urlencode(fields).encode(), headers)
