"""What the engine's own figures are held against: the same rows in the same tables, written in bulk by a plain loop.

The loop reads the same pages and writes what an import leaves behind, a page at a time in one transaction. It decides
nothing, checks nothing, and could not be stopped halfway. Its rows are copies of rows that the engine wrote for another
firm, so that each is as wide as it has to be, with the names and numbers of its own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from django.db import models, transaction

from bench._shelf import TYPE, Shelf, read_row
from instep.base.audit.models import AuditSubject
from instep.base.outbox.models import OutboxRow
from instep.connect.models import JournalEntry, Link, MatchKey, Observation, Pair, PlanOp
from instep.connect.place import bench_of
from instep.connect.protocols import RemoteRecord
from instep.connect.translate import canonical_ours, canonical_theirs
from instep.crm.models import Address, CrmWord, Organisation

if TYPE_CHECKING:
    from instep.connect.models import Connection

Own = Callable[[int, RemoteRecord], dict[str, Any]]
"""(our id, their record) -> what a copied row has of its own."""


def write_in_bulk(connection: Connection, shelf: Shelf, like: Connection) -> None:
    """As many rows in as many tables as the import of `like` left, of the values that the pages show."""
    own = _own_of(connection)
    patterns = {model: _patterns(model, like.firm_id) for model in own}
    company = _patterns(Organisation, like.firm_id)[0]
    for records in _pages(shelf):
        with transaction.atomic():
            made = Organisation.objects.bulk_create(
                _copied(Organisation, company, connection, {k: v for k, v in r.fields.items() if k != "address"})
                for r in records
            )
            for model, values in own.items():
                rows = [
                    _copied(model, pattern, connection, values(ours.pk, theirs))
                    for ours, theirs in zip(made, records, strict=True)
                    for pattern in patterns[model]
                ]
                model._default_manager.bulk_create(rows, batch_size=500)


def link_in_bulk(connection: Connection, shelf: Shelf) -> None:
    """Leave everything linked and in step, as after an import that lies behind."""
    place, pair = bench_of(connection), Pair.objects.get(connection=connection)
    record_map = place.map_of(pair)
    for records in _pages(shelf):
        with transaction.atomic():
            made = Organisation.objects.bulk_create(
                Organisation(
                    firm_id=connection.firm_id, match_name=r.fields["name"].casefold(), stage="prospect",
                    **{k: v for k, v in r.fields.items() if k != "address"},
                )
                for r in records
            )  # fmt: skip
            streets = [
                Address(firm_id=connection.firm_id, organisation=o, kind="street", text=r.fields["address"])
                for o, r in zip(made, records, strict=True)
            ]
            Address.objects.bulk_create(streets)
            seen, links, keys = [], [], []
            for ours, theirs in zip(made, records, strict=True):
                canonical = canonical_theirs(record_map, dict(theirs.fields), place.place)
                base = canonical_ours(record_map, dict(theirs.fields), place.place)
                common: dict[str, Any] = {"firm_id": connection.firm_id, "connection": connection}
                both = {**common, "remote_type": TYPE, "remote_id": theirs.id}
                raw = {"raw": theirs.fields, "canonical": canonical, "pending": False}
                seen.append(Observation(**both, **raw, stamp=theirs.stamp, seen_at=shelf.now))
                since = {"linked_at": shelf.now, "in_step_at": shelf.now}
                two = {"local_id": ours.pk, "state": "live", "base_a": base, "base_b": canonical}
                links.append(Link(**both, **two, **since, pair=pair, kind=pair.kind))
                key = {**common, "kind": pair.kind, "key_type": "tax_number", "key": theirs.fields["tax_number"]}
                keys += [MatchKey(**key, side="there", record=theirs.id), MatchKey(**key, side="here", record=ours.pk)]
            Observation.objects.bulk_create(seen, batch_size=500)
            Link.objects.bulk_create(links, batch_size=500)
            MatchKey.objects.bulk_create(keys, batch_size=500)


def _own_of(connection: Connection) -> dict[type[models.Model], Own]:
    pair = Pair.objects.get(connection=connection)
    to = {"connection_id": connection.pk}
    return {
        Address: lambda ours, theirs: {"organisation_id": ours, "text": theirs.fields["address"]},
        CrmWord: lambda ours, theirs: {"record_id": ours},
        AuditSubject: lambda ours, theirs: {"record_id": ours},
        OutboxRow: lambda ours, theirs: {"record_id": ours},
        Observation: lambda ours, theirs: {**to, "remote_id": theirs.id, "raw": theirs.fields, "stamp": theirs.stamp},
        Link: lambda ours, theirs: {**to, "pair_id": pair.pk, "local_id": ours, "remote_id": theirs.id},
        MatchKey: lambda ours, theirs: {**to, "record": theirs.id, "key": theirs.fields["tax_number"]},
        PlanOp: lambda ours, theirs: {"no": ours, "local_id": ours, "remote_id": theirs.id, "link_id": None},
        JournalEntry: lambda ours, theirs: {"local_id": ours, "remote_id": theirs.id, "link_id": None},
    }


def _pages(shelf: Shelf) -> Iterator[Sequence[RemoteRecord]]:
    after = ""
    while True:
        told = json.loads(shelf.page(after))
        yield [read_row(row) for row in told["rows"]]
        if not told["next"]:
            return
        after = str(told["next"])


def _patterns(model: type[models.Model], firm_id: int) -> list[dict[str, Any]]:
    """What one record's rows of this table look like."""
    rows: Any = model._default_manager.filter(firm_id=firm_id)
    records = Organisation.objects.filter(firm_id=firm_id).count()
    each = max(1, round(rows.count() / records))
    names = [f.attname for f in model._meta.concrete_fields if not f.primary_key]
    return list(rows.order_by("-pk").values(*names)[:each])


def _copied(model: type[models.Model], pattern: dict[str, Any], connection: Connection, own: dict[str, Any]) -> Any:
    return model(**{**pattern, "firm_id": connection.firm_id, **own})
