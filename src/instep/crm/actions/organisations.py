"""Making and changing organisations, alone or many at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from instep.base.identity.actor import Actor
from instep.base.records.outcomes import Edit, Outcome, only
from instep.crm.actions.organisation_writer import OrganisationWriter
from instep.crm.models import Address, Organisation


def create_organisations(
    rows: Sequence[Mapping[str, Any]], *, by: Actor, accepted: Iterable[str] = (), fill_gaps: bool | None = None
) -> list[Outcome[Organisation]]:
    """Make organisations; rows as for `create_organisation`. Raises NotAllowed; else every row has an outcome."""
    return OrganisationWriter(by, accepted=accepted, fill_gaps=fill_gaps).create(rows)


def create_organisation(
    *, by: Actor, accepted: Iterable[str] = (), fill_gaps: bool | None = None, **values: Any
) -> Outcome[Organisation]:
    """Make an organisation at any stage (7.2.10): name, stage none|lead|prospect|client (lead), is_supplier, is_person,
    code, email, phone, mobile, website, linkedin, tax_number, address (street), account_manager and default_handler
    (ids of staff resources).

    Raises NotAllowed, BadValue, SimilarNameExists (a caution: code "similar_name"), CodeNeeded, CodeTaken,
    NoSuchResource. A doubtful tax number is among the outcome's warnings. With `fill_gaps` a client without a code gets
    one from its name.
    """
    return only(create_organisations([values], by=by, accepted=accepted, fill_gaps=fill_gaps))


def update_organisations(
    edits: Sequence[Edit], *, by: Actor, accepted: Iterable[str] = (), fill_gaps: bool | None = None
) -> list[Outcome[Organisation]]:
    """Apply each edit. Raises NotAllowed; else every edit has an outcome."""
    return OrganisationWriter(by, accepted=accepted, fill_gaps=fill_gaps).update(edits)


def update_organisation(
    organisation_id: int,
    *,
    by: Actor,
    changes: Mapping[str, Any],
    expected_version: int | None = None,
    accepted: Iterable[str] = (),
    fill_gaps: bool | None = None,
) -> Outcome[Organisation]:
    """Change the fields given. Raises what `create_organisation` does, and NotFound, StaleVersion, FieldOwned,
    WrongState and OpenWorkLeft."""
    edit = Edit(organisation_id, changes, expected_version)
    return only(update_organisations([edit], by=by, accepted=accepted, fill_gaps=fill_gaps))


def archive_organisation(
    organisation_id: int, *, by: Actor, expected_version: int | None = None
) -> Outcome[Organisation]:
    """Take the organisation off the lists; everything about it stays. Raises OpenWorkLeft while it has open work."""
    edit = Edit(organisation_id, {"archived": True}, expected_version)
    return only(OrganisationWriter(by).update([edit], "archived"))


def restore_organisation(
    organisation_id: int, *, by: Actor, expected_version: int | None = None
) -> Outcome[Organisation]:
    """Put the organisation back on the lists."""
    edit = Edit(organisation_id, {"archived": False}, expected_version)
    return only(OrganisationWriter(by).update([edit], "restored"))


def remove_organisation(organisation_id: int, *, by: Actor) -> None:
    """Remove an organisation made by mistake. Raises StillUsed when anything refers to it; archive it then."""
    OrganisationWriter(by).erase(organisation_id, [Address])
