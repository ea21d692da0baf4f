"""What commands say: sentences and tables on standard output, progress on standard error, or JSON instead of both."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

WIDEST = 60


def say(text: str = "") -> None:
    """A line for the person."""
    print(text, flush=True)


def complain(text: str) -> None:
    """A line on standard error."""
    print(text, file=sys.stderr, flush=True)


def show_json(value: Mapping[str, Any]) -> None:
    """The whole answer as one JSON object; dates and enumerations as text."""
    print(json.dumps(value, indent=1, ensure_ascii=False, default=str), flush=True)


def show_table(headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Aligned columns; figures to the right."""
    lines = [[_cell(value) for value in row] for row in rows]
    figures = [all(_is_figure(line[i]) for line in lines) for i in range(len(headings))]
    widths = [max(len(text) for text in column) for column in zip(headings, *lines, strict=True)]
    for line in ([*headings], ["-" * width for width in widths], *lines):
        cells = (
            text.rjust(width) if figure else text.ljust(width)
            for text, width, figure in zip(line, widths, figures, strict=True)
        )
        say("  ".join(cells).rstrip())


def show_held(records: Iterable[Mapping[str, Any]]) -> None:
    """The records that wait, each with its whole reason."""
    for place, record in enumerate(records):
        if not place:
            say("\nHeld until somebody or something settles it:")
        say(f"  {record['kind']} “{_cell(record['label'])}”")
        say(f"      {record['reason']}")


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = "" if value is None else " ".join(str(value).split())
    return text if len(text) <= WIDEST else text[: WIDEST - 1] + "…"


def _is_figure(text: str) -> bool:
    return text.replace(",", "").replace(".", "", 1).lstrip("-").isdecimal() or text == ""


class Progress:
    """A bar on standard error while it is a terminal, nothing else otherwise. Use `with`."""

    def __init__(self, what: str, total: int | None = None, *, unit: str = "") -> None:
        self._bar: Any = None
        if sys.stderr.isatty():
            from tqdm import tqdm

            self._bar = tqdm(total=total, desc=what, unit=f" {unit}".rstrip(), file=sys.stderr, leave=False)

    def at(self, done: int, total: int | None = None, what: str | None = None) -> None:
        """Show how far it is."""
        if self._bar is None:
            return
        if total is not None and total != self._bar.total:
            self._bar.total = total
        if what:
            self._bar.set_description(what, refresh=False)
        self._bar.n = done
        self._bar.refresh()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()
