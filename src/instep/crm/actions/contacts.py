"""Making, changing and moving contacts, alone or many at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from instep.base.identity.actor import Actor
from instep.base.records.outcomes import Edit, Outcome, only
from instep.crm.actions.contact_writer import ContactWriter
from instep.crm.models import Contact, Employment


def create_contacts(
    rows: Sequence[Mapping[str, Any]], *, by: Actor, fill_gaps: bool | None = None
) -> list[Outcome[Contact]]:
    """Make contacts; rows as for `create_contact`. Raises NotAllowed; else every row has an outcome."""
    return ContactWriter(by, fill_gaps=fill_gaps).create(rows)


def create_contact(*, by: Actor, fill_gaps: bool | None = None, **values: Any) -> Outcome[Contact]:
    """Make a contact (E-17): first_name, last_name (one of them), role, email, phone (direct), mobile, office_phone,
    website, linkedin, organisation (id or None). Raises NotAllowed, BadValue, NoSuchOrganisation."""
    return only(create_contacts([values], by=by, fill_gaps=fill_gaps))


def update_contacts(edits: Sequence[Edit], *, by: Actor, fill_gaps: bool | None = None) -> list[Outcome[Contact]]:
    """Apply each edit. Raises NotAllowed; else every edit has an outcome. A changed organisation is a move today."""
    return ContactWriter(by, fill_gaps=fill_gaps).update(edits)


def update_contact(
    contact_id: int,
    *,
    by: Actor,
    changes: Mapping[str, Any],
    expected_version: int | None = None,
    fill_gaps: bool | None = None,
) -> Outcome[Contact]:
    """Change the fields given. Raises what `create_contact` does, and NotFound, StaleVersion, FieldOwned."""
    return only(update_contacts([Edit(contact_id, changes, expected_version)], by=by, fill_gaps=fill_gaps))


def move_contact(
    contact_id: int,
    *,
    by: Actor,
    to: int | None,
    on: dt.date | None = None,
    role: str | None = None,
    expected_version: int | None = None,
) -> Outcome[Contact]:
    """Let the contact work at the organisation `to` (None: nowhere) from `on`, today by default; the history is kept
    (A-20).

    `role` is the new role, None leaves it. Raises NotAllowed, NotFound, StaleVersion, FieldOwned, NoSuchOrganisation,
    BadValue for a day before they came to where they are.
    """
    changes: dict[str, Any] = {"organisation": to}
    if role is not None:
        changes["role"] = role
    writer = ContactWriter(by)
    writer.on = on
    return only(writer.update([Edit(contact_id, changes, expected_version)], "moved"))


def archive_contact(contact_id: int, *, by: Actor, expected_version: int | None = None) -> Outcome[Contact]:
    """Take the contact off the lists; the history stays."""
    return only(ContactWriter(by).update([Edit(contact_id, {"archived": True}, expected_version)], "archived"))


def restore_contact(contact_id: int, *, by: Actor, expected_version: int | None = None) -> Outcome[Contact]:
    """Put the contact back on the lists."""
    return only(ContactWriter(by).update([Edit(contact_id, {"archived": False}, expected_version)], "restored"))


def remove_contact(contact_id: int, *, by: Actor) -> None:
    """Remove a contact made by mistake, with its employment history. Raises StillUsed when anything refers to it."""
    ContactWriter(by).erase(contact_id, [Employment])
