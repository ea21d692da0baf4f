"""Fingerprints: one text and one hash for equal values, whatever the order of their keys."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID


def _plain(value: Any) -> Any:
    """What JSON has no word for. Decimals keep their digits as text, so no amount passes through binary."""
    if isinstance(value, Decimal | UUID):
        return str(value)
    if isinstance(value, date):  # a datetime is a date too
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no canonical JSON")


# ASCII only: a lone surrogate, which some remotes do send, has an escape but no UTF-8.
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False, default=_plain)


def canonical_json(obj: Any) -> str:
    """Compact ASCII JSON with sorted keys; equal values give equal text, and a list and a tuple are equal.

    Raises TypeError for a type without a form (sets, objects), ValueError for NaN and infinities.
    """
    return _ENCODER.encode(obj)


def fingerprint(obj: Any) -> str:
    """SHA-256 of the canonical JSON, 64 hexadecimal digits. Raises what `canonical_json` raises."""
    return hashlib.sha256(_ENCODER.encode(obj).encode("ascii")).hexdigest()
