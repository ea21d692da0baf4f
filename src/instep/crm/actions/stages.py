"""Moving an organisation up and down the sales stages (7.2.10)."""

from __future__ import annotations

from instep.base.identity.actor import Actor
from instep.base.records.outcomes import Edit, Outcome, only
from instep.crm.actions.organisation_writer import OrganisationWriter
from instep.crm.models import Organisation
from instep.crm.states import Stage


def promote_organisation(
    organisation_id: int, *, by: Actor, to: Stage, client_code: str | None = None, expected_version: int | None = None
) -> Outcome[Organisation]:
    """Move one stage up. To client it takes a client code, unless it has one (E-13).

    Raises NotAllowed, NotFound, StaleVersion, FieldOwned, WrongState, CodeNeeded, CodeTaken, BadValue.
    """
    changes: dict[str, object] = {"stage": to}
    if client_code is not None:
        changes["code"] = client_code
    return only(
        OrganisationWriter(by, fill_gaps=False).update([Edit(organisation_id, changes, expected_version)], "promoted")
    )


def demote_organisation(
    organisation_id: int, *, by: Actor, to: Stage, expected_version: int | None = None
) -> Outcome[Organisation]:
    """Move one stage down; the client code stays for the day it comes back. Raises OpenWorkLeft while jobs or quotes
    are open, and NotAllowed, NotFound, StaleVersion, FieldOwned, WrongState."""
    edit = Edit(organisation_id, {"stage": to}, expected_version)
    return only(OrganisationWriter(by, fill_gaps=False).update([edit], "demoted"))
