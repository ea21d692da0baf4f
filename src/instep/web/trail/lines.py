"""Audit entries as lines: a sentence, the record by its name with its page, the fields that changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, F, Value
from django.db.models.functions import Concat, Trim
from django.urls import reverse
from django.utils.translation import gettext as _

from instep.base.audit.models import AuditEntry
from instep.base.identity.models import Membership
from instep.base.settings.vocabulary import Terms
from instep.billing.models import Document
from instep.connect.models import Connection, Plan
from instep.crm.models import Contact, Organisation
from instep.jobs.models import Job, JobStatus, JobType, Project
from instep.kernel.money import Money
from instep.staff.models import StaffResource
from instep.web.components.formats import Form
from instep.web.components.timelines import Happening, happenings
from instep.web.shell.request import FirmRequest
from instep.web.sync.words import record_url
from instep.web.trail import money, words

_PERSON = Trim(Concat(F("first_name"), Value(" "), F("last_name"), output_field=CharField()))
# kind: its model and what its rows are called.
_NAMES: dict[str, tuple[Any, Any, str]] = {
    "organisation": (Organisation, F("name"), "pk"),
    "contact": (Contact, _PERSON, "pk"),
    "staff": (StaffResource, _PERSON, "pk"),
    "job": (Job, F("name"), "pk"),
    "project": (Project, F("name"), "pk"),
    "job_status": (JobStatus, F("name"), "pk"),
    "job_type": (JobType, F("name"), "pk"),
    "connection": (Connection, F("title"), "pk"),
    "plan": (Plan, F("connection__title"), "pk"),
    "membership": (Membership, F("user__name"), "pk"),
    "user": (Membership, F("user__name"), "user_id"),
    "invoice": (Document, F("number"), "pk"),
    "credit_note": (Document, F("number"), "pk"),
}
# Changed fields that hold the key of a record.
_REFERENCES = {
    ("job", "client"): "organisation",
    ("job", "handler"): "staff",
    ("job", "project"): "project",
    ("contact", "organisation"): "organisation",
    ("organisation", "account_manager"): "staff",
    ("organisation", "default_handler"): "staff",
    ("membership", "user"): "user",
}
# Amounts that are stored as whole minor units alone.
_AMOUNTS = (" fee", "_fee", " contract", "_contract")
_SUMS = frozenset({"total", "amount_minor"})
_NAMED_OF_MANY = 3
_LONGEST = 70

Key = tuple[str, int]


@dataclass(frozen=True)
class Line:
    """One entry. `name` is the record's, `url` its page; `changes` are lines such as "Fee: – → $1,200.00"."""

    entry: AuditEntry
    sentence: str
    name: str
    url: str
    icon: str
    tone: Any
    changes: Sequence[str]


def lines(request: FirmRequest, entries: Sequence[AuditEntry]) -> list[Line]:
    """Entries with the names of what they are about; one query."""
    names = names_of(request.actor.firm_id, _asked(entries))
    form = Form.of(request.firm)
    may_see = request.actor.can(money.SEE_RATES)
    return [_line(_cleared(entry, may_see), names, request.terms, form) for entry in entries]


def _cleared(entry: AuditEntry, may_see_rates: bool) -> AuditEntry:
    entry.changes = money.shown_to(may_see_rates, entry)
    return entry


def as_happenings(shown: Iterable[Line]) -> list[Happening]:
    """The same lines for a timeline, most of their changes told by the fields' names alone."""
    return [
        Happening(
            at=line.entry.at,
            sentence=f"{_short(line.name)}: {line.sentence}" if line.name else line.sentence,
            who=line.entry.actor_name,
            icon=line.icon,
            tone=line.tone,
            url=line.url,
            changes=list(line.changes[:3])
            + ([_("and %(count)d more") % {"count": len(line.changes) - 3}] if len(line.changes) > 3 else []),
        )
        for line in shown
    ]


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"


def names_of(firm_id: int, asked: Iterable[Key]) -> dict[Key, str]:
    """{(kind, key): name} of records of the firm that are still there; one query for all kinds."""
    by_kind: dict[str, set[int]] = {}
    for kind, key in asked:
        if kind in _NAMES:
            by_kind.setdefault(kind, set()).add(key)
    parts = []
    for kind, keys in by_kind.items():
        model, name, key = _NAMES[kind]
        rows = model.objects.of(firm_id).filter(**{f"{key}__in": keys}).order_by()
        parts.append(rows.values_list(F(key), name, Value(kind, output_field=CharField())))
    if not parts:
        return {}
    rows = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]
    return {(kind, key): name for key, name, kind in rows}


