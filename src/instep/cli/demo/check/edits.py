"""Edits on both sides at once, each on a field of its own, some on the same records: none may be lost."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from instep.base.identity.actor import Actor
from instep.cli.demo.check.compare import Side
from instep.cli.demo.sandbox import Sandbox
from instep.connect.models import Link, LinkState
from instep.connect.place import Bench
from instep.connect.translate import canon_ours, canon_theirs
from instep.crm.actions.contacts import update_contact
from instep.crm.actions.organisations import update_organisation
from instep.jobs.actions.jobs import update_job
from instep.staff.actions.resources import update_staff

# What is typed, by kind, our field, their field; {n} is another number for each edit.
_HERE: dict[str, dict[str, str]] = {
    "organisation": {
        "name": "Renamed here {n} Pty Ltd",
        "email": "here{n}@edits.example",
        "phone": "(02) 7010 {n:04d}",
        "website": "https://here{n}.example/about",
        "address": "{n} Here Street\nHobart TAS 7000",
        "linkedin": "https://linkedin.example/company/here-{n}",
    },
    "contact": {"role": "Promoted here, step {n}", "mobile": "+61 491 57{n:04d}", "email": "h{n}@edits.example"},
    "job": {
        "name": "Retitled here {n}",
        "address": "{n} Site Road\nDarwin NT 0800",
        "scope": "Agreed here:\npoint {n}",
    },
    "staff": {"job_title": "Specialist of grade {n}", "phone": "(02) 5550 {n:04d}"},
}
_THERE: dict[str, dict[str, tuple[str, str]]] = {
    "organisation": {
        "name": ("name", "Renamed there {n} Ltd"),
        "email": ("email_address", "There{n}@Edits.example"),
        "phone": ("office_phone", "+61 2 7010 {n:04d}"),
        "mobile": ("mobile", "0491 57{n:04d}"),
        "website": ("website", "there{n}.example"),
        "address": ("physical_address", "{n} There Lane\nPerth WA 6000"),
    },
    "contact": {
        "role": ("title", "Promoted there, step {n}"),
        "email": ("email_address", "t{n}@edits.example"),
        "phone": ("direct", "02 5550 {n:04d}"),
        "website": ("website", "https://t{n}.example"),
    },
    "job": {
        "name": ("name", "Retitled there {n}"),
        "address": ("project_address", "{n} Far Road\nBroome WA 6725"),
        "scope": ("description", "Agreed there:\npoint {n}"),
    },
}
_UPDATE: dict[str, Callable[..., Any]] = {
    "organisation": update_organisation,
    "contact": update_contact,
    "job": update_job,
    "staff": update_staff,
}
SAME_RECORD_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class Edited:
    """One edit: where it was made, of what, and the value as it must compare on that side in the end."""

    here: bool
    kind: str
    link_id: int
    field: str
    value: Any
    label: str


class Editor:
    """Makes edits on fields that nobody has edited yet."""

    def __init__(self, bench: Bench, sides: Sequence[Side], sandbox: Sandbox, account: str, seed: int) -> None:
        self._bench, self._sandbox, self._account = bench, sandbox, account
        self._chance = random.Random(seed)
        self._types = {side.pair.kind: side.pair.remote_type for side in sides}
        self._links = [li for s in sides for li in s.links if li.state == LinkState.LIVE and not li.held_code]
        self._used: set[tuple[int, str]] = set()
        self._by = Actor.system(bench.firm_id, "check")
        self._number = 0

    def make(self, count: int) -> list[Edited]:
        """Half of the edits here, half there, in turns."""
        made: list[Edited] = []
        for turn in range(count):
            here = turn % 2 == 0
            again = not here and made and self._chance.random() < SAME_RECORD_SHARE
            link, field = self._free(here, made[-1].link_id if again else None)
            made.append(self._here(link, field) if here else self._there(link, field))
        return made

    def _free(self, here: bool, link_id: int | None) -> tuple[Link, str]:
        words = _HERE if here else _THERE
        while True:
            link = next((li for li in self._links if li.pk == link_id), None) or self._chance.choice(self._links)
            link_id = None
            fields = [name for name in words.get(link.kind, {}) if (link.pk, name) not in self._used]
            if fields:
                field = self._chance.choice(fields)
                self._used.add((link.pk, field))
                self._number += 1
                return link, field

    def _here(self, link: Link, field: str) -> Edited:
        text = _HERE[link.kind][field].format(n=self._number)
        options = {"accepted": {"similar_name"}} if link.kind == "organisation" else {}
        _UPDATE[link.kind](link.local_id, by=self._by, changes={field: text}, **options)
        record_map, f = self._field(link.kind, field)
        return Edited(True, link.kind, link.pk, field, canon_ours(record_map, f, text, self._bench.place), link.label)

    def _there(self, link: Link, field: str) -> Edited:
        theirs, text = _THERE[link.kind][field]
        text = text.format(n=self._number)
        self._sandbox.edit(self._account, self._types[link.kind], link.remote_id or "", {theirs: text})
        record_map, f = self._field(link.kind, field)
        return Edited(
            False, link.kind, link.pk, field, canon_theirs(record_map, f, text, self._bench.place), link.label
        )

    def _field(self, kind: str, field: str) -> tuple[Any, Any]:
        record_map = self._bench.connector.maps[kind]
        return record_map, record_map.field(field)


def lost(bench: Bench, sides: Sequence[Side], edits: Sequence[Edited]) -> list[str]:
    """The edits whose values no longer stand where they were made. That the other side agrees is compared apart."""
    by_kind = {side.pair.kind: side for side in sides}
    links = {li.pk: li for side in sides for li in side.links}
    found = []
    for edit in edits:
        side, link = by_kind[edit.kind], links.get(edit.link_id)
        record_map = bench.connector.maps[edit.kind]
        f = record_map.field(edit.field)
        ours = side.ours.get(link.local_id or 0) if link else None
        theirs = side.theirs.get(link.remote_id or "") if link else None
        if ours is None or theirs is None:
            found.append(f"{edit.kind} “{edit.label}”: {edit.field}, its record is gone")
        elif edit.here:
            now = canon_ours(record_map, f, ours.fields.get(edit.field), bench.place)
            if now != edit.value:
                found.append(f"{edit.kind} “{edit.label}”: {edit.field} typed here as {edit.value!r} is {now!r}")
        else:
            now = canon_theirs(record_map, f, theirs.fields.get(f.theirs), bench.place)
            if now != edit.value:
                found.append(f"{edit.kind} “{edit.label}”: {edit.field} typed there as {edit.value!r} is {now!r}")
    return found
