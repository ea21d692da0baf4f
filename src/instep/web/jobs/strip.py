"""The money of a job on its page: the area of billing hands in what it shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from instep.jobs.queries import JobDetails
from instep.web.shell.request import FirmRequest

Strip = Callable[[FirmRequest, JobDetails], dict[str, Any] | None]
_strips: list[Strip] = []


def set_strip(strip: Strip) -> Strip:
    """Use this function for the strip of money; None from it shows none."""
    _strips[:] = [strip]
    return strip


def strip_of(request: FirmRequest, found: JobDetails) -> dict[str, Any] | None:
    """The strip of this job as the person may see it."""
    return _strips[0](request, found) if _strips else None
