"""Making a firm and changing what it says about itself."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any
from zoneinfo import available_timezones

from django.db import IntegrityError, transaction
from django.utils import timezone

from instep.base.audit.log import differences, record
from instep.base.identity.actor import Actor
from instep.base.identity.errors import FirmKeyTaken
from instep.base.identity.models import Firm
from instep.base.numbering.series import make_series
from instep.base.settings.vocabulary import PACKS
from instep.kernel.errors import BadValue

# The series that every firm starts with; floors above may make more of their own.
FIRST_SERIES: dict[str, dict[str, Any]] = {
    "job": {"prefix": "J", "width": 4},
    "project": {"prefix": "P", "width": 4},
    "client": {"prefix": "C", "width": 4},
}
_CHANGEABLE = frozenset({"name", "country", "zone", "phone_region", "vocabulary"})
_PATTERNS = {
    "key": (re.compile(r"[a-z0-9]+(-[a-z0-9]+)*"), "give lower case letters, digits and single hyphens"),
    "currency": (re.compile(r"[A-Z]{3}"), "give a code of three letters, such as AUD"),
    "country": (re.compile(r"[A-Z]{2}"), "give a code of two letters, such as AU"),
    "phone_region": (re.compile(r"[A-Z]{2}"), "give a code of two letters, such as AU"),
}


@transaction.atomic
def create_firm(
    *,
    key: str,
    name: str,
    currency: str = "AUD",
    country: str = "AU",
    zone: str = "Australia/Melbourne",
    phone_region: str | None = None,
    vocabulary: str = "architecture",
    series: Mapping[str, Mapping[str, Any]] | None = None,
    by_name: str = "set-up",
    now: dt.datetime | None = None,
) -> Firm:
    """A new firm with its first number series. Defaults of floors above (job statuses and so on) are theirs to make.

    `phone_region` defaults to the country. Raises BadValue, FirmKeyTaken.
    """
    moment = now or timezone.now()
    values = {
        "key": key,
        "name": name.strip() if isinstance(name, str) else name,
        "currency": currency,
        "country": country,
        "zone": zone,
        "phone_region": phone_region or country,
        "vocabulary": vocabulary,
    }
    _check(values)
    try:
        with transaction.atomic():
            firm = Firm.objects.create(**values, created_at=moment)
    except IntegrityError:
        raise FirmKeyTaken(key=key) from None
    for series_key, form in (FIRST_SERIES if series is None else series).items():
        make_series(firm, series_key, **form)
    by = Actor.system(firm, by_name)
    changes = differences({}, values)
    record("firm.created", by=by, kind="firm", record_id=firm.pk, changes=changes, now=moment)
    return firm


@transaction.atomic
def change_firm(firm: Firm, *, by: Actor, now: dt.datetime | None = None, **values: str) -> Firm:
    """Change name, country, zone, phone_region or vocabulary. The currency stays: amounts are stored in it."""
    by.must("edit settings")
    locked = Firm.objects.select_for_update().get(pk=by.firm_id)
    if firm.pk != locked.pk or not set(values) <= _CHANGEABLE:
        raise BadValue(field="firm", problem=f"only these can change: {', '.join(sorted(_CHANGEABLE))}")
    _check(values)
    changes = differences({name: getattr(locked, name) for name in values}, values)
    if changes:
        for name in changes:
            setattr(locked, name, values[name])
        locked.save(update_fields=list(changes))
        record("firm.changed", by=by, kind="firm", record_id=locked.pk, changes=changes, now=now)
    return locked


def _check(values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        if not isinstance(value, str) or not value or len(value) > (60 if name == "key" else 200):
            raise BadValue(field=name, problem="give a text that is not empty and not too long")
        pattern, problem = _PATTERNS.get(name, (None, ""))
        if pattern and not pattern.fullmatch(value):
            raise BadValue(field=name, problem=problem)
    if "zone" in values and values["zone"] not in available_timezones():
        raise BadValue(field="zone", problem="give a time zone such as Australia/Melbourne")
    if "vocabulary" in values and values["vocabulary"] not in PACKS:
        raise BadValue(field="vocabulary", problem=f"choose one of {', '.join(sorted(PACKS))}")
