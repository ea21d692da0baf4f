"""Running a command in the test's process, on the test's database."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from instep.cli.main import main
from tests.connect.conftest import rig, tinyplus_address

__all__ = ["rig", "tinyplus_address"]


@dataclass(frozen=True)
class Said:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.out)


@pytest.fixture
def instep(capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """`instep("connect", "status")` runs that command line here."""

    def run(*arguments: object) -> Said:
        capsys.readouterr()
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as ended:
            code = int(ended.code or 0)
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return Said(code, said.out, said.err)

    return run
