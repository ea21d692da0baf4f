"""One Xero organisation as a test may set it: its books are those that the sandbox begins with."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import Any

from instep.connect.protocols import RemoteRecord
from tests.connectors.contract import MARKER, Line
from tests.connectors.sandbox import Sandbox

TENANT = "11111111-1111-4111-8111-111111111111"
APP = {"client_id": "instep-app", "client_secret": "s-5e55a1f0"}
BACK = "https://firm.example/back"
WHO = "mia@acme.example"
PATH = "/api.xro/2.0/"


class XeroStage:
    """The organisation "acme", and an app that may do everything in it."""

    wrong_secret = {"access_token": "tok-w1thdrawn", "tenant_id": TENANT}

    def __init__(self, sandbox: Sandbox, back: str = BACK) -> None:
        self.sandbox, self.address = sandbox, sandbox.address + PATH
        self.secret: Mapping[str, str] = {
            **APP,
            "access_token": "tok-5e55a1f0",
            "refresh_token": "ref-5e55a1f0",
            "expires_at": "2100-01-01T00:00:00+00:00",
            "tenant_id": TENANT,
            "token_url": sandbox.address + "/connect/token",
            "authorise_url": sandbox.address + "/identity/connect/authorize",
            "connections_url": sandbox.address + "/connections",
        }
        self.numbers = count(1)
        sandbox.seed(
            {
                "switches": {"per_minute": 100_000, "tier": "core", "per_day": 1_000_000},
                "apps": [
                    {"id": APP["client_id"], "secret": APP["client_secret"], "name": "Instep", "redirects": [back]}
                ],
                "organisations": [
                    {
                        "key": "acme",
                        "name": "Acme Architects",
                        "base": "AU",
                        "tenant": TENANT,
                        "users": [{"name": "Mia Chen", "email": WHO}],
                    }
                ],
                "tokens": [
                    {
                        "token": self.secret["access_token"],
                        "refresh": self.secret["refresh_token"],
                        "app": APP["client_id"],
                        "user": WHO,
                        "organisations": ["acme"],
                    }
                ],
            }
        )

    def plant(self, resource: str, *records: Mapping[str, Any]) -> list[str]:
        """Add records in Xero's own words; their ids."""
        told = self.sandbox.seed({"organisations": [{"key": "acme", "records": {resource: list(records)}}]})
        return list(told["organisations"]["acme"]["records"][resource])

    def seed(self, remote_type: str, count: int) -> list[str]:
        if count <= 0:
            return []
        assert remote_type == "contacts"
        return self.plant("Contacts", *({"Name": f"Record {next(self.numbers)}"} for _ in range(count)))

    def edit(self, remote_type: str, remote_id: str, field: str, value: Any) -> None:
        unique = f"{value} ({next(self.numbers)})" if field == "Name" else value
        self.do("save", remote_type, id=remote_id, fields={field: unique})

    def delete(self, remote_type: str, remote_id: str) -> None:
        """Contacts are never deleted: they are archived."""
        self.do("save", remote_type, id=remote_id, fields={"ContactStatus": "ARCHIVED"})

    def do(self, what: str, kind: str, **more: Any) -> Any:
        return self.sandbox.edit(do=what, organisation="acme", kind=kind, **more)

    def stored(self, kind: str) -> list[dict[str, Any]]:
        return list(self.sandbox.ask("records", organisation="acme", kind=kind.lower())["records"])


class XeroLine(Line):
    """Xero keeps no mark of ours: a record is found again by its own number, which the test's mark stands for."""

    def create(self, remote_type: str, fields: Mapping[str, Any], marker: str = MARKER) -> RemoteRecord:
        number = self.connector.capabilities[remote_type].number
        return super().create(remote_type, {number: marker, **fields}, marker)
