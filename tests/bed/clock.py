"""A clock that only tests move, for the engine and the remote alike: no history ever waits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

from django.utils import timezone

from instep.connect import calls

BEGINNING = datetime(2026, 3, 2, 9, tzinfo=UTC)


@dataclass
class VirtualClock:
    """The one time of a history."""

    moment: datetime = BEGINNING

    def now(self) -> datetime:
        return self.moment

    def advance(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Everybody who asks what time it is, is told this one; an answer takes the time that the remote says."""
        with patch.object(timezone, "now", self.now), patch.object(calls, "monotonic", self._seconds):
            yield

    def _seconds(self) -> float:
        return (self.moment - BEGINNING).total_seconds()
