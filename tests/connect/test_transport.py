"""The transport against a server that misbehaves."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from instep.connect.protocols import BadReply, Request, TryLater
from instep.connect.transport import CountingTransport, HttpTransport, UnsafeAddress

TOKEN = "tok-5e55a1f0"


class Server(ThreadingHTTPServer):
    """Keeps what arrived."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, dict[str, str], bytes]] = []
        self.connections: set[int] = set()
        super().__init__(("127.0.0.1", 0), Rascal)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Rascal(BaseHTTPRequestHandler):
    """Each path misbehaves in its own way."""

    protocol_version = "HTTP/1.1"
    server: Server

    def log_message(self, *_: object) -> None: ...

    def do_POST(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        if self.path == "/sluggish":
            time.sleep(0.4)
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.server.seen.append((self.command, self.path, dict(self.headers), body))
        self.server.connections.add(self.client_address[1])
        getattr(self, "_" + self.path.strip("/").partition("?")[0].partition("/")[0])()

    def _answer(self, body: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _ok(self) -> None:
        self._answer(b"fine", X_Mixed_Case="Yes", Set_Cookie="session=1; Path=/")

    def _drop(self) -> None:
        self.close_connection = True

    def _half(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "100")
        self.end_headers()
        self.wfile.write(b"only this")
        self.close_connection = True

    def _silent(self) -> None:
        time.sleep(0.6)
        self.close_connection = True

    _sluggish = _silent

    def _drip(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "100")
        self.end_headers()
        for _ in range(12):
            try:
                self.wfile.write(b".")
            except OSError:
                break
            time.sleep(0.1)
        self.close_connection = True

    def _huge(self) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            for _ in range(1000):
                self.wfile.write(b"2710\r\n" + b"x" * 10_000 + b"\r\n")
        except OSError:
            self.close_connection = True

    def _away(self) -> None:
        self._answer(b"", 302, Location=f"http://localhost:{self.server.server_port}/ok")


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield running
    running.shutdown()
    running.server_close()
    thread.join()


@pytest.fixture
def transport(server: Server) -> Iterator[HttpTransport]:
    with HttpTransport(server.address, timeout_seconds=0.3, max_body=50_000) as made:
        yield made


def ask(path: str) -> Request:
    return Request("list things", "GET", path).with_header("Authorization", TOKEN)


def test_a_request_arrives_as_it_was_made_and_the_answer_comes_back_with_lower_case_headers(
    server: Server, transport: HttpTransport
) -> None:
    query = (("id", ">17"), ("sort", "id asc"), ("name", "Müller & Söhne + 50%"))
    reply = transport.send(
        Request("create things", "POST", "ok/17", query, (("Authorization", TOKEN),), "Zoë 🏗".encode())
    )

    assert (reply.status, reply.body, reply.headers["x-mixed-case"]) == (200, b"fine", "Yes")
    method, path, headers, body = server.seen[0]
    assert (method, body.decode()) == ("POST", "Zoë 🏗")
    assert path == "/ok/17?id=%3E17&sort=id%20asc&name=M%C3%BCller%20%26%20S%C3%B6hne%20%2B%2050%25"
    assert headers["Authorization"] == TOKEN


def test_calls_share_one_connection_and_carry_no_cookie_from_one_to_the_next(
    server: Server, transport: HttpTransport
) -> None:
    for _ in range(3):
        transport.send(ask("ok"))

    assert len(server.connections) == 1
    assert not any("Cookie" in headers for _, _, headers, _ in server.seen)


@pytest.mark.parametrize("path", ["drop", "half", "silent"])
def test_an_answer_that_never_came_whole_leaves_the_outcome_unknown(transport: HttpTransport, path: str) -> None:
    with pytest.raises(TryLater) as caught:
        transport.send(ask(path))

    assert not caught.value.untouched
    assert TOKEN not in repr(caught.value) + caught.value.sentence + caught.value.detail


def test_the_time_limit_holds_for_the_whole_answer_and_not_for_each_piece(transport: HttpTransport) -> None:
    began = time.monotonic()
    with pytest.raises(TryLater, match="did not answer within"):
        transport.send(ask("drip"))

    assert time.monotonic() - began < 0.8


def test_time_that_was_spent_on_sending_is_not_there_for_waiting(server: Server) -> None:
    began = time.monotonic()
    with HttpTransport(server.address, timeout_seconds=0.5) as transport, pytest.raises(TryLater):
        transport.send(Request("create things", "POST", "sluggish", body=b"x" * 20_000_000))

    assert time.monotonic() - began < 0.8


def test_a_server_that_was_never_reached_has_certainly_changed_nothing() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound but not listening: refused
        with (
            HttpTransport(f"http://127.0.0.1:{taken.getsockname()[1]}", timeout_seconds=0.5) as transport,
            pytest.raises(TryLater, match="cannot be reached") as caught,
        ):
            transport.send(ask("ok"))

    assert caught.value.untouched


def test_an_endless_answer_is_not_read_to_its_end(transport: HttpTransport) -> None:
    with pytest.raises(BadReply, match="far too large"):
        transport.send(ask("huge"))


def test_a_redirect_is_handed_back_and_the_token_goes_nowhere(server: Server, transport: HttpTransport) -> None:
    assert transport.send(ask("away")).status == 302
    assert [path for _, path, _, _ in server.seen] == ["/away"]


def test_after_a_broken_answer_the_next_call_works(transport: HttpTransport) -> None:
    with pytest.raises(TryLater):
        transport.send(ask("half"))

    assert transport.send(ask("ok")).status == 200


@pytest.mark.capability("X-22")
def test_no_log_line_at_any_level_holds_a_header(transport: HttpTransport, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        transport.send(ask("ok"))

    assert TOKEN not in caplog.text
    assert "session=1" not in caplog.text


@pytest.mark.parametrize(
    "address",
    [
        "http://api.tiny.plus/v2/",
        "http://10.0.0.7/",
        "ftp://127.0.0.1/",
        "https://name:word@api.tiny.plus/",
        "https://api.tiny.plus/?x=1",
        "api.tiny.plus",
        "https://",
        "http://[::1",
        "http://127.0.0.1.evil.example/",
    ],
)
def test_an_address_that_would_bare_the_token_is_refused_in_a_sentence(address: str) -> None:
    with pytest.raises(UnsafeAddress, match="https://") as caught:
        HttpTransport(address)

    assert "word" not in str(caught.value)


@pytest.mark.parametrize(
    "address", ["https://api.tiny.plus/v2", "http://localhost:1/x/", "http://[::1]:8000", "http://127.9.0.1"]
)
def test_https_and_this_machine_itself_are_allowed(address: str) -> None:
    with HttpTransport(address) as transport:
        assert transport.address == address.rstrip("/") + "/"


@pytest.mark.parametrize("path", ["/ok", "../ok", "a/../../ok", "//evil.example/ok"])
def test_a_path_cannot_leave_the_address(transport: HttpTransport, path: str) -> None:
    with pytest.raises(ValueError, match="not a path below"):
        transport.send(ask(path))


def test_the_counter_counts_by_operation_from_many_threads(transport: HttpTransport) -> None:
    counting = CountingTransport(transport)

    def some() -> None:
        for _ in range(5):
            counting.send(ask("ok"))

    threads = [threading.Thread(target=some) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with pytest.raises(TryLater):
        counting.send(Request("create things", "POST", "drop"))

    assert counting.counts == {"list things": 20, "create things": 1}
    assert counting.total == 21
    counting.reset()
    assert counting.counts == {}
