"""A request as it was read and a response as it will be sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import parse_qsl, unquote

from sandboxes.kit.encode import encode
from sandboxes.kit.errors import BadInput


def whole(text: str, least: int = 0) -> int | None:
    """The whole number that a text of plain digits is, if it is one from `least` on and of a sane length."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        return None
    number = int(text)
    return number if number >= least else None


class Delivery(StrEnum):
    """How much of the response reaches the client: a fault may cut it."""

    WHOLE = "whole"
    HALF = "half"
    NOTHING = "nothing"


@dataclass(slots=True)
class Request:
    """`path` is as sent (still percent-encoded); header names are lower case."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    normalise: bool = False  # a fault: the remote rewrites what it stores

    def segments(self) -> list[str]:
        """The decoded parts of the path between its slashes; a closing slash leaves an empty last part."""
        try:
            return [unquote(part, errors="strict") for part in self.path[1:].split("/")]
        except UnicodeDecodeError:
            raise BadInput("The path is not UTF-8.") from None

    def pairs(self) -> list[tuple[str, str]]:
        """The query as name and value, in order, names without a value with an empty one."""
        return _pairs(self.query, "query")

    def form(self) -> list[tuple[str, str]]:
        """The posted form, in order."""
        kind = self.headers.get("content-type", "").split(";")[0].strip().lower()
        if kind != "application/x-www-form-urlencoded":
            raise BadInput("A form was expected.", 415)
        try:
            text = self.body.decode("ascii")
        except UnicodeDecodeError:
            raise BadInput("The form is not encoded as a form should be.") from None
        return _pairs(text, "form")


def _pairs(text: str, what: str) -> list[tuple[str, str]]:
    if not text:
        return []
    try:
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=500)
    except ValueError:
        raise BadInput(f"The {what} is not encoded in UTF-8.") from None


@dataclass(slots=True)
class Response:
    """Sent in one piece, with Date and Content-Length added by the server."""

    status: int
    body: bytes = b""
    kind: str = "application/json; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()
    delivery: Delivery = field(default=Delivery.WHOLE)


Handler = Callable[[Request], Response]


def json_response(value: object, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Response:
    """A JSON answer."""
    return Response(status, encode(value).encode(), headers=headers)
