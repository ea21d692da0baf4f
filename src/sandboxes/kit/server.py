"""A small, fast HTTP/1.1 server: a thread a connection, keep-alive, one send per reply."""

from __future__ import annotations

import contextlib
import errno
import socket
import sys
import threading
import time
import traceback
from http.client import responses as reasons

from sandboxes.kit.clock import Clock
from sandboxes.kit.errors import CannotStart, Refused
from sandboxes.kit.messages import Delivery, Handler, Request, Response, json_response
from sandboxes.kit.parse import Gone, Reader, read_body, read_head

IDLE_SECONDS = 120.0
GRACE_SECONDS = 2.0


class Server:
    """Listens from the moment it is made; `start()` begins to answer; `close()` ends all connections."""

    def __init__(self, host: str, port: int, handler: Handler, clock: Clock) -> None:
        """Raises CannotStart with one sentence when the address cannot be had."""
        self._handler = handler
        self._clock = clock
        self._closing = False
        self._guard = threading.Lock()
        self._open: dict[socket.socket, bool] = {}  # connection -> a request is being answered
        self._listener = _listening(host, port)
        self.host = host
        self.port: int = self._listener.getsockname()[1]
        self._accepting = threading.Thread(target=self._accept, name=f"sandbox:{self.port}", daemon=True)

    @property
    def address(self) -> str:
        """`http://host:port`, without a closing slash."""
        return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"

    def start(self) -> None:
        """Answer requests, in threads of its own."""
        self._accepting.start()

    def close(self) -> None:
        """Stop listening, let running requests end (two seconds at most), close every connection."""
        self._closing = True
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
        self._listener.close()
        if self._accepting.is_alive():
            self._accepting.join(GRACE_SECONDS)
        end = time.monotonic() + GRACE_SECONDS
        while True:
            late = time.monotonic() > end
            with self._guard:
                for connection, busy in self._open.items():
                    if not busy or late:
                        with contextlib.suppress(OSError):
                            connection.shutdown(socket.SHUT_RDWR)
                if not self._open or time.monotonic() > end + GRACE_SECONDS:
                    return
            time.sleep(0.005)

    def _accept(self) -> None:
        while not self._closing:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                if self._closing:
                    return
                time.sleep(0.05)  # out of file handles for a moment
                continue
            with self._guard:
                self._open[connection] = False
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.settimeout(IDLE_SECONDS)
            reader = Reader(connection)
            while self._one(reader, connection) and not self._closing:
                pass
        except (Gone, OSError):
            pass  # the client went away, or was idle for too long
        finally:
            with self._guard:
                self._open.pop(connection, None)
            connection.close()

    def _one(self, reader: Reader, connection: socket.socket) -> bool:
        """Answer one request; true when the connection stays open."""
        try:
            request, stays = read_head(reader.head())
            self._open[connection] = True
            read_body(reader, request, connection)
        except Refused as refusal:
            # What follows on this connection cannot be told apart any more.
            connection.sendall(self._bytes(json_response({"message": refusal.sentence}, refusal.status), "GET", False))
            return False
        response = self._answer(request)
        stays = stays and not self._closing and response.delivery is Delivery.WHOLE
        if response.delivery is not Delivery.NOTHING:
            connection.sendall(self._bytes(response, request.method, stays))
        self._open[connection] = False
        return stays

    def _answer(self, request: Request) -> Response:
        try:
            return self._handler(request)
        except Refused as refusal:
            return json_response({"message": refusal.sentence}, refusal.status, refusal.headers)
        except Exception:  # a fault of the sandbox itself: say so, and go on serving
            traceback.print_exc(file=sys.stderr)
            return json_response({"message": "The sandbox itself failed; its output says where."}, 500)

    def _bytes(self, response: Response, method: str, stays: bool) -> bytes:
        body = response.body
        lines = [
            f"HTTP/1.1 {response.status} {reasons.get(response.status, 'Unknown')}",
            f"Date: {self._clock.http_date()}",
            f"Content-Length: {len(body)}",
        ]
        if body:
            lines.append(f"Content-Type: {response.kind}")
        lines.extend(f"{name}: {value}" for name, value in response.headers)
        if not stays:
            lines.append("Connection: close")
        if method == "HEAD":
            body = b""
        elif response.delivery is Delivery.HALF:
            body = body[: len(body) // 2]
        return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def _listening(host: str, port: int) -> socket.socket:
    if not 0 <= port <= 65_535:
        raise CannotStart(f"{port} is not a port: ports go from 0 to 65535.")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError):
        raise CannotStart(f"{host}:{port} is not an address that can be listened on.") from None
    listener = socket.socket(family, kind, protocol)
    try:
        if sys.platform != "win32":  # there it would let two processes share the port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(128)
    except OSError as problem:
        listener.close()
        if problem.errno == errno.EADDRINUSE:
            sentence = f"Port {port} on {host} is in use: stop what uses it, or choose another port."
        else:
            sentence = f"Cannot listen on {host}:{port}: {problem.strerror or problem}."
        raise CannotStart(sentence) from None
    return listener
