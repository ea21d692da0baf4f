"""Making and changing staff resources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from instep.base.identity.actor import Actor
from instep.base.identity.models import Membership
from instep.base.records.ids import is_id
from instep.base.records.outcomes import Draft, Edit, Outcome, only
from instep.base.records.texts import one_choice, one_flag
from instep.base.records.writer import Writer
from instep.kernel.errors import BadValue, Refusal
from instep.kernel.records.kinds import FieldType, RecordField
from instep.kernel.records.staff import STAFF
from instep.staff.errors import NoSuchMember, UserHasResource
from instep.staff.models import StaffResource, StaffWord
from instep.staff.states import StaffKind

_NAME_LENGTH = STAFF.field("name").max_length
_TEXTS = {
    "first_name": RecordField("first_name", FieldType.TEXT, "First name", max_length=_NAME_LENGTH),
    "last_name": RecordField("last_name", FieldType.TEXT, "Last name", max_length=_NAME_LENGTH),
    **{name: STAFF.field(name) for name in ("email", "phone", "mobile", "job_title")},
}


class StaffWriter(Writer[StaffResource]):
    """Writes staff resources."""

    model = StaffResource
    kind = "staff"
    right = "edit staff"
    texts = _TEXTS
    others = frozenset({"kind", "user", "active"})
    owned_as = {"first_name": "name", "last_name": "name"}
    words = StaffWord
    word_sources = ("first_name", "last_name", "email", "job_title")

    _members: dict[int, Any]
    _taken: dict[int, StaffResource]

    def gather(self, drafts: Sequence[Draft[StaffResource]]) -> None:
        users = self.ids_given(drafts, "user")
        self._members, self._taken = {}, {}
        if users:
            today = self.firm.today()
            rows = Membership.objects.of(self.firm).filter(user_id__in=users)
            self._members = {row.user_id: row for row in rows if row.is_live(today)}
            taken = StaffResource.objects.of(self.firm).filter(user_id__in=users)
            self._taken = {row.user_id: row for row in taken if row.user_id is not None}

    def settle(self, draft: Draft[StaffResource]) -> None:
        given = draft.given
        first, last = draft.value("first_name"), draft.value("last_name")
        if not first and not last:
            raise BadValue(field="Name", problem="it cannot be empty")
        draft.put("sort_name", f"{last} {first}".strip().lower())
        if "kind" in given:
            draft.put("kind", one_choice(given["kind"], StaffKind, "Kind"), field_name="kind")
        if "active" in given:
            draft.put("active", one_flag(given["active"], "Active"), field_name="active")
        if "user" in given:
            self._settle_user(draft, given["user"])

    def _settle_user(self, draft: Draft[StaffResource], user: Any) -> None:
        if user is not None and not (is_id(user) and user in self._members):
            raise NoSuchMember()
        if user is not None and draft.value("kind") == StaffKind.POOL:
            raise BadValue(field="User", problem="a pool has none; choose a person")
        holder = self._taken.get(user)
        if holder is not None and holder.pk != draft.row.pk:
            raise UserHasResource(name=holder.name)
        if draft.put("user_id", user, field_name="user") and user is not None:
            self._taken[user] = draft.row

    def clash(self, draft: Draft[StaffResource]) -> Refusal | None:
        holder = StaffResource.objects.of(self.firm).filter(user_id=draft.row.user_id).first()
        return UserHasResource(name=holder.name) if holder and draft.row.user_id else None


def create_staff_many(rows: Sequence[Mapping[str, Any]], *, by: Actor) -> list[Outcome[StaffResource]]:
    """Make staff resources; rows as for `create_staff`. Raises NotAllowed; else every row has an outcome."""
    return StaffWriter(by).create(rows)


def create_staff(*, by: Actor, **values: Any) -> Outcome[StaffResource]:
    """Make a staff resource (E-42): first_name, last_name (one of them), email, phone, mobile, job_title, kind
    person|pool, user (id of a member of the firm, or None), active. Raises NotAllowed, BadValue, NoSuchMember or
    UserHasResource."""
    return only(create_staff_many([values], by=by))


def update_staff_many(edits: Sequence[Edit], *, by: Actor) -> list[Outcome[StaffResource]]:
    """Apply each edit. Raises NotAllowed; else every edit has an outcome."""
    return StaffWriter(by).update(edits)


def update_staff(
    staff_id: int, *, by: Actor, changes: Mapping[str, Any], expected_version: int | None = None
) -> Outcome[StaffResource]:
    """Change the fields given. Raises what `create_staff` does, NotFound, StaleVersion and FieldOwned."""
    return only(update_staff_many([Edit(staff_id, changes, expected_version)], by=by))


def deactivate_staff(staff_id: int, *, by: Actor, expected_version: int | None = None) -> Outcome[StaffResource]:
    """Take the resource off the lists to choose from; what it handles stays with it until reassigned."""
    return only(StaffWriter(by).update([Edit(staff_id, {"active": False}, expected_version)], "deactivated"))


def activate_staff(staff_id: int, *, by: Actor, expected_version: int | None = None) -> Outcome[StaffResource]:
    """Put the resource back on the lists."""
    return only(StaffWriter(by).update([Edit(staff_id, {"active": True}, expected_version)], "activated"))
