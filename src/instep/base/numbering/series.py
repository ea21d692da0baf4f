"""Taking numbers, looking at the next one, and changing the format."""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction

from instep.base.audit.log import differences, record
from instep.base.identity.actor import Actor
from instep.base.identity.rows import firm_id_of
from instep.base.numbering.models import Series
from instep.kernel.errors import BadValue, NotFound

# One statement locks the row, counts on and answers: whoever comes second waits for the first to commit or roll back.
_TAKE = (
    'UPDATE numbering_series SET "next" = "next" + 1 WHERE firm_id = %s AND "key" = %s '
    'RETURNING prefix, suffix, width, "next" - 1'
)
LARGEST_WIDTH = 12


class OutsideTransaction(RuntimeError):
    """Code took a number outside the transaction of the record that gets it: a mistake of ours."""


def next_number(firm_id: int, key: str) -> str:
    """Take the next number of the series. Gapless: a rollback of the caller's transaction gives it back (T-03).

    Others who want a number of this series wait until the transaction ends, so take it late and commit soon.
    Raises OutsideTransaction without a transaction, NotFound without such a series.
    """
    if not connection.in_atomic_block:
        raise OutsideTransaction(f"number of {key!r} taken outside a transaction")
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [firm_id, key])
        row = cursor.fetchone()
    if row is None:
        raise NotFound(what="number series")
    prefix, suffix, width, counter = row
    return Series(prefix=prefix, suffix=suffix, width=width).number(counter)


def preview_number(firm_id: int, key: str) -> str:
    """What the next number would be now; it is not taken, and somebody else may take it first."""
    series = _series(firm_id, key)
    return series.number(series.next)


def series_of(firm: Any) -> list[Series]:
    """The firm's series by key."""
    return list(Series.objects.of(firm).order_by("key"))


def make_series(
    firm: Any,
    key: str,
    *,
    prefix: str = "",
    suffix: str = "",
    width: int = 4,
    next: int = 1,
) -> Series:
    """The firm's series with this key, made when it is not there yet (an existing one is left as it is)."""
    _check(prefix, suffix, width, next)
    series, _ = Series.objects.get_or_create(
        firm_id=firm_id_of(firm),
        key=key,
        defaults={"prefix": prefix, "suffix": suffix, "width": width, "next": next},
    )
    return series


@transaction.atomic
def change_series(
    key: str,
    *,
    by: Actor,
    prefix: str | None = None,
    suffix: str | None = None,
    width: int | None = None,
    next: int | None = None,
) -> Series:
    """Change the format from the next number on; numbers already given stay. What is None stays (T-03).

    With prefix and suffix as they were, the counter cannot go back: its numbers are given. Raises BadValue, NotAllowed.
    """
    by.must("edit settings")
    series = _series(by.firm_id, key, lock=True)
    before: dict[str, Any] = {
        "prefix": series.prefix,
        "suffix": series.suffix,
        "width": series.width,
        "next": series.next,
    }
    given: dict[str, Any] = {"prefix": prefix, "suffix": suffix, "width": width, "next": next}
    after = {name: before[name] if value is None else value for name, value in given.items()}
    _check(after["prefix"], after["suffix"], after["width"], after["next"])
    same_space = after["prefix"] == series.prefix and after["suffix"] == series.suffix
    if same_space and after["next"] < series.next:
        raise BadValue(
            field="next", problem=f"numbers below {series.next} are already given; choose it or a higher one"
        )
    changes = differences(before, after)
    if changes:
        for name, value in after.items():
            setattr(series, name, value)
        series.save(update_fields=list(changes))
        record("series.changed", by=by, kind="series", record_id=series.pk, changes=changes)
    return series


def _series(firm_id: int, key: str, *, lock: bool = False) -> Series:
    rows = Series.objects.of(firm_id).filter(key=key)
    series = (rows.select_for_update() if lock else rows).first()
    if series is None:
        raise NotFound(what="number series")
    return series


def _check(prefix: str, suffix: str, width: int, counter: int) -> None:
    for name, text in (("prefix", prefix), ("suffix", suffix)):
        if not isinstance(text, str) or len(text) > 20 or not text.isprintable():
            raise BadValue(field=name, problem="give at most 20 printable characters")
    if type(width) is not int or not 1 <= width <= LARGEST_WIDTH:
        raise BadValue(field="width", problem=f"give a whole number from 1 to {LARGEST_WIDTH}")
    if type(counter) is not int or not 1 <= counter < 10**15:
        raise BadValue(field="next", problem="give a whole number from 1 on")
