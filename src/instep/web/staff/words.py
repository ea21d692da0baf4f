"""How staff resources read on pages: the labels of their fields, their history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.utils.translation import gettext as _

from instep.base.settings.vocabulary import Terms
from instep.staff.states import StaffKind
from instep.web.records.history import Sayings
from instep.web.trail.money import figure, rate_field, rate_label


def labels() -> dict[str, str]:
    """{field: its name} for fields and history."""
    return {
        "name": _("Name"),
        "first_name": _("First name"),
        "last_name": _("Last name"),
        "job_title": _("Title"),
        "kind": _("Kind"),
        "email": _("Email"),
        "phone": _("Phone"),
        "mobile": _("Mobile"),
        "user": _("Signs in as"),
        "active": _("Active"),
    }


def kind_choices() -> list[tuple[str, str]]:
    """What a resource may be, in words."""
    return [(StaffKind.PERSON.value, _("Person")), (StaffKind.POOL.value, _("Pool"))]


def sayings(terms: Terms, users: Mapping[int, str], rates: Iterable[str] | None = ()) -> Sayings:
    """How a resource's history reads. `users` are those whose names are known, `rates` the fields of its rates; None
    keeps rates from who may not see them."""
    of_rates = {name: rate_label(name) for name in rates or ()}
    what = {"staff": terms.title("staff")}
    return Sayings(
        events={
            "staff.created": _("%(staff)s created") % what,
            "staff.updated": _("%(staff)s changed") % what,
            "staff.deactivated": _("Made inactive"),
            "staff.activated": _("Made active again"),
            "staff.rate_set": _("Rates set"),
        },
        labels={**labels(), **of_rates},
        values={"kind": dict(kind_choices()), "user": users},
        read=figure,
        skip=lambda field, change: rates is None and rate_field(field) is not None,
    )
