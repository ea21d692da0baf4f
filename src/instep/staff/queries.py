"""Questions about staff resources."""

from __future__ import annotations

from instep.base.identity.rows import FirmQuerySet
from instep.base.paging import Page, keyset
from instep.base.records.words import matching
from instep.staff.models import StaffResource, StaffWord
from instep.staff.states import StaffKind

STAFF_ORDER = ("sort_name",)


def staff_list(
    firm_id: int, *, search: str = "", active: bool | None = True, kind: StaffKind | None = None
) -> FirmQuerySet[StaffResource]:
    """The firm's staff resources by last name; active ones unless told otherwise (None: all)."""
    rows = StaffResource.objects.of(firm_id).order_by("sort_name", "pk")
    if active is not None:
        rows = rows.filter(active=active)
    if kind is not None:
        rows = rows.filter(kind=kind)
    return matching(rows, StaffWord, firm_id, "staff", search)


def staff_page(
    firm_id: int,
    *,
    search: str = "",
    active: bool | None = True,
    kind: StaffKind | None = None,
    token: str | None = None,
    size: int = 50,
) -> Page[StaffResource]:
    """One page of `staff_list`; one query."""
    return keyset(staff_list(firm_id, search=search, active=active, kind=kind), STAFF_ORDER, token, size)


def possible_handlers(firm_id: int) -> FirmQuerySet[StaffResource]:
    """Who can be a handler: active persons, by last name."""
    return staff_list(firm_id, kind=StaffKind.PERSON)


def staff_by_id(firm_id: int, staff_id: int) -> StaffResource:
    """The staff resource; NotFound otherwise."""
    return StaffResource.objects.get_of(firm_id, staff_id, what="staff resource")


def staff_of_user(firm_id: int, user_id: int) -> StaffResource | None:
    """The staff resource that is this user, if there is one."""
    return StaffResource.objects.of(firm_id).filter(user_id=user_id).first()
