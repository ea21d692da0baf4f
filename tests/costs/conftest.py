"""The practice of the billing tests, for time."""

from __future__ import annotations

from tests.billing.conftest import practice

__all__ = ["practice"]
