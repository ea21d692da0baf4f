"""Stored values of either side as a person reads them: names in the place of ids, words in the place of keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import CharField, Value

from instep.base.settings.vocabulary import Terms
from instep.bridge.accounting.lists import lists_of_documents
from instep.connect.fieldmap import Choice, Field, Place, RecordMap, Reference
from instep.connect.models import Connection
from instep.connect.place import place_of
from instep.connect.queries import Names, choices_here, names_of
from instep.connect.registry import connector_for
from instep.jobs.models import JobStatus, JobType
from instep.kernel.errors import Refusal
from instep.web.components import values
from instep.web.components.formats import Form
from instep.web.shell.request import FirmRequest
from instep.web.sync.words import field_label

OURS, THEIRS = "ours", "theirs"


@dataclass(frozen=True, slots=True)
class Asked:
    """One stored value that a page shows: `side` says in whose words it is."""

    kind: str
    field: str
    value: Any
    side: str = OURS


@dataclass(frozen=True)
class Reader:
    """Shows values of one connection. Made by `reader_for`, which loads what the values at hand refer to."""

    maps: Mapping[str, RecordMap]
    remote: str
    place: Place
    form: Form
    terms: Terms
    names: Names = field(default_factory=Names)
    choices: Mapping[tuple[str, str], str] = field(default_factory=dict)
    lists: Mapping[tuple[str, str], Mapping[str, str]] = field(default_factory=dict)

    def label(self, kind: str, name: str) -> str:
        """What the field is called."""
        known = self.maps.get(kind)
        return field_label(known.kind, name, self.terms) if known else name.replace("_", " ").capitalize()

    def show(self, asked: Asked) -> Any:
        """Text or HTML; None for nothing."""
        row = self._row(asked)
        if row is None:
            return _plain(asked.value)
        shown = self._ours(asked, row) if asked.side == OURS else self._theirs(asked, row)
        return shown if shown not in ("", None) else None

    def _row(self, asked: Asked) -> Field | None:
        known = self.maps.get(asked.kind)
        if known is None or asked.field not in {f.ours for f in known.fields}:
            return None
        return known.field(asked.field)

    def _ours(self, asked: Asked, row: Field) -> Any:
        value = asked.value
        if isinstance(row.lens, Reference):
            return self._reference(row.lens.kind, value)
        kind = self.maps[asked.kind].kind
        if isinstance(row.lens, Choice):
            return self.lists.get((asked.kind, asked.field), {}).get(str(value), value)
        return values.show(kind.field(asked.field).type, value, self.form)

    def _theirs(self, asked: Asked, row: Field) -> Any:
        value = asked.value
        if value in (None, ""):
            return None
        if isinstance(row.lens, Reference):
            return self.names.theirs.get((row.lens.kind, str(value)), f"{self.remote} {value}")
        if isinstance(row.lens, Choice):
            ours = self.choices.get((row.lens.domain, str(value)))
            return self._ours(Asked(asked.kind, asked.field, ours), row) if ours is not None else str(value)
        try:
            ours = self.maps[asked.kind].lens(row).to_ours(value, known=None, place=self.place)
        except Refusal:
            return _plain(value)
        return self._ours(Asked(asked.kind, asked.field, ours), row)

    def _reference(self, kind: str, value: Any) -> Any:
        if isinstance(value, dict) and "$here" in value:
            known, remote_id = value["$here"]
            return self.names.theirs.get((known, str(remote_id)), f"{self.remote} {remote_id}")
        if value in (None, ""):
            return None
        return self.names.ours.get((kind, int(value)), str(value))


def reader_for(request: FirmRequest, connection: Connection, asked: Iterable[Asked]) -> Reader:
    """A reader for these values: at most four queries and one more for each kind that is referred to unlinked."""
    maps = connector_for(connection.provider).maps
    ours: set[tuple[str, int]] = set()
    theirs: set[tuple[str, str]] = set()
    lists: set[tuple[str, str]] = set()
    need_choices = False
    for each in asked:
        known = maps.get(each.kind)
        row = next((f for f in known.fields if f.ours == each.field), None) if known else None
        if row is None or each.value in (None, ""):
            continue
        if isinstance(row.lens, Reference):
            if isinstance(each.value, dict):
                theirs.update((kind, str(remote_id)) for kind, remote_id in [each.value.get("$here", ("", ""))] if kind)
            elif each.side == OURS:
                ours.add((row.lens.kind, int(each.value)))
            else:
                theirs.add((row.lens.kind, str(each.value)))
        elif isinstance(row.lens, Choice):
            lists.add((each.kind, each.field))
            need_choices = need_choices or each.side == THEIRS
    return Reader(
        maps=maps,
        remote=connector_for(connection.provider).title,
        place=place_of(request.firm),
        form=Form.of(request.firm),
        terms=request.terms,
        names=names_of(connection, ours, theirs),
        choices=choices_here(connection) if need_choices else {},
        lists=our_lists(request.actor.firm_id) if lists else {},
    )


def our_lists(firm_id: int) -> dict[tuple[str, str], dict[str, str]]:
    """{(kind, field): {key: name}} of the firm's own lists; two queries."""
    statuses = JobStatus.objects.of(firm_id).values_list("key", "name", "position")
    types = JobType.objects.of(firm_id).values_list("key", "name", "position")
    found: dict[tuple[str, str], dict[str, str]] = {("job", "status"): {}, ("job", "job_type"): {}}
    marked = (_marked(statuses, "status"), _marked(types, "job_type"))
    for key, name, _position, which in marked[0].union(marked[1], all=True).order_by("position"):
        found["job", which][key] = name
    return found | {("invoice", name): entries for name, entries in lists_of_documents(firm_id).items()}


def _marked(rows: Any, which: str) -> Any:
    return rows.annotate(which=Value(which, output_field=CharField()))


def _plain(value: Any) -> str | None:
    if value in (None, "", {}, []):
        return None
    if isinstance(value, dict):
        return " ".join(str(part) for part in value.values() if part) or None
    return str(value)
