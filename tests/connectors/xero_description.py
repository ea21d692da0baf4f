"""What a request must be by Xero's own description (OpenAPI), where the folder of outside data has it."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import yaml

from instep.connect.protocols import Request

BASE = "/api.xro/2.0/"
SHARED = Path(os.environ.get("INSTEP_SHARED") or Path(__file__).resolve().parents[3] / "shared")
DESCRIPTION = SHARED / "remotes" / "specs" / "xero_accounting_trimmed.yaml"


def described() -> Mapping[str, Any]:
    """The description; skips the test where there is none."""
    if not DESCRIPTION.exists():
        pytest.skip(f"no {DESCRIPTION.name}: set INSTEP_SHARED")
    return _loaded()


@cache
def _loaded() -> Mapping[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    with DESCRIPTION.open("rb") as text:
        return dict(yaml.load(text, loader))


@cache
def _validator() -> Any:
    from openapi_core import Config, OpenAPI

    return OpenAPI.from_dict(_loaded(), config=Config(spec_validator_cls=None))


def faults(request: Request) -> list[str]:
    """What the description has against a signed request: its address, parameters and body, and fields that it does not
    know or that are not ours to write."""
    from openapi_core.exceptions import OpenAPIError
    from openapi_core.testing import MockRequest

    description = described()
    assert not request.address, "only the accounting API is described"
    call = MockRequest(
        "https://api.xero.com",
        request.method.lower(),
        BASE + unquote(request.path),
        args=dict(request.query),
        headers=dict(request.headers),
        data=request.body,
        content_type="application/json",
    )
    found = []
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Unsupported scheme type")
            _validator().validate_request(call)
    except OpenAPIError as error:
        found.append(f"{error}: {error.__cause__}")
    return [*found, *_unknown_parameters(description, request), *_not_ours(description, request)]


def _operation(description: Mapping[str, Any], request: Request) -> Mapping[str, Any]:
    asked = (BASE + request.path).split("/")
    for path, item in description["paths"].items():
        parts = path.split("/")
        fits = len(parts) == len(asked) and all(p == a or p[:1] == "{" for p, a in zip(parts, asked, strict=True))
        if fits and request.method.lower() in item:
            return dict(item[request.method.lower()])
    return {}


def _unknown_parameters(description: Mapping[str, Any], request: Request) -> Iterator[str]:
    operation = _operation(description, request)
    known = {p.get("name") or _target(description, p)["name"] for p in operation.get("parameters", ())}
    yield from (f"query {name} is not described" for name, _ in request.query if name not in known)
    special = [name for name, _ in request.headers if name in ("If-Modified-Since", "Idempotency-Key")]
    yield from (f"header {name} is not described" for name in special if name not in known)


def _not_ours(description: Mapping[str, Any], request: Request) -> Iterator[str]:
    if request.body is None:
        return
    content = _operation(description, request)["requestBody"]["content"]["application/json"]["schema"]
    yield from _walk(description, content, json.loads(request.body), "body")


def _walk(description: Mapping[str, Any], schema: Mapping[str, Any], value: Any, where: str) -> Iterator[str]:
    schema = _target(description, schema)
    if isinstance(value, list):
        for each in value:
            yield from _walk(description, schema["items"], each, where)
    elif isinstance(value, dict):
        for name, inner in value.items():
            known = schema.get("properties", {}).get(name)
            if known is None or known.get("readOnly"):
                yield f"{where}.{name} is {'read only' if known else 'not described'}"
            else:
                yield from _walk(description, known, inner, f"{where}.{name}")


def _target(description: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in schema:
        return schema
    found: Any = description
    for part in schema["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return dict(found)
