"""Writing, changing and removing single lines of a draft."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db import transaction

from instep.base.identity.actor import Actor
from instep.base.identity.queries import firm_of
from instep.base.records.texts import one_text
from instep.billing.actions.desk import lock_draft, one_of, store_draft
from instep.billing.documents.copies import Copies
from instep.billing.errors import NoSuchPhase
from instep.billing.models import Document, Line, Tick
from instep.billing.models.documents import SCALE
from instep.billing.states import LineKind
from instep.jobs.models import Phase
from instep.kernel.errors import BadValue
from instep.kernel.money import Money
from instep.kernel.records.kinds import FieldType, RecordField

DESCRIPTION = RecordField("description", FieldType.MULTILINE, "Description", max_length=4000)
_UNIT = RecordField("unit", FieldType.TEXT, "Unit", max_length=20)
_CODE = RecordField("tax_code", FieldType.TEXT, "Tax code", max_length=40)
_LARGEST = 10**15
_CHANGEABLE = frozenset({"description", "quantity", "price", "unit", "tax_code", "tax_percent", "position"})


@transaction.atomic
def add_line(
    document_id: int,
    *,
    by: Actor,
    description: str,
    price: Decimal | Money,
    quantity: Decimal | int = 1,
    unit: str = "",
    phase: int | None = None,
    tax_code: str | None = None,
    tax_percent: Decimal | int | None = None,
    expected_version: int | None = None,
) -> Line:
    """Add a line that a person wrote: quantity x price (currency units for one, at most four decimals; holding the tax
    where the document's prices do). With `phase` it counts as billed there; the tax is the firm's usual one unless
    given. Raises NotAllowed, NotFound, StaleVersion, NotADraft, BadValue, NoSuchPhase.
    """
    document, lines = lock_draft(document_id, by, expected_version)
    copies = Copies(firm_of(by.firm_id))
    line = Line(firm_id=by.firm_id, document=document, kind=LineKind.OTHER.value, position=next_position(lines))
    line.tax_code, line.tax_rate = copies.tax_code, copies.tax_rate
    if phase is not None:
        found = Phase.objects.of(by.firm_id).select_related("job").filter(pk=phase).first()
        if found is None or found.job.client_id != document.client_id:
            raise NoSuchPhase(client=document.client_name)
        line.phase, line.job = found, found.job
    given = {"description": description, "price": price, "quantity": quantity, "unit": unit}
    given |= {"tax_code": tax_code} if tax_code is not None else {}
    given |= {"tax_percent": tax_percent} if tax_percent is not None else {}
    _apply(document, line, given)
    line.save(force_insert=True)
    store_draft(document, [*lines, line], "line_added", {f"line {line.position}": [None, line.description]}, by=by)
    return line


@transaction.atomic
def change_line(
    document_id: int, line_id: int, *, by: Actor, changes: Mapping[str, Any], expected_version: int | None = None
) -> Line:
    """Change the fields given of a line of a draft: description, quantity, price, unit, tax_code, tax_percent (10 is
    10 %), position (1 is the first). A price or quantity by hand stays when more time is ticked: costs at actual, bill
    as agreed. Raises NotAllowed, NotFound, StaleVersion (the document's version), NotADraft, BadValue.
    """
    document, lines = lock_draft(document_id, by, expected_version)
    line = one_of(lines, line_id)
    unknown = changes.keys() - _CHANGEABLE
    if unknown:
        raise BadValue(field=min(unknown), problem="a line has no such field that could be changed")
    before = {
        name: getattr(line, name) for name in ("description", "quantity", "price", "unit", "tax_code", "tax_rate")
    }
    _apply(document, line, changes)
    if {"quantity", "price"} & changes.keys():
        line.agreed = True
    if "position" in changes:
        lines = _moved(lines, line, changes["position"])
    line.save(update_fields=["description", "tax_code", "tax_rate"])
    noted = {
        f"line {line.position} {name}": [old, getattr(line, name)]
        for name, old in before.items()
        if old != getattr(line, name)
    }
    store_draft(document, lines, "line_changed", noted, by=by)
    return line


@transaction.atomic
def remove_line(document_id: int, line_id: int, *, by: Actor, expected_version: int | None = None) -> Document:
    """Take a line off a draft; the costs ticked to it are free again. Raises what `change_line` does."""
    document, lines = lock_draft(document_id, by, expected_version)
    line = one_of(lines, line_id)
    Tick.objects.of(by.firm_id).filter(line=line).delete()
    noted = {f"line {line.position}": [line.description, None]}
    left = [other for other in lines if other is not line]
    line.delete()
    return store_draft(document, left, "line_removed", noted, by=by)


def next_position(lines: list[Line]) -> int:
    """Behind the last line."""
    return max((line.position for line in lines), default=0) + 1


def scaled(value: Any, label: str) -> int:
    """A number as a whole one at scale 4. Raises BadValue."""
    if isinstance(value, bool) or not isinstance(value, Decimal | int) or not Decimal(value).is_finite():
        raise BadValue(field=label, problem="give a number, such as 12.50")
    whole = Decimal(value) * SCALE
    if whole != whole.to_integral_value() or abs(whole) > _LARGEST:
        raise BadValue(field=label, problem="give a number of a sensible size with at most four decimals")
    return int(whole)


def _apply(document: Document, line: Line, given: Mapping[str, Any]) -> None:
    for name, field in (("description", DESCRIPTION), ("unit", _UNIT), ("tax_code", _CODE)):
        if name in given:
            setattr(line, name, one_text(given[name], field))
    if "quantity" in given:
        line.quantity = scaled(given["quantity"], "Quantity")
    if "price" in given:
        price = given["price"]
        if isinstance(price, Money):
            if price.currency != document.currency:
                raise BadValue(field="Price", problem=f"give it in {document.currency}")
            price = price.amount
        line.price = scaled(price, "Price")
    if "tax_percent" in given:
        line.tax_rate = scaled(given["tax_percent"], "Tax rate")
        if not 0 <= line.tax_rate <= 1000 * SCALE:
            raise BadValue(field="Tax rate", problem="give 0 to 1000 percent")


def _moved(lines: list[Line], line: Line, position: Any) -> list[Line]:
    """The lines with this one at the place wanted, positions behind all those in use: no two are ever alike."""
    if not isinstance(position, int) or isinstance(position, bool) or not 1 <= position <= len(lines):
        raise BadValue(field="Position", problem=f"give 1 to {len(lines)}")
    others = [other for other in lines if other is not line]
    others.insert(position - 1, line)
    start = next_position(lines)
    for at, other in enumerate(others):
        other.position = start + at
        other.save(update_fields=["position"])
    return others
