"""The filter language of lists: `where` read into a test of a record; what it does not know is refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sandboxes.xero import reading
from sandboxes.xero.books import Books, fold
from sandboxes.xero.problems import query
from sandboxes.xero.store import Record


class Type(StrEnum):
    """What a value of an expression is; only values of one type are compared."""

    TEXT = "text"
    NUMBER = "number"
    TIME = "time"
    GUID = "guid"
    FLAG = "flag"
    NOTHING = "null"


Get = Callable[[Books, Record], Any]
Fields = dict[str, tuple[Type, Get]]
Value = tuple[Type, Get]
Test = Callable[[Books, Record], bool]

DEEPEST = 40
_TOKEN = re.compile(
    r'\s*(?:(?P<text>"(?:[^"\\]|\\.)*")|(?P<number>\d+(?:\.\d+)?[mMdDfF]?)|(?P<name>[A-Za-z_][A-Za-z0-9_]*)'
    r"|(?P<sign>==|!=|<>|<=|>=|&&|\|\||[<>=().,!-]))"
)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": lambda one, other: one == other,
    "=": lambda one, other: one == other,
    "!=": lambda one, other: one != other,
    "<>": lambda one, other: one != other,
    "<": lambda one, other: one is not None and other is not None and one < other,
    ">": lambda one, other: one is not None and other is not None and one > other,
    "<=": lambda one, other: one is not None and other is not None and one <= other,
    ">=": lambda one, other: one is not None and other is not None and one >= other,
}
_METHODS: dict[str, Callable[[str, str], bool]] = {
    "contains": lambda text, part: part in text,
    "startswith": str.startswith,
    "endswith": str.endswith,
}
_CHANGES = ("tolower", "toupper", "trim", "tostring")


def parse(expression: str, fields: Fields) -> Test:
    """The expression as a test. Raises Answered (400) for anything that cannot be read."""
    if len(expression) > 10_000:
        raise query("The where expression is too long.")
    return _Parser(expression, fields).whole()


class _Parser:
    def __init__(self, expression: str, fields: Fields) -> None:
        self._fields = fields
        self._tokens = _tokens(expression)
        self._at = 0
        self._depth = 0

    def whole(self) -> Test:
        test = self._either()
        if self._at < len(self._tokens):
            raise query(f"'{self._tokens[self._at][1]}' was not expected in the where expression.")
        return test

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("end", "the end")

    def _take(self, *signs: str) -> str | None:
        kind, text = self._peek()
        if kind in ("sign", "name") and text.lower() in signs:
            self._at += 1
            return text.lower()
        return None

    def _must(self, sign: str) -> None:
        if not self._take(sign):
            raise query(f"'{sign}' was expected before '{self._peek()[1]}' in the where expression.")

    def _either(self) -> Test:
        tests = [self._both()]
        while self._take("or", "||"):
            tests.append(self._both())
        return tests[0] if len(tests) == 1 else lambda books, row: any(test(books, row) for test in tests)

    def _both(self) -> Test:
        tests = [self._not()]
        while self._take("and", "&&"):
            tests.append(self._not())
        return tests[0] if len(tests) == 1 else lambda books, row: all(test(books, row) for test in tests)

    def _not(self) -> Test:
        negated = bool(self._take("!", "not"))
        if not negated and not self._take("("):
            return self._comparison()
        self._depth += 1
        if self._depth > DEEPEST:
            raise query("The where expression has too many brackets.")
        inner = self._not() if negated else self._either()
        if not negated:
            self._must(")")
        self._depth -= 1
        return (lambda books, row: not inner(books, row)) if negated else inner

    def _comparison(self) -> Test:
        kind, get = self._value()
        sign = self._take(*_COMPARE)
        if sign is None:
            if kind is not Type.FLAG:
                raise query("A where expression must be true or false.")
            return lambda books, row: bool(get(books, row))
        other_kind, other = self._value()
        if kind is not other_kind and Type.NOTHING not in (kind, other_kind):
            raise query(f"Operator '{sign}' incompatible with operand types '{kind}' and '{other_kind}'.")
        if kind in (Type.FLAG, Type.GUID) and sign not in ("==", "=", "!=", "<>"):
            raise query(f"Operator '{sign}' cannot compare a {kind}.")
        compare = _COMPARE[sign]
        if kind is Type.TEXT and other_kind is Type.TEXT:
            return lambda books, row: compare(_folded(get(books, row)), _folded(other(books, row)))
        return lambda books, row: compare(get(books, row), other(books, row))

    def _value(self) -> Value:
        kind, text = self._peek()
        self._at += 1
        if kind == "text":
            plain = re.sub(r"\\(.)", r"\1", text[1:-1])
            return self._methods((Type.TEXT, lambda books, row: plain))
        if kind == "number" or (text == "-" and self._peek()[0] == "number"):
            sign = -1 if text == "-" else 1
            if sign < 0:
                text = self._peek()[1]
                self._at += 1
            number = sign * Decimal(text.rstrip("mMdDfF"))
            return Type.NUMBER, lambda books, row: number
        if kind != "name":
            raise query(f"A value was expected instead of '{text}' in the where expression.")
        word = text.lower()
        if word in ("true", "false"):
            return Type.FLAG, lambda books, row: word == "true"
        if word == "null":
            return Type.NOTHING, lambda books, row: None
        if word == "guid":
            return self._guid()
        if word == "datetime":
            return self._time()
        return self._field(text)

    def _string(self) -> str:
        kind, text = self._peek()
        if kind != "text":
            raise query(f"A text was expected instead of '{text}' in the where expression.")
        self._at += 1
        return re.sub(r"\\(.)", r"\1", text[1:-1])

    def _guid(self) -> Value:
        if self._take("."):
            self._must("parse")
        self._must("(")
        found = reading.guid(self._string())
        self._must(")")
        if found is None:
            raise query("A Guid of the where expression is none.")
        return Type.GUID, lambda books, row: found

    def _time(self) -> Value:
        if self._take("."):
            self._must("parse")
            self._must("(")
            text = self._string()
            parts = None
        else:
            self._must("(")
            text, parts = "", self._numbers()
        self._must(")")
        try:
            at = datetime(*parts, tzinfo=UTC) if parts else datetime.fromisoformat(text)  # type: ignore[misc]
        except (ValueError, TypeError, OverflowError):
            raise query("A DateTime of the where expression is none.") from None
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        milliseconds = int(at.timestamp() * 1000)
        return Type.TIME, lambda books, row: milliseconds

    def _numbers(self) -> list[int]:
        numbers: list[int] = []
        while True:
            kind, text = self._peek()
            if kind != "number" or not text.isdecimal():
                raise query("DateTime takes whole numbers: year, month, day.")
            self._at += 1
            numbers.append(int(text))
            if not self._take(","):
                return numbers

    def _field(self, name: str) -> Value:
        path, at = name, self._at
        while self._take("."):
            kind, text = self._peek()
            if kind != "name":
                raise query(f"A name was expected after '{path}.' in the where expression.")
            if text.lower() in (*_METHODS, *_CHANGES, "value", "hasvalue"):
                self._at = at
                break
            self._at += 1
            path, at = f"{path}.{text}", self._at
        if path not in self._fields:
            raise query(f"No property or field '{path}' exists in this type.")
        return self._methods(self._fields[path])

    def _methods(self, value: Value) -> Value:
        kind, get = value
        while self._take("."):
            name = self._peek()[1].lower()
            self._at += 1
            if name == "value":
                continue
            if name == "hasvalue":
                return Type.FLAG, lambda books, row: get(books, row) is not None
            if kind is not Type.TEXT or name not in (*_METHODS, *_CHANGES):
                raise query(f"No applicable method '{name}' exists in this type.")
            self._must("(")
            if name in _CHANGES:
                self._must(")")
                continue  # comparisons do not regard case
            part = fold(self._string())
            self._must(")")
            return Type.FLAG, _asked(get, _METHODS[name], part)
        return kind, get


def _asked(get: Get, method: Callable[[str, str], bool], part: str) -> Get:
    return lambda books, row: method(_folded(get(books, row)) or "", part)


def _folded(value: str | None) -> str | None:
    return fold(value) if value else None


def _tokens(expression: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    at, end = 0, len(expression.rstrip())
    while at < end:
        found = _TOKEN.match(expression, at)
        if found is None:
            raise query(f"'{expression[at:].strip()[:20]}' cannot be read in the where expression.")
        kind = str(found.lastgroup)
        tokens.append((kind, found[kind]))
        at = found.end()
    if not tokens:
        raise query("The where expression is empty.")
    return tokens
