"""Our side of the bed's records: one plain table in the test's own transaction, written as an action would write."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection as database
from django.db import transaction

from instep.base.identity.actor import Actor
from instep.base.outbox.notices import announce
from instep.connect.protocols import LocalOutcome, LocalRecord, LocalWrite
from instep.kernel.records.kinds import Kind

_TABLE = """CREATE TABLE bed_record (
    firm bigint, kind varchar(20), id bigint, version bigint, archived integer, fields text,
    PRIMARY KEY (firm, kind, id))"""


@contextmanager
def table() -> Iterator[None]:
    """The table is there until the block ends."""
    with database.cursor() as cursor:
        cursor.execute(_TABLE)
    try:
        yield
    finally:
        with database.cursor() as cursor:
            cursor.execute("DROP TABLE bed_record")


@dataclass(frozen=True)
class BedSide:
    """A LocalSide of one of the bed's kinds."""

    of: Kind

    @property
    def kind(self) -> str:
        return self.of.key

    def read(self, firm_id: int, ids: Sequence[int]) -> list[LocalRecord]:
        marks = ", ".join(["%s"] * len(ids))
        return self._found(f"AND id IN ({marks})", [firm_id, self.kind, *ids]) if ids else []

    def all(self, firm_id: int) -> list[LocalRecord]:
        """Every record, archived ones included, by id."""
        return self._found("", [firm_id, self.kind])

    def scan(self, firm_id: int, *, after_id: int, limit: int) -> list[int]:
        return [r.id for r in self.all(firm_id) if r.id > after_id and not r.archived][:limit]

    def write(self, firm_id: int, writes: Sequence[LocalWrite], *, by: Actor) -> list[LocalOutcome]:
        return [self._write(firm_id, each) for each in writes]

    def archive(self, firm_id: int, ids: Sequence[int], *, by: Actor) -> list[LocalOutcome]:
        for record_id in ids:
            self.put_away(firm_id, record_id, archived=True)
        return [LocalOutcome(record) for record in self.read(firm_id, ids)]

    def page_path(self, record_id: int) -> str:
        return f"/bed/{self.kind}/{record_id}/"

    # --- what people do ----------------------------------------------------------------------------------------------

    @transaction.atomic
    def make(self, firm_id: int, fields: dict[str, Any]) -> LocalRecord:
        """A person makes a record."""
        return self._keep(firm_id, None, fields)

    @transaction.atomic
    def edit(self, firm_id: int, record_id: int, fields: dict[str, Any]) -> LocalRecord:
        """A person changes one."""
        [known] = self.read(firm_id, [record_id])
        return self._keep(firm_id, known, {**known.fields, **fields})

    @transaction.atomic
    def put_away(self, firm_id: int, record_id: int, *, archived: bool) -> None:
        """A person archives one, or takes it back."""
        [known] = self.read(firm_id, [record_id])
        self._keep(firm_id, known, dict(known.fields), archived=archived)

    # --- the table ---------------------------------------------------------------------------------------------------

    def _write(self, firm_id: int, write: LocalWrite) -> LocalOutcome:
        if write.id is None:
            return LocalOutcome(self._keep(firm_id, None, dict(write.fields)))
        found = self.read(firm_id, [write.id])
        if not found:
            return LocalOutcome(None, "not_found", "It is gone.")
        if write.expected_version not in (None, found[0].version):
            return LocalOutcome(None, "stale_version", "Somebody changed it meanwhile.")
        return LocalOutcome(self._keep(firm_id, found[0], {**found[0].fields, **write.fields}))

    def _keep(
        self, firm_id: int, known: LocalRecord | None, fields: dict[str, Any], *, archived: bool | None = None
    ) -> LocalRecord:
        away = (known.archived if known else False) if archived is None else archived
        fields = {name: fields.get(name) for name in self.of.names}
        with database.cursor() as cursor:
            if known is None:
                cursor.execute("SELECT MAX(id) FROM bed_record WHERE firm = %s AND kind = %s", [firm_id, self.kind])
                record_id, version = (cursor.fetchone()[0] or 0) + 1, 1
                cursor.execute(
                    "INSERT INTO bed_record VALUES (%s, %s, %s, %s, %s, %s)",
                    [firm_id, self.kind, record_id, version, int(away), json.dumps(fields)],
                )
            else:
                record_id, version = known.id, known.version + 1
                cursor.execute(
                    "UPDATE bed_record SET version = %s, archived = %s, fields = %s"
                    " WHERE firm = %s AND kind = %s AND id = %s",
                    [version, int(away), json.dumps(fields), firm_id, self.kind, record_id],
                )
        announce(firm_id, self.kind, record_id)
        return self._record(record_id, version, away, fields)

    def _found(self, more: str, params: list[Any]) -> list[LocalRecord]:
        with database.cursor() as cursor:
            cursor.execute(
                "SELECT id, version, archived, fields FROM bed_record"
                f" WHERE firm = %s AND kind = %s {more} ORDER BY id",
                params,
            )
            return [self._record(i, v, bool(away), json.loads(f)) for i, v, away, f in cursor.fetchall()]

    def _record(self, record_id: int, version: int, archived: bool, fields: dict[str, Any]) -> LocalRecord:
        return LocalRecord(self.kind, record_id, version, fields, str(fields["name"]), archived=archived)
