"""JSON as it goes over the wire: exact decimals out, strict UTF-8 objects in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from json.encoder import encode_basestring as quoted
from typing import NoReturn

from sandboxes.kit.errors import BadInput


def encode(value: object) -> str:
    """JSON text. A Decimal becomes a number with exactly its digits (no trailing zeros, no exponent)."""
    # The commonest types stand first: this runs for every field of every record.
    if value is None:
        return "null"
    if type(value) is str:
        return quoted(value)
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, Mapping):
        return "{" + ",".join([f"{quoted(str(key))}:{encode(item)}" for key, item in value.items()]) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join([encode(item) for item in value]) + "]"
    if isinstance(value, Decimal):
        return decimal_text(value)
    if isinstance(value, str):
        return quoted(str(value))
    return json.dumps(value, allow_nan=False)


def decimal_text(value: Decimal) -> str:
    """The digits of a decimal without trailing zeros: 1200, 0.5, -3.25."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"", "-0"} else text


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def decode(body: bytes) -> object:
    """Any JSON value in UTF-8, decimals kept exact. Raises BadInput."""
    try:
        return json.loads(body.decode("utf-8"), parse_float=Decimal, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise BadInput("The body is not JSON in UTF-8.") from None


def decode_object(body: bytes) -> dict[str, object]:
    """A JSON object in UTF-8. Raises BadInput for anything else."""
    value = decode(body)
    if not isinstance(value, dict):
        raise BadInput("The body is not a JSON object.")
    return value
