"""Reading HTTP/1.1 requests off a connection, strictly and within limits."""

from __future__ import annotations

import socket

from sandboxes.kit.errors import Refused
from sandboxes.kit.messages import Request, whole

HEAD_LIMIT = 64 * 1024
BODY_LIMIT = 16 * 1024 * 1024
_TOKEN = frozenset("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")


class Gone(Exception):
    """The client closed the connection."""


class Reader:
    """The bytes of one connection, request after request."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._rest = b""

    def _more(self) -> None:
        data = self._connection.recv(65536)
        if not data:
            raise Gone
        self._rest = self._rest + data if self._rest else data

    def head(self) -> bytes:
        """The next request's head without its closing empty line. Raises Gone or Refused (431)."""
        start = 0
        while True:
            end = self._rest.find(b"\r\n\r\n", start)
            if end >= 0:
                head, self._rest = self._rest[:end], self._rest[end + 4 :]
                return head.lstrip(b"\r\n")
            if len(self._rest) > HEAD_LIMIT:
                raise Refused(431, "The head of the request is too long.")
            start = max(len(self._rest) - 3, 0)
            self._more()

    def exactly(self, size: int) -> bytes:
        """The next `size` bytes."""
        if len(self._rest) < size:
            parts, have = [self._rest], len(self._rest)
            while have < size:
                data = self._connection.recv(min(size - have, 1 << 20))
                if not data:
                    raise Gone
                parts.append(data)
                have += len(data)
            self._rest = b"".join(parts)
        data, self._rest = self._rest[:size], self._rest[size:]
        return data

    def line(self) -> bytes:
        """The next line without its end."""
        while (end := self._rest.find(b"\r\n")) < 0:
            if len(self._rest) > HEAD_LIMIT:
                raise Refused(400, "A line of the request is too long.")
            self._more()
        line, self._rest = self._rest[:end], self._rest[end + 2 :]
        return line

    def chunked(self) -> bytes:
        """A body sent in chunks, trailers left out."""
        parts: list[bytes] = []
        have = 0
        while True:
            text = self.line().split(b";")[0].strip()
            if not text or len(text) > 8 or any(byte not in b"0123456789abcdefABCDEF" for byte in text):
                raise Refused(400, "A chunk of the body has no proper size.")
            size = int(text, 16)
            have += size
            if have > BODY_LIMIT:
                raise Refused(413, "The body is too long.")
            if not size:
                break
            parts.append(self.exactly(size))
            if self.exactly(2) != b"\r\n":
                raise Refused(400, "A chunk of the body does not end where it should.")
        while self.line():
            pass
        return b"".join(parts)


def read_head(head: bytes) -> tuple[Request, bool]:
    """The request without its body, and whether the connection stays open after it. Raises Refused (400, 505)."""
    lines = head.decode("latin-1").split("\r\n")
    parts = lines[0].split(" ")
    if len(parts) != 3 or not parts[1].isascii() or not parts[1].isprintable() or not _TOKEN.issuperset(parts[0]):
        raise Refused(400, "The request line is not proper HTTP.")
    method, target, version = parts
    if version not in ("HTTP/1.1", "HTTP/1.0"):
        raise Refused(505, "Only HTTP/1.1 is spoken here.")
    if target.lower().startswith("http://"):  # the absolute form, as sent through a proxy
        target = "/" + target[7:].partition("/")[2]
    if not target.startswith("/"):
        raise Refused(400, "The address of the request is not proper HTTP.")
    headers: dict[str, str] = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon or not name or not _TOKEN.issuperset(name):
            raise Refused(400, "A header is not proper HTTP.")
        name, value = name.lower(), value.strip(" \t")
        if name in headers:
            if name in ("content-length", "host", "authorization"):
                raise Refused(400, f"The header {name} stands there twice.")
            value = f"{headers[name]}, {value}"
        headers[name] = value
    if version == "HTTP/1.1" and "host" not in headers:
        raise Refused(400, "The header Host is missing.")
    wish = headers.get("connection", "").lower()
    stays = "close" not in wish if version == "HTTP/1.1" else "keep-alive" in wish
    path, _, query = target.partition("#")[0].partition("?")
    return Request(method, path, query, headers, b""), stays


def read_body(reader: Reader, request: Request, connection: socket.socket) -> None:
    """Fill in the body. Raises Refused (400, 413, 501) or Gone."""
    length, coding = request.headers.get("content-length"), request.headers.get("transfer-encoding")
    if length is None and coding is None:
        return
    if coding is not None:
        if length is not None:
            raise Refused(400, "A body has a length or comes in chunks, not both.")
        if coding.lower() != "chunked":
            raise Refused(501, "Of transfer codings only chunked is known.")
    size = whole(length) if length is not None else 0
    if size is None:
        raise Refused(400, "Content-Length is not a number.")
    if size > BODY_LIMIT:
        raise Refused(413, "The body is too long.")
    if request.headers.get("expect", "").lower() == "100-continue":
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    request.body = reader.chunked() if length is None else reader.exactly(size)
