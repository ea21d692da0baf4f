"""Pages of rows that are no table: filters and keyset paging, with the address as the state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from instep.base.paging import keyset
from instep.kernel.errors import BadValue
from instep.web.shell.request import FirmRequest

ROWS = "rows"
"""The element that a filter or a page swaps in."""


@dataclass(frozen=True)
class Paged:
    """One page of rows and where its neighbours are."""

    rows: list[Any]
    next_url: str = ""
    previous_url: str = ""
    first_url: str = ""
    here: str = ""


def paged(request: FirmRequest, rows: Any, order: Sequence[str], size: int = 50) -> Paged:
    """The page that the address asks for; one query. An old or foreign token means the first page."""
    try:
        page = keyset(rows, order, request.GET.get("page"), size)
    except BadValue:
        page = keyset(rows, order, None, size)
    return Paged(
        rows=page.rows,
        next_url=address(request, page=page.next_token) if page.next_token else "",
        previous_url=address(request, page=page.previous_token) if page.previous_token else "",
        first_url=address(request, page=""),
        here=address(request, page=request.GET.get("page", "")),
    )


def address(request: FirmRequest, **changes: str) -> str:
    """This page's address with changes; empty ones fall out, and so does the page one was on."""
    state = {key: value for key, value in request.GET.items() if key != "page"}
    said = urlencode({key: value for key, value in {**state, **changes}.items() if value})
    return f"{request.path}?{said}" if said else request.path


def choice(request: FirmRequest, key: str, label: Any, choices: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """A filter as the template prints it; a value that is none of the choices counts as none."""
    said = request.GET.get(key, "")
    chosen = said if said in {value for value, _ in choices} else ""
    return {"key": key, "label": label, "choices": list(choices), "chosen": chosen}


def only_rows(request: FirmRequest) -> bool:
    """Whether htmx asks for the rows alone."""
    htmx = request.htmx
    return bool(htmx) and htmx.target == ROWS and not htmx.history_restore_request
