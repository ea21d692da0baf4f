"""A client of the accounting API that holds each answer to Xero's public description, where that is at hand."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from tests.sandboxes.client import Answer, Client
from tests.sandboxes.xero.stage import APP, AU, SECRET, TOKEN

SHARED = Path(os.environ.get("INSTEP_SHARED") or Path(__file__).parents[4] / "shared")
DESCRIPTION = SHARED / "remotes" / "specs" / "xero_accounting_trimmed.yaml"
ROOT = "/api.xro/2.0/"


@cache
def description() -> Any:
    """Xero's public description, or None where it is not at hand."""
    if not DESCRIPTION.exists():
        return None
    import yaml
    from openapi_core import Config, OpenAPI

    with DESCRIPTION.open("rb") as file:
        # The description's own soundness is not this suite's business, and checking it takes seconds.
        return OpenAPI.from_dict(yaml.load(file, yaml.CSafeLoader), config=Config(spec_validator_cls=None))


def hold(method: str, path: str, answer: Answer) -> None:
    """Fail where an answer is not as the description says."""
    kind = answer.headers.get("content-type", "")
    if description() is None or not path.startswith(ROOT) or not kind.startswith("application/json"):
        return
    if answer.status not in (200, 204, 400):
        return
    from openapi_core.exceptions import OpenAPIError
    from openapi_core.testing import MockRequest, MockResponse

    plain, _, _ = path.partition("?")
    asked = MockRequest("https://api.xero.com", method.lower(), plain, headers={"xero-tenant-id": AU})
    try:
        description().validate_response(
            asked, MockResponse(answer.body, answer.status, content_type="application/json")
        )
    except OpenAPIError as problem:
        if answer.status == 400 and "response" in str(problem).lower() and "400" in str(problem):
            return  # the description tells of no refusal at this address
        raise AssertionError(
            f"{method} {path}: {str(problem.__cause__ or problem)[:2000]}\n{answer.text[:2000]}"
        ) from problem


class Xero(Client):
    """Calls as one app's user at one organisation."""

    def __init__(self, address: str, token: str | None = TOKEN, tenant: str | None = AU) -> None:
        super().__init__(address, token)
        self.tenant = tenant
        self.holding = True  # each answer is held to the description; many small calls may do without

    def ask(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None, **query: object
    ) -> Answer:
        """One call below /api.xro/2.0/."""
        sent = {"Accept": "application/json", "Content-Type": "application/json"}
        sent |= {"Authorization": f"Bearer {self.token}"} if self.token else {}
        sent |= {"xero-tenant-id": self.tenant} if self.tenant else {}
        asked = ROOT + path + (f"?{urlencode(query, quote_via=quote)}" if query else "")
        data = None if body is None else json.dumps(body).encode()
        answer = self.send(method, asked, data, {**sent, **(headers or {})})
        if self.holding:
            hold(method, asked, answer)
        return answer

    def rows(self, path: str, headers: Mapping[str, str] | None = None, **query: object) -> list[Any]:
        """The records of a list."""
        answer = self.ask("GET", path, None, headers, **query)
        assert answer.status == 200, answer.text
        return answer.json[path.partition("/")[0]]

    def one(self, path: str) -> Any:
        """One record, whole."""
        (row,) = self.rows(path)
        return row

    def made(self, method: str, path: str, body: object, **query: object) -> Any:
        """A single record that was written, as it was answered."""
        answer = self.ask(method, path, body, **query)
        assert answer.status == 200, answer.text
        (row,) = answer.json[path.partition("/")[0] if "Allocations" not in path else "Allocations"]
        return row

    def refused(self, method: str, path: str, body: object, **query: object) -> str:
        """The first sentence of a validation refusal."""
        answer = self.ask(method, path, body, **query)
        assert answer.status == 400, answer.text
        assert answer.json["ErrorNumber"] == 10, answer.text
        assert answer.json["Message"] == "A validation exception occurred"
        return answer.json["Elements"][0]["ValidationErrors"][0]["Message"]

    def token_call(self, path: str = "/connect/token", *, basic: bool = True, **form: str) -> Answer:
        """A form to the sign-in server, as the first app."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if basic:
            headers["Authorization"] = "Basic " + base64.b64encode(f"{APP}:{SECRET}".encode()).decode()
        return self.send("POST", path, urlencode(form).encode(), headers)


def invoice(contact: str, *lines: dict[str, object], **more: object) -> dict[str, object]:
    """A sales invoice as it is sent."""
    return {
        "Type": "ACCREC",
        "Status": "AUTHORISED",
        "Contact": {"ContactID": contact},
        "Date": "2026-11-02",
        "DueDate": "2026-12-02",
        "LineItems": list(lines) or [line(100)],
        **more,
    }


def line(amount: object, **more: object) -> dict[str, object]:
    """A line on the sales account."""
    return {"Description": "Design", "Quantity": 1, "UnitAmount": amount, "AccountCode": "200", **more}
