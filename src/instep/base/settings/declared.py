"""Declaring settings in code, reading and changing them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import transaction

from instep.base.audit.log import record
from instep.base.identity.actor import Actor
from instep.base.identity.rows import firm_id_of
from instep.base.settings.models import FirmSetting
from instep.kernel.errors import BadValue

T = TypeVar("T", bool, int, str, list, dict)


@dataclass(frozen=True)
class Setting(Generic[T]):
    """A setting: its key ("jobs.quote_time"), JSON type, default, label for people.

    `choices` limits the values; `problem` says what is wrong with a value, or None.
    """

    key: str
    type: type[T]
    default: T
    label: str
    choices: tuple[T, ...] = ()
    problem: Callable[[T], str | None] | None = None

    def check(self, value: Any) -> T:
        """The value, when the setting can hold it; BadValue otherwise."""
        # Not isinstance: True must not pass for a number.
        if type(value) is not self.type:
            raise BadValue(field=self.label, problem=f"give a {_NAMES[self.type]}")
        if self.choices and value not in self.choices:
            raise BadValue(field=self.label, problem=f"choose one of {', '.join(str(c) for c in self.choices)}")
        said = self.problem(value) if self.problem else None
        if said:
            raise BadValue(field=self.label, problem=said)
        return value


_NAMES: dict[type, str] = {bool: "yes or no", int: "whole number", str: "text", list: "list", dict: "set of values"}
_declared: dict[str, Setting[Any]] = {}


def declare(setting: Setting[T]) -> Setting[T]:
    """Enter a setting in the list that the settings page shows. One declaration a key."""
    if setting.key in _declared and _declared[setting.key] != setting:
        raise ValueError(f"setting {setting.key!r} is declared twice")
    setting.check(setting.default)
    _declared[setting.key] = setting
    return setting


def declared_settings() -> list[Setting[Any]]:
    """All declared settings by key."""
    return [_declared[key] for key in sorted(_declared)]


def get_setting(firm: Any, setting: Setting[T]) -> T:
    """The firm's value, else the default. One query."""
    return get_settings(firm, [setting])[setting.key]


def get_settings(firm: Any, settings: Iterable[Setting[Any]]) -> dict[str, Any]:
    """{key: value} of several settings in one query. A stored value that no longer fits counts as not set."""
    wanted = {setting.key: setting for setting in settings}
    values = {key: setting.default for key, setting in wanted.items()}
    for row in FirmSetting.objects.of(firm).filter(key__in=list(wanted)):
        try:
            values[row.key] = wanted[row.key].check(row.value)
        except BadValue:
            continue
    return values


@transaction.atomic
def set_setting(setting: Setting[T], value: T, *, by: Actor) -> None:
    """Change the setting in the actor's firm. Raises NotAllowed ("edit settings") and BadValue. Same value: nothing."""
    by.must("edit settings")
    setting.check(value)
    old = get_setting(by.firm_id, setting)
    if old == value:
        return
    row, _ = FirmSetting.objects.update_or_create(
        firm_id=firm_id_of(by.firm_id), key=setting.key, defaults={"value": value}
    )
    record("setting.changed", by=by, kind="setting", record_id=row.pk, changes={setting.key: [old, value]})