def _asked(entries: Sequence[AuditEntry]) -> set[Key]:
    found: set[Key] = set()
    for entry in entries:
        if entry.record_id is not None:
            found.add((entry.kind, entry.record_id))
        else:
            found.update((entry.kind, int(key)) for key in _many(entry)[:_NAMED_OF_MANY])
        for name, change in entry.changes.items():
            kind = _REFERENCES.get((entry.kind, name))
            if kind and isinstance(change, list):
                found.update((kind, value) for value in change if isinstance(value, int))
    return found


def _many(entry: AuditEntry) -> list[str]:
    """The keys of the records that one entry tells of together."""
    if entry.record_id is not None or not entry.changes:
        return []
    keys = [key for key, change in entry.changes.items() if key.isdecimal() and isinstance(change, dict | list)]
    return keys if len(keys) == len(entry.changes) else []


def _line(entry: AuditEntry, names: Mapping[Key, str], terms: Terms, form: Form) -> Line:
    icon, tone = words.look(entry.event)
    together = _many(entry)
    if together:
        known = [names[entry.kind, int(key)] for key in together[:_NAMED_OF_MANY] if (entry.kind, int(key)) in names]
        more = len(together) - len(known)
        listed = ", ".join(known) + (_(" and %(count)d more") % {"count": more} if more and known else "")
        return Line(
            entry, words.many(entry.event, len(together), terms), "", "", icon, tone, [listed] if listed else []
        )
    show = {
        name: {key: label for (kind, key), label in names.items() if kind == referred}
        for (owner, name), referred in _REFERENCES.items()
        if owner == entry.kind
    }
    labels = {name: words.label(entry.kind, name, terms) for name in entry.changes}
    [happening] = happenings([_told(entry, form, terms)], labels=labels, show=show)
    name = names.get((entry.kind, entry.record_id or 0), "") or _name_in(entry)
    return Line(entry, words.sentence(entry.event, terms), name, _url(entry), icon, tone, happening.changes)


def _told(entry: AuditEntry, form: Form, terms: Terms) -> AuditEntry:
    """The entry with its amounts as people write them."""
    if entry.event == "plan.approved":
        return _approved(entry)
    currency = form.currency
    for change in entry.changes.values():
        for value in change if isinstance(change, list) else ():
            if isinstance(value, dict) and value.get("currency"):
                currency = value["currency"]
    # Two lists are joined entry by entry; the note is which list it is.
    note = words.noun(entry.note, terms) if entry.event.startswith("connection.values_") else entry.note
    changes = {
        name: [_amount(name, value, currency, form) for value in change] if isinstance(change, list) else change
        for name, change in entry.changes.items()
    }
    return AuditEntry(at=entry.at, actor_name=entry.actor_name, event=entry.event, changes=changes, note=note)


def _approved(entry: AuditEntry) -> AuditEntry:
    """The approval of a preview with what it showed in a sentence."""
    _before, counts = entry.changes.get("rows") or (None, {})
    _before, left_out = entry.changes.get("skipped") or (None, [])
    said = words.approved(counts or {}, len(left_out or ()))
    return AuditEntry(at=entry.at, actor_name=entry.actor_name, event=entry.event, changes={}, note=said)


def _amount(name: str, value: Any, currency: str, form: Form) -> Any:
    if isinstance(value, dict) and isinstance(value.get("minor"), int):
        return form.money(Money.from_minor(value["minor"], value.get("currency") or currency))
    if type(value) is int and (name.endswith(_AMOUNTS) or name in _SUMS):
        return form.money(Money.from_minor(value, currency))
    return money.figure(name, value)


def _name_in(entry: AuditEntry) -> str:
    change = entry.changes.get("name")
    said = change[1] if isinstance(change, list) and len(change) == 2 else None
    return said if isinstance(said, str) else ""


def _url(entry: AuditEntry) -> str:
    if entry.record_id is None:
        return ""
    if entry.kind == "connection":
        return reverse("connect:overview", args=[entry.record_id])
    pages = {
        "user": "people",
        "membership": "people",
        "job_status": "statuses",
        "job_type": "types",
        "series": "numbers",
    }
    if entry.kind in pages:
        return reverse(f"settings:{pages[entry.kind]}")
    return money.page_of(entry.kind, entry.record_id) or record_url(entry.kind, entry.record_id)
