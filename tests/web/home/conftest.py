"""The desk of the pages of connections, for the first page."""

from __future__ import annotations

from tests.web.connect.conftest import desk, rig, tinyplus_address

__all__ = ["desk", "rig", "tinyplus_address"]
