"""A running sandbox: its address, and the way to end it."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Generic, TypeVar

from sandboxes.kit.server import Server

Running = TypeVar("Running")


class Handle(Generic[Running]):
    """`address` is `http://host:port`; `sandbox` the thing itself; a context manager that closes at the end."""

    def __init__(self, server: Server, sandbox: Running, release: Callable[[], None]) -> None:
        self._server = server
        self._release = release
        self.sandbox = sandbox
        self.address = server.address
        self.port = server.port

    def close(self) -> None:
        """Stop answering and let go of the data file; may be called twice."""
        self._server.close()
        self._release()

    def __enter__(self) -> Handle[Running]:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
