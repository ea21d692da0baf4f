"""Carries one signed request to a remote over HTTP and brings the answer back as it came: no retries, no redirects."""

from __future__ import annotations

import ipaddress
import logging
import threading
import time
import weakref
from collections import Counter
from http.cookiejar import DefaultCookiePolicy
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, urlencode, urlsplit

import httpx2

from instep.connect.protocols import BadReply, Reply, Request, Transport, TryLater
from instep.kernel.errors import Refusal

MAX_BODY = 50_000_000
"""Longest answer that is read, in bytes after decompression."""

# The HTTP library writes header lines into its debug log, and headers may hold what must stay secret.
logging.getLogger("httpcore2").setLevel(logging.WARNING)

_NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError)


class UnsafeAddress(Refusal):
    """A remote's address over which a token could be read by others, or that is no plain address."""

    code = "unsafe_address"
    sentence = "{address} cannot be used: {problem} Enter an address that begins with https://."
    status = 422


class HttpTransport:
    """Sends to one remote through one keep-alive client; may be shared by threads. Close it, or use `with`.

    `address` is https, or http to the machine itself; anything else raises UnsafeAddress. `timeout_seconds` bounds the
    whole call, not each step of it. `send` raises TryLater when no whole answer came (`untouched` only where the
    request certainly never left) and BadReply when the answer is larger than `max_body` bytes. A redirect is an answer
    like any other and is handed back: a token never travels to another host. Nothing here logs, or repeats a header.
    """

    def __init__(self, address: str, timeout_seconds: float = 10, *, max_body: int = MAX_BODY) -> None:
        self.address = checked_address(address)
        self.timeout_seconds, self.max_body = timeout_seconds, max_body
        self._client = httpx2.Client(
            follow_redirects=False,
            # A proxy of the environment must not sit between us and our own machine.
            trust_env=not is_loopback(urlsplit(self.address).hostname or ""),
            headers={"User-Agent": "Instep", "Accept-Encoding": "gzip"},
            limits=httpx2.Limits(max_connections=8, max_keepalive_connections=4, keepalive_expiry=20),
        )
        # Sign-in is by token alone; a cookie kept from one answer would tie later calls to a session.
        self._client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        # Whoever lets go of it last need not know that it holds connections open.
        weakref.finalize(self, self._client.close)

    def __repr__(self) -> str:
        return f"HttpTransport({self.address!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._client.close()

    def send(self, request: Request) -> Reply:
        deadline = time.monotonic() + self.timeout_seconds
        call = self._client.build_request(
            request.method,
            self._url(request),
            headers=[*request.headers],
            content=request.body,
            # Reaching the server and agreeing on encryption are two waits.
            timeout=httpx2.Timeout(self.timeout_seconds, connect=self.timeout_seconds / 2),
        )
        steps = call.extensions["timeout"]

        def spend(_step: str, _about: dict[str, Any]) -> None:
            # The library gives every step of a call the same time; here each has what the earlier ones left.
            steps["write"] = steps["read"] = max(0.001, deadline - time.monotonic())

        call.extensions["trace"] = spend
        try:
            answer = self._client.send(call, stream=True)
        except httpx2.HTTPError as error:
            raise self._no_answer(error) from None
        try:
            return Reply(answer.status_code, _headers(answer), self._body(answer, deadline))
        except httpx2.HTTPError as error:
            raise self._no_answer(error) from None
        finally:
            answer.close()

    def _url(self, request: Request) -> str:
        path = quote(request.path, safe="/~-._!$&'()*+,;=:@%")
        if path.startswith("/") or "//" in path or ".." in path.split("/"):
            raise ValueError(f"{request.operation}: not a path below the address: {path!r}")
        query = urlencode(request.query, quote_via=quote)
        address = checked_address(request.address) if request.address else self.address
        return f"{address}{path}" + (f"?{query}" if query else "")

    def _body(self, answer: httpx2.Response, deadline: float) -> bytes:
        pieces: list[bytes] = []
        size = 0
        for piece in answer.iter_bytes():
            size += len(piece)
            if size > self.max_body:
                raise BadReply(
                    "The remote sent an answer that is far too large, so it was not read.",
                    detail=f"more than {self.max_body} bytes from {self.address}",
                )
            if time.monotonic() > deadline:
                raise httpx2.ReadTimeout("the whole answer did not come in time", request=answer.request)
            pieces.append(piece)
        return b"".join(pieces)

    def _no_answer(self, error: httpx2.HTTPError) -> TryLater:
        host = urlsplit(self.address).netloc
        if isinstance(error, _NEVER_SENT):
            what = f"{host} cannot be reached. It is tried again by itself."
        elif isinstance(error, httpx2.TimeoutException):
            what = f"{host} did not answer within {self.timeout_seconds:g} seconds. It is tried again by itself."
        else:
            what = f"The connection to {host} broke before its answer was complete. It is tried again by itself."
        # The error's own text tells of sockets and protocol states; it never repeats what was sent.
        return TryLater(what, detail=f"{type(error).__name__}: {error}"[:500], untouched=isinstance(error, _NEVER_SENT))


class CountingTransport:
    """Passes requests on and counts them by operation, answered or not. May be shared by threads."""

    def __init__(self, inner: Transport) -> None:
        self._inner, self._counts, self._lock = inner, Counter[str](), threading.Lock()

    @property
    def counts(self) -> dict[str, int]:
        """Calls so far by operation, as a copy."""
        with self._lock:
            return dict(self._counts)

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    def reset(self) -> None:
        with self._lock:
            self._counts.clear()

    def send(self, request: Request) -> Reply:
        with self._lock:
            self._counts[request.operation] += 1
        return self._inner.send(request)


def checked_address(address: str) -> str:
    """The address with one slash at its end. Raises UnsafeAddress: see HttpTransport."""
    try:
        parts = urlsplit(address.strip())
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise UnsafeAddress(address=_shown(address), problem="it is not an address.") from None
    if parts.username or parts.password or parts.query or parts.fragment:
        raise UnsafeAddress(address=_shown(address), problem="it carries more than a host and a path.")
    if parts.scheme not in ("https", "http") or not host:
        raise UnsafeAddress(address=_shown(address), problem="it is not a web address.")
    if parts.scheme == "http" and not is_loopback(host):
        raise UnsafeAddress(address=_shown(address), problem="over plain http anybody on the way can read the token.")
    return address.strip().rstrip("/") + "/"


def is_loopback(host: str) -> bool:
    """Whether the host is this machine itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _shown(address: str) -> str:
    # Somebody may paste an address with a password in it: only what follows the @ is repeated.
    return address.strip().rpartition("@")[2].partition("?")[0][:200]


def _headers(answer: httpx2.Response) -> dict[str, str]:
    return {name.lower(): value for name, value in answer.headers.items()}
