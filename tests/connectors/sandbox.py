"""A sandbox as a process of its own, and the door through which a test sets its stage."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx2

SOURCE = Path(__file__).resolve().parents[2] / "src"


class Sandbox:
    """`python -m sandboxes <name>` on a free port of this machine, its control door open. Close it, or use `with`."""

    def __init__(self, name: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "sandboxes", name, "--port", "0", "--control"],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(SOURCE)},
        )
        assert self._process.stdout is not None
        ready = self._process.stdout.readline()
        if "http" not in ready:
            self._process.stdout.close()
            self._process.wait(10)
            raise RuntimeError(f"the {name} sandbox did not start")
        self.address = ready.split()[-1].rstrip("/")
        self._door = httpx2.Client(base_url=self.address, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._door.close()
        self._process.terminate()
        self._process.wait(10)
        if self._process.stdout is not None:
            self._process.stdout.close()

    def ask(self, door: str, body: Any = None, **query: str) -> Any:
        """POST when there is a body, else GET; the JSON of the answer. A refusal of the door is a fault of the test."""
        method = "GET" if body is None else "POST"
        answer = self._door.request(
            method,
            f"/_sandbox/{door}",
            params=query,
            content=None if body is None else json.dumps(body),
            headers={"Content-Type": "application/json"},
        )
        assert answer.status_code == 200, f"{door}: {answer.text}"
        return answer.json()

    def reset(self) -> None:
        self.ask("reset", {})

    def seed(self, document: Any) -> Any:
        return self.ask("seed", document)

    def faults(self, *script: dict[str, Any]) -> None:
        """What goes wrong from now on, in place of what was scripted before."""
        self.ask("faults", list(script))

    def switches(self, **values: Any) -> None:
        self.ask("switches", values)

    def advance(self, seconds: float) -> None:
        self.ask("clock", {"advance": seconds})

    def edit(self, **what: Any) -> Any:
        """What a person would do on a page of the remote."""
        return self.ask("edit", what)

    def calls(self) -> dict[str, int]:
        """Calls of the API by operation since the last reset."""
        return self.ask("calls")["by_operation"]
