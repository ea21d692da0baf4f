"""The organisations that a register of contracts names: directorates as clients, suppliers outside sales."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from instep.base.identity.actor import Actor
from instep.base.intake.rows import Outcome, PlannedRow, Problem, Row
from instep.base.records.outcomes import Edit
from instep.base.records.outcomes import Outcome as Written
from instep.crm.actions.organisations import create_organisations, update_organisations
from instep.crm.errors import SimilarNameExists
from instep.crm.queries import organisations_named
from instep.crm.states import Stage
from instep.kernel.canonical import canon_name


def organisation_key(name: str) -> str:
    """What makes two spellings one organisation."""
    return canon_name(name) or name


def organisation_rows(rows: Iterable[Row]) -> list[Row]:
    """A row for each organisation that readable contracts name, in the order of the file, in its first spelling."""
    named: dict[str, dict[str, Any]] = {}
    lines: dict[str, int] = {}
    for row in rows:
        if row.problem is not None:
            continue
        roles = [(row.values["client"], "client"), *((name, "supplier") for name, _ in row.values["suppliers"])]
        for name, role in roles:
            key = organisation_key(name)
            lines.setdefault(key, row.line)
            named.setdefault(key, {"name": name, "client": False, "supplier": False})[role] = True
    return [Row(key, lines[key], values) for key, values in named.items()]


def write_organisations(planned: Sequence[PlannedRow], *, by: Actor) -> list[Outcome]:
    """Make the organisations that the firm does not know by name, and give the others the roles they now have too."""
    known = organisations_named(by.firm_id, [row.row.row_key for row in planned if row.record_id is None])
    places = {place: row.record_id or known.get(row.row.row_key) for place, row in enumerate(planned)}
    new = [place for place, record_id in places.items() if record_id is None]
    old = [place for place, record_id in places.items() if record_id is not None]
    accepted = {SimilarNameExists.code}
    made = create_organisations(
        [_values(planned[place].values) for place in new], by=by, accepted=accepted, fill_gaps=True
    )
    edits = [Edit(places[place] or 0, _roles(planned[place].values)) for place in old]
    changed = update_organisations(edits, by=by, accepted=accepted, fill_gaps=True)
    outcomes = {**dict(zip(new, made, strict=True)), **dict(zip(old, changed, strict=True))}
    return [_outcome(outcomes[place]) for place in range(len(planned))]


def _roles(values: Mapping[str, Any]) -> dict[str, Any]:
    """What the register adds to an organisation: it never takes a role away."""
    roles: dict[str, Any] = {}
    if values["client"]:
        roles["stage"] = Stage.CLIENT.value
    if values["supplier"]:
        roles["is_supplier"] = True
    return roles


def _values(values: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": values["name"], "stage": Stage.NONE.value, **_roles(values)}


def _outcome(written: Written[Any]) -> Outcome:
    if written.refusal is not None:
        return Outcome(problem=Problem.of(written.refusal))
    return Outcome(record_id=written.id)
