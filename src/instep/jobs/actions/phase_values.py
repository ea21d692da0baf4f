"""The values of a phase: name, fee type and what belongs to it (T-02)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from instep.base.records.ids import is_id
from instep.base.records.outcomes import Draft
from instep.base.records.texts import one_choice, one_text
from instep.jobs.errors import HandlerNeeded, OtherCurrency
from instep.jobs.fees import LARGEST_PERCENT, PERCENT_SCALE, checked_minor, percent_of
from instep.jobs.models import Job, Phase
from instep.jobs.states import FeeType
from instep.kernel.errors import BadValue
from instep.kernel.money import Money
from instep.kernel.records.kinds import FieldType, RecordField
from instep.staff.models import StaffResource
from instep.staff.states import StaffKind

_NAME = RecordField("name", FieldType.TEXT, "Name", max_length=200, required=True)
_FIELDS = frozenset({"name", "fee_type", "fee", "percent", "contract", "handler", "position"})
_HAS_FEE = frozenset({FeeType.FIXED, FeeType.CAPPED})


def settle_phase(draft: Draft[Phase], job: Job) -> None:
    """Check the values given and put them into the draft. Raises BadValue, OtherCurrency, HandlerNeeded."""
    unknown = draft.given.keys() - _FIELDS
    if unknown:
        raise BadValue(field=min(unknown), problem="there is no such field here")
    if "name" in draft.given:
        draft.put("name", one_text(draft.given["name"], _NAME), field_name="name")
    if not draft.value("name"):
        raise BadValue(field="Name", problem="it cannot be empty")
    if "fee_type" in draft.given:
        draft.put("fee_type", one_choice(draft.given["fee_type"], FeeType, "Fee type"), field_name="fee_type")
    if "position" in draft.given:
        draft.put("position", _position(draft.given["position"]), field_name="position")
    if "handler" in draft.given:
        _settle_handler(draft, draft.given["handler"])
    _settle_fee(draft, job)


def _position(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > 1_000_000:
        raise BadValue(field="Position", problem="give a whole number")
    return value


def _settle_handler(draft: Draft[Phase], chosen: Any) -> None:
    if chosen == draft.row.handler_id:
        return
    if chosen is not None:
        rows = StaffResource.objects.of(draft.row.firm_id).filter(active=True, kind=StaffKind.PERSON)
        if not is_id(chosen) or not rows.filter(pk=chosen).exists():
            raise HandlerNeeded()
    draft.put("handler_id", chosen, field_name="handler")


def _settle_fee(draft: Draft[Phase], job: Job) -> None:
    """Each fee type keeps only what belongs to it; a percent fee is worked out here, once."""
    fee_type = FeeType(draft.value("fee_type"))
    given = draft.given
    if given.get("fee") is not None and fee_type not in _HAS_FEE:
        raise BadValue(field="Fee", problem=f"a phase of the type {fee_type} has none of its own")
    if fee_type is not FeeType.PERCENT and (given.get("percent") is not None or given.get("contract") is not None):
        raise BadValue(field="Percent", problem="only a percentage of a contract has one")
    percent = contract = None
    if fee_type is FeeType.PERCENT:
        percent = _percent(given["percent"]) if "percent" in given else draft.value("percent")
        contract = _minor(given["contract"], "Contract", job) if "contract" in given else draft.value("contract_minor")
        fee = None if percent is None or contract is None else percent_of(contract, percent)
    elif fee_type in _HAS_FEE:
        fee = _minor(given["fee"], "Fee", job) if "fee" in given else draft.value("fee_minor")
    else:
        fee = None
    draft.put("percent", percent, field_name="percent")
    draft.put("contract_minor", contract, field_name="contract")
    draft.put("fee_minor", fee, field_name="fee")


def _minor(value: Any, label: str, job: Job) -> int | None:
    if value is None:
        return None
    if not isinstance(value, Money):
        raise BadValue(field=label, problem="give an amount with its currency")
    if value.currency != job.currency:
        raise OtherCurrency(job=job.name, currency=job.currency, given=value.currency)
    return checked_minor(value, label)


def _percent(value: Any) -> int | None:
    """A percentage as a whole number at scale 4."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, Decimal | int) or not Decimal(value).is_finite():
        raise BadValue(field="Percent", problem="give a number, such as 7.5")
    scaled = Decimal(value) * PERCENT_SCALE
    if scaled != scaled.to_integral_value() or not 0 <= scaled <= LARGEST_PERCENT:
        raise BadValue(field="Percent", problem="give 0 to 1000 with at most four decimals")
    return int(scaled)
