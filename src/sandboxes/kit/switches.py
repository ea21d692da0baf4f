"""Switches: what the public facts leave open, declared once, set by a person or a test."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from sandboxes.kit.errors import BadInput

Value = bool | int | float | str | None


class Kind(StrEnum):
    """What a switch may be set to."""

    FLAG = "flag"
    WHOLE = "whole"
    WHOLE_OR_NONE = "whole_or_none"
    SECONDS = "seconds"
    CHOICE = "choice"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Switch:
    """One open question of a remote. `check` may refuse a text by raising ValueError with the reason."""

    key: str
    kind: Kind
    default: Value
    meaning: str
    choices: tuple[str, ...] = ()
    check: Callable[[str], object] | None = None

    def read(self, value: object) -> Value:
        """The value from JSON or from a command line. Raises BadInput."""
        match self.kind:
            case Kind.FLAG:
                return self._flag(value)
            case Kind.WHOLE | Kind.WHOLE_OR_NONE:
                return self._whole(value)
            case Kind.SECONDS:
                return self._seconds(value)
            case Kind.CHOICE:
                if value in self.choices:
                    return str(value)
                raise BadInput(f"{self.key} is one of {', '.join(self.choices)}.")
        if not isinstance(value, str):
            raise BadInput(f"{self.key} is text.")
        if self.check is not None:
            try:
                self.check(value)
            except ValueError as problem:
                raise BadInput(f"{self.key}: {problem}") from None
        return value

    def _flag(self, value: object) -> bool:
        if isinstance(value, bool):
            return value
        words = {"on": True, "true": True, "1": True, "off": False, "false": False, "0": False}
        if isinstance(value, str) and value.lower() in words:
            return words[value.lower()]
        raise BadInput(f"{self.key} is on or off.")

    def _whole(self, value: object) -> int | None:
        if self.kind is Kind.WHOLE_OR_NONE and (value is None or value in ("none", "")):
            return None
        if isinstance(value, str) and value.isdecimal() and len(value) < 10:
            value = int(value)
        if isinstance(value, int) and not isinstance(value, bool) and 1 <= value < 10**9:
            return value
        raise BadInput(f"{self.key} is a whole number from 1{', or none' if self.kind is Kind.WHOLE_OR_NONE else ''}.")

    def _seconds(self, value: object) -> float:
        try:
            known = isinstance(value, str | int | float | Decimal) and not isinstance(value, bool)
            number = float(value) if known else -1.0
        except (ValueError, OverflowError):
            number = -1.0
        if not math.isfinite(number) or number < 0:
            raise BadInput(f"{self.key} is a number of seconds, 0 or more.")
        return int(number) if number == int(number) else number


class Switches:
    """The values in force, by key."""

    def __init__(self, declared: Iterable[Switch], start: Mapping[str, object] | None = None) -> None:
        self.declared = {switch.key: switch for switch in declared}
        self._start = self._read(start or {})
        self._values: dict[str, Value] = {}
        self.restart()

    def __getitem__(self, key: str) -> Value:
        return self._values[key]

    def flag(self, key: str) -> bool:
        """The value of a switch that is on or off."""
        return self._values[key] is True

    def restart(self) -> None:
        """Back to the values that the sandbox was started with."""
        self._values = {key: switch.default for key, switch in self.declared.items()} | self._start

    def set(self, values: object) -> dict[str, Value]:
        """Set some switches, all or none of them; returns what was set, as stored. Raises BadInput."""
        if not isinstance(values, Mapping):
            raise BadInput("Switches are a JSON object of name and value.")
        read = self._read(values)
        self._values |= read
        return read

    def all(self) -> dict[str, Value]:
        """Every switch with its value."""
        return dict(self._values)

    def _read(self, values: Mapping[str, object]) -> dict[str, Value]:
        unknown = [key for key in values if key not in self.declared]
        if unknown:
            raise BadInput(f"No switch is called {', '.join(map(str, unknown))}. Known: {', '.join(self.declared)}.")
        return {key: self.declared[key].read(value) for key, value in values.items()}
