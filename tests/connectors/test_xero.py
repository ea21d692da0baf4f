"""The Xero connector against the Xero sandbox: the contract, for contacts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import Any

import pytest

from instep.connect.fieldmap import RecordMap
from instep.connect.protocols import Gone, Rejected, RemoteRecord
from instep.connect.transport import HttpTransport
from instep.connectors.xero.connector import Xero
from tests.connectors.contract import ConnectorContract, Line
from tests.connectors.sandbox import Sandbox
from tests.connectors.xero_stage import XeroLine, XeroStage

WORDS = {"create": "put"}


class TestXero(ConnectorContract):
    """Only contacts are changed by both sides after they were made; documents have tests of their own."""

    connector = Xero()
    sandbox_name = "xero"
    in_order = False
    numbers = count(1)

    def set_stage(self, sandbox: Sandbox) -> XeroStage:
        return XeroStage(sandbox)

    @pytest.fixture(params=["organisation"])
    def record_map(self, request: pytest.FixtureRequest) -> RecordMap:
        return self.connector.maps[request.param]

    @pytest.fixture
    def line(self, stage: XeroStage) -> Iterator[Line]:
        with HttpTransport(stage.address, timeout_seconds=5) as transport:
            yield XeroLine(self.connector, transport, stage.secret)

    def operation(self, word: str, remote_type: str) -> str:
        return f"{WORDS.get(word, word)} {remote_type}"

    def plainest(self, record_map: RecordMap, label: str = "Contract") -> dict[str, Any]:
        """Names are unique among active contacts."""
        return super().plainest(record_map, f"{label} {next(self.numbers)}")

    def once_more(self, record_map: RecordMap, sent: Mapping[str, Any]) -> Mapping[str, Any]:
        number = f" {next(self.numbers)}"
        unique = {
            n: (sent[n] or "")[: most - len(number)] + number for n, most in (("Name", 255), ("ContactNumber", 50))
        }
        return {**sent, **unique}

    def work(self, line: Line, record: RemoteRecord, record_map: RecordMap) -> dict[str, Callable[[], Any]]:
        def create() -> RemoteRecord:
            return line.create(record_map.remote_type, self.plainest(record_map), f"C{next(self.numbers)}")

        return {**super().work(line, record, record_map), "create": create}

    def test_a_record_that_was_removed_is_gone_and_no_longer_listed(
        self, line: Line, stage: XeroStage, record_map: RecordMap
    ) -> None:
        """Contacts are not removed but archived: they stay listed, and say so."""
        kept, archived = stage.seed("contacts", 2)
        record = line.read("contacts", archived)
        stage.delete("contacts", archived)

        assert line.read("contacts", archived).fields["ContactStatus"] == "ARCHIVED"
        assert {r.id: r.fields["ContactStatus"] for r in line.all("contacts")} == {kept: "ACTIVE", archived: "ARCHIVED"}
        with pytest.raises(Rejected, match=r"archived contact.*Restore the contact"):
            line.update(record, self.plainest(record_map, "Another"))
        with pytest.raises(Gone):
            line.read("contacts", "00000000-0000-4000-8000-000000000001")
