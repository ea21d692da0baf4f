"""What a staff resource may be."""

from __future__ import annotations

from enum import StrEnum


class StaffKind(StrEnum):
    """One person, or a pool of them that work is planned for before anybody is named. Stored; never renamed."""

    PERSON = "person"
    POOL = "pool"
