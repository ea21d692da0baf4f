"""Accounts, their tokens, and how a record looks on the wire."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from sandboxes.kit.encode import encode
from sandboxes.kit.errors import BadInput
from sandboxes.tinyplus.fields import RESOURCES, Resource, Type
from sandboxes.tinyplus.switches import zone
from sandboxes.tinyplus.tables import Row, Table, Values


@dataclass(frozen=True, slots=True)
class Token:
    """What a client sends in `Authorization`; `member` is the team member behind it, `expires` a time."""

    text: str
    account: str
    scope: str
    member: int | None = None
    expires: float | None = None


@dataclass(slots=True)
class Account:
    """One customer of tiny+, apart from all others."""

    key: str
    name: str
    currency: str = "AUD"
    project_types: tuple[str, ...] = ()
    phases: dict[str, tuple[str, ...]] = field(default_factory=dict)
    tables: dict[str, Table] = field(default_factory=lambda: {name: Table(res) for name, res in RESOURCES.items()})
    version: int = 0  # counts every change of any record
    asked: deque[float] = field(default_factory=deque)  # when it called within the last minute

    def person(self) -> int | None:
        """The team member who edits on the pages: the first active one, else the first."""
        team = self.tables["team-members"].rows
        active = [number for number, row in team.items() if row.values["record_status"] == "active"]
        return min(active or team, default=None)

    def settings(self) -> dict[str, object]:
        """What a seed and the data file say of it, without records and tokens."""
        return {
            "key": self.key,
            "name": self.name,
            "currency": self.currency,
            "project_types": self.project_types,
            "phases": self.phases,
        }


class Wire:
    """Writes records and times as a client sees them; made anew when the zone or the address changes."""

    def __init__(self, zone_name: str, address: str) -> None:
        self._zone = zone(zone_name)
        self._address = address

    def time(self, seconds: int) -> str:
        """`YYYY-MM-DD hh:mm:ss` in the account's zone."""
        return datetime.fromtimestamp(seconds, self._zone).isoformat(" ")[:19]

    def seconds(self, text: str) -> int:
        """The reverse. Raises BadInput. An hour that comes twice in autumn is read as the first one."""
        try:
            if len(text) == 19 and text.isascii():
                return int(datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=self._zone).timestamp())
        except (ValueError, OverflowError):
            pass
        raise BadInput(f"{text!r} is not a time written as YYYY-MM-DD hh:mm:ss.")

    def values(self, account: Account, resource: Resource, row: Row) -> Values:
        """The record as it is answered, without `related`."""
        shown: Values = {}
        for spec in resource.fields:
            value: Any = row.values.get(spec.name)
            if spec.type is Type.TIME:
                value = self.time(value)
            elif spec.name == "record_url":
                value = self.page(account.key, resource, row.id)
            shown[spec.name] = value
        return shown

    def text(self, account: Account, resource: Resource, row: Row, *, related: bool) -> str:
        """The record as JSON; the part that does not depend on other records is kept."""
        if row.text is None:
            row.text = encode(self.values(account, resource, row))
        if not related:
            return row.text
        return f'{row.text[:-1]},"related":{encode(_related(account, resource, row))}}}'

    def page(self, account: str, resource: Resource, number: int) -> str:
        """The address of a record's own page."""
        return f"{self._address}/app/{quote(account, safe='')}/{resource.section}/{number}"


def _related(account: Account, resource: Resource, row: Row) -> dict[str, object]:
    """The records that this one points to, by field: number and name. No page tells the real shape."""
    related: dict[str, object] = {}
    for spec in resource.fields:
        number = row.values.get(spec.name) if spec.to else None
        if spec.to and isinstance(number, int):
            there = account.tables[spec.to].rows.get(number)
            if there is not None:
                related[spec.name] = {"id": number, "name": there.values["name"]}
    return related


def stored(values: Values) -> dict[str, object]:
    """A row's values as the data file keeps them: decimals as text, for exactness."""
    return {key: str(value) if isinstance(value, Decimal) else value for key, value in values.items()}


def unstored(resource: Resource, values: dict[str, object]) -> Values:
    """The reverse of `stored`; fields that the file does not know yet are empty."""
    row: Values = {spec.name: spec.default for spec in resource.fields if spec.name != "record_url"}
    for spec in resource.fields:
        if spec.name in values:
            value = values[spec.name]
            row[spec.name] = Decimal(value) if spec.type is Type.DECIMAL and isinstance(value, str) else value
    return row
