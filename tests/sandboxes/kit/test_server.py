"""The server on the wire: keep-alive, limits, and what is not proper HTTP."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from sandboxes.kit.clock import Clock
from sandboxes.kit.errors import CannotStart, Refused
from sandboxes.kit.messages import Request, Response, json_response
from sandboxes.kit.server import Server
from tests.sandboxes.client import Client


def echo(request: Request) -> Response:
    if request.path == "/broken":
        raise RuntimeError("a fault of the sandbox")
    if request.path == "/slow":
        time.sleep(0.3)
    if request.path == "/refused":
        raise Refused(409, "Not now.", (("Retry-After", "7"),))
    return json_response(
        {"method": request.method, "path": request.path, "query": request.query, "body": request.body.decode()}
    )


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server("127.0.0.1", 0, echo, Clock())
    running.start()
    yield running
    running.close()


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    with Client(server.address) as made:
        yield made


def raw(server: Server, *parts: bytes) -> bytes:
    """Send bytes as they are, read until the server closes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        for part in parts:
            connection.sendall(part)
            time.sleep(0.01)
        connection.shutdown(socket.SHUT_WR)
        received = b""
        while data := connection.recv(65536):
            received += data
    return received


def test_one_connection_carries_many_requests_and_several_at_once(server: Server, client: Client) -> None:
    for number in range(50):
        assert client.send("POST", f"/a?b={number}", b"x" * number).json["body"] == "x" * number
    asked = b"GET /one HTTP/1.1\r\nHost: x\r\n\r\nGET /two HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    answer = raw(server, asked)
    assert (answer.count(b"HTTP/1.1 200"), b"/one" in answer, b"/two" in answer) == (2, True, True)


def test_a_request_may_come_in_pieces_and_in_chunks(server: Server) -> None:
    assert b'"body":"abc"' in raw(server, b"POST / HT", b"TP/1.1\r\nHost: x\r\nContent-Le", b"ngth: 3\r\n\r\na", b"bc")
    chunked = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert b'"body":"abcde"' in raw(server, chunked, b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: x\r\n\r\n")
    waits = b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n"
    assert raw(server, waits, b"z").startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", b"400"),
        (b"GET\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\n\r\n", b"400"),
        (b"GET / HTTP/2\r\nHost: x\r\n\r\n", b"505"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n folded: y\r\n\r\n", b"400"),
        (b"GET /\xc3\xa9 HTTP/1.1\r\nHost: x\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", b"400"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n", b"413"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", b"501"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nLong: " + b"x" * 70_000, b"431"),
    ],
)
def test_what_is_not_proper_http_is_refused_and_the_connection_closed(
    server: Server, sent: bytes, status: bytes
) -> None:
    answer = raw(server, sent)
    assert answer.startswith(b"HTTP/1.1 " + status)
    assert b"\r\nConnection: close\r\n" in answer


def test_refusals_and_faults_of_the_sandbox_are_answers_too(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    refused = client.send("GET", "/refused")
    assert (refused.status, refused.json, refused.headers["retry-after"]) == (409, {"message": "Not now."}, "7")
    assert client.send("GET", "/broken").status == 500
    assert "a fault of the sandbox" in capsys.readouterr().err
    assert client.send("HEAD", "/a").body == b""
    assert client.send("GET", "/a").status == 200


def test_closing_lets_a_running_request_end_and_frees_the_port(server: Server) -> None:
    statuses: list[int] = []

    def ask() -> None:
        with Client(server.address) as client:
            statuses.append(client.send("GET", "/slow").status)

    asking = threading.Thread(target=ask)
    asking.start()
    time.sleep(0.1)
    with Client(server.address) as idle:
        idle.send("GET", "/")
        server.close()
    asking.join()
    assert statuses == [200]
    again = Server("127.0.0.1", server.port, echo, Clock())
    with pytest.raises(CannotStart, match=f"Port {server.port} on 127.0.0.1 is in use"):
        Server("127.0.0.1", server.port, echo, Clock())
    again.close()


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 70_000), ("192.0.2.1", 0), ("no.such.host.invalid", 0)])
def test_an_address_that_cannot_be_had_is_one_sentence(host: str, port: int) -> None:
    with pytest.raises(CannotStart, match=r"^[^\n]+\.$"):
        Server(host, port, echo, Clock())


def test_it_answers_fast_enough_for_a_large_sync(client: Client) -> None:
    client.send("GET", "/")
    begun = time.perf_counter()
    for _ in range(300):
        client.send("GET", "/")
    # The goal is 600 a second; a busy machine is given room, a delayed packet (40 ms each) is not.
    assert time.perf_counter() - begun < 3
