"""From the engine's local writes to the domain's bulk actions, and from their outcomes back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.db import transaction

from instep.base.identity.actor import Actor
from instep.base.records.outcomes import Edit, Outcome
from instep.connect.protocols import LocalOutcome, LocalRecord, LocalWrite
from instep.kernel.errors import Refusal

Create = Callable[[Sequence[Mapping[str, Any]]], Sequence[Outcome[Any]]]
Update = Callable[[Sequence[Edit]], Sequence[Outcome[Any]]]


def deep_link(path: str) -> str:
    """The full address of a page of ours, which remotes show as a link."""
    return str(settings.SITE_ADDRESS).rstrip("/") + path


def write_all(
    writes: Sequence[LocalWrite],
    *,
    values_of: Callable[[Mapping[str, Any]], dict[str, Any]],
    create: Create,
    update: Update,
    read: Callable[[Sequence[int]], Sequence[LocalRecord]],
) -> list[LocalOutcome]:
    """Creations in one bulk action, changes in another; outcomes in the order of `writes`."""
    new = [(i, w) for i, w in enumerate(writes) if w.id is None]
    edits = [(i, w) for i, w in enumerate(writes) if w.id is not None]
    results: dict[int, Outcome[Any]] = {}
    if new:
        outcomes = create([values_of(w.fields) for _, w in new])
        results.update(zip((i for i, _ in new), outcomes, strict=True))
    if edits:
        outcomes = update([Edit(w.id or 0, values_of(w.fields), w.expected_version) for _, w in edits])
        results.update(zip((i for i, _ in edits), outcomes, strict=True))
    stored = {r.id: r for r in read([o.id for o in results.values() if o.id is not None])}
    return [_outcome(results[i], stored) for i in range(len(writes))]


def _outcome(result: Outcome[Any], stored: Mapping[int, LocalRecord]) -> LocalOutcome:
    if result.refusal is not None or result.id is None:
        refusal = result.refusal
        return LocalOutcome(
            None,
            refusal.code if refusal else "refused",
            str(refusal) if refusal else "This was refused.",
            {name: v for name, v in (refusal.facts if refusal else {}).items() if isinstance(v, str | int)},
        )
    return LocalOutcome(stored[result.id])


def text(value: str | None) -> str | None:
    """Empty text is no value."""
    return value or None


def actor_writes(by: Actor) -> dict[str, Any]:
    """How a connection writes: it follows the remote, and takes from defaults what a person would be asked for."""
    return {"by": by, "fill_gaps": True}


def put_away(
    ids: Sequence[int],
    *,
    archive: Callable[[int], Outcome[Any]],
    read: Callable[[Sequence[int]], Sequence[LocalRecord]],
) -> list[LocalOutcome]:
    """Take these records off the lists one by one, or put them back; a savepoint each, a refusal becomes an outcome."""
    done: list[Outcome[Any]] = []
    for record_id in ids:
        try:
            with transaction.atomic():
                done.append(archive(record_id))
        except Refusal as refusal:
            done.append(Outcome(None, refusal))
    stored = {r.id: r for r in read(ids)}
    return [_outcome(result, stored) for result in done]
