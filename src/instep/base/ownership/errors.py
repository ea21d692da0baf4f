"""Refusals about owned fields."""

from __future__ import annotations

from instep.kernel.errors import Refusal


class FieldOwned(Refusal):
    """Another system keeps the field. Facts: kind, record_id, fields (list), owner, owner_key, why."""

    code = "field_owned"
    sentence = (
        "{names} of this {kind} {is_are} kept in {owner}. Change it in {owner}; it arrives here with the next sync."
    )

    def __init__(self, *, kind: str, record_id: int, fields: list[str], owner: str, owner_key: str, why: str) -> None:
        super().__init__(
            kind=kind,
            record_id=record_id,
            fields=fields,
            owner=owner,
            owner_key=owner_key,
            why=why,
            names=", ".join(name.replace("_", " ") for name in fields).capitalize(),
            is_are="is" if len(fields) == 1 else "are",
        )
