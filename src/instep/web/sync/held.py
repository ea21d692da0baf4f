"""Held records as pages print them: why, what might be the same, and what can be done about it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from instep.connect.actions.decisions import ABOUT_THEIRS, choices_of
from instep.connect.models import Link, LinkState, Observation
from instep.connect.models.links import MAYBE_MADE
from instep.connect.plan.meet import ACCEPT, TOLD
from instep.connect.plan.removals import GONE_HERE, GONE_THERE, RESTORED_HERE, TOO_MANY
from instep.connect.queries import said
from instep.connect.queries.waiting import IGNORED, MATCHES
from instep.connect.registry import connector_for
from instep.connect.removing import ARCHIVE, DELETE, UNLINK
from instep.kernel.records.kinds import FieldType
from instep.web.components.values import href
from instep.web.shell.request import FirmRequest
from instep.web.sync import words
from instep.web.sync.values import our_lists

MOST_CANDIDATES = 5
MOST_OTHERS = 8
UNJOINED = "value_not_mapped"
TAKEN = "name_taken"
"""The remote has a record of that name: it can be linked, or one of the two is renamed."""
_QUOTED = re.compile("“(.+?)”")


@dataclass(frozen=True)
class CandidateRow:
    """A record that may be the same."""

    record: str
    label: str
    rule: str
    compare_url: str
    linked: bool = False
    """Linked with another one already, so it cannot be chosen."""


@dataclass(frozen=True)
class Ending:
    """An answer that takes a record off the lists, or out of the sync."""

    choice: str
    label: str
    icon: str


@dataclass(frozen=True)
class HeldRow:
    """One record that waits."""

    id: int
    title: str
    kind: str
    kind_word: str
    icon: str
    where: str
    url: str
    remote_url: str
    remote: str
    connection: str
    reason: str
    since: datetime | None
    asks: bool
    """Whether somebody must do something; else it waits for another record."""
    candidates: Sequence[CandidateRow] = ()
    more_candidates: int = 0
    can_create: bool = False
    can_ignore: bool = False
    can_bring_back: bool = False
    parted: bool = False
    """An undo parted it from its counterpart: brought back, the two are linked again."""
    ends: Sequence[Ending] = ()
    """What can be done about the record that is left."""
    create_label: str = ""
    fix_url: str = ""
    fix_label: str = ""
    others: Sequence[tuple[str, str]] = ()
    """(name, page) of more records that wait for the very same thing."""
    more_others: int = 0
    joined: bool = False
    """Whether the row stands for records whose entry of a list is joined with none of the remote."""


def held_rows(request: FirmRequest, links: Sequence[Link]) -> list[HeldRow]:
    """Held records of any connections of the firm. Those that wait for the same entry of a list are one row, as one
    answer settles them.

    One query for the pages of those that are at the remote alone, one for the names of entries.
    """
    firm_id = request.actor.firm_id
    urls = _remote_urls(firm_id, [link for link in links if link.remote_id and not link.app_url])
    lists = our_lists(firm_id) if any(link.held_code == UNJOINED for link in links) else {}
    return _grouped([_row(request, link, urls, lists) for link in links])


def _grouped(rows: list[HeldRow]) -> list[HeldRow]:
    found: dict[object, HeldRow] = {}
    for row in rows:
        key = (row.connection, row.reason) if row.joined else row.id
        first = found.get(key)
        if first is None:
            found[key] = row
        elif len(first.others) < MOST_OTHERS:
            found[key] = replace(first, others=[*first.others, (row.title, row.url)])
        else:
            found[key] = replace(first, more_others=first.more_others + 1)
    return list(found.values())


def _remote_urls(firm_id: int, links: Sequence[Link]) -> dict[tuple[int, str, str], str]:
    if not links:
        return {}
    asked = Q(pk__in=[])
    for connection_id, remote_type in {(link.connection_id, link.remote_type) for link in links}:
        ids = [li.remote_id for li in links if (li.connection_id, li.remote_type) == (connection_id, remote_type)]
        asked |= Q(connection=connection_id, remote_type=remote_type, remote_id__in=ids)
    rows = Observation.objects.of(firm_id).filter(asked).exclude(url="")
    return {
        (connection_id, remote_type, remote_id): url
        for connection_id, remote_type, remote_id, url in rows.values_list(
            "connection_id", "remote_type", "remote_id", "url"
        )
    }


def _row(
    request: FirmRequest,
    link: Link,
    urls: dict[tuple[int, str, str], str],
    lists: Mapping[tuple[str, str], Mapping[str, str]],
) -> HeldRow:
    remote = connector_for(link.connection.provider).title
    code = link.held_code
    here = link.local_id is not None
    live = link.state == LinkState.LIVE
    parted = link.decision.get("undone") is not None
    may = _choices(link, live=live)
    candidates = (link.held_facts.get("candidates") or []) if code in (*MATCHES, TAKEN) else []
    told = link.app_url or urls.get((link.connection_id, link.remote_type, link.remote_id or ""), "")
    remote_url = href(FieldType.URL, told)
    url = words.record_url(link.kind, link.local_id)
    fix_url, fix_label = _fix(link, request, url=url, remote_url=remote_url, remote=remote)
    word = words.kind_word(link.kind, request.terms)
    return HeldRow(
        id=link.pk,
        title=link.label or _("No name"),
        kind=link.kind,
        kind_word=words.kind_word(link.kind, request.terms, title=True),
        icon=words.ICONS.get(link.kind, "file"),
        where=_where(link, remote),
        url=url,
        remote_url=remote_url,
        remote=remote,
        connection=link.connection.title,
        reason=_reason(link, remote, request, lists),
        since=link.held_at,
        asks=code not in words.BY_ITSELF,
        candidates=[_candidate(link, each) for each in candidates[:MOST_CANDIDATES]],
        more_candidates=max(0, len(candidates) - MOST_CANDIDATES),
        can_create="create" in may,
        can_ignore="ignore" in may,
        can_bring_back=code == IGNORED,
        parted=parted,
        ends=_endings(may, code, remote),
        create_label=_create_label(code, remote, word, here=here),
        fix_url=fix_url,
        fix_label=fix_label,
        joined=code == UNJOINED and not live,
    )


def _reason(link: Link, remote: str, request: FirmRequest, lists: Mapping[tuple[str, str], Mapping[str, str]]) -> str:
    told = said(link.held_reason, remote)
    name = str(link.held_facts.get("field", ""))
    quoted = _QUOTED.search(told)
    if link.held_code != UNJOINED or not name or quoted is None:
        return told
    record_map = connector_for(link.connection.provider).maps.get(link.kind)
    field = words.field_label(record_map.kind, name, request.terms) if record_map else name
    entry = lists.get((link.kind, name), {}).get(quoted[1], quoted[1])
    facts = {"field": field, "entry": entry, "remote": remote}
    if link.local_id is None:
        return _("%(field)s “%(entry)s” of %(remote)s stands for no entry here yet.") % facts
    return _("%(field)s “%(entry)s” stands for no entry of %(remote)s yet.") % facts


def _choices(link: Link, *, live: bool) -> frozenset[str]:
    """What may be answered, as the action takes it; looking again is always possible."""
    code = link.held_code
    if code == IGNORED:
        return frozenset()
    if live:
        return choices_of(link)
    if code == MAYBE_MADE:
        return frozenset({"create"})
    return frozenset({"create", "ignore"} if code in (*MATCHES, GONE_THERE, GONE_HERE) else {"ignore"})


def _endings(may: frozenset[str], code: str, remote: str) -> list[Ending]:
    facts = {"remote": remote}
    there = code in ABOUT_THEIRS
    found = [
        Ending(ARCHIVE, (_("Archive it in %(remote)s") if there else _("Archive it here")) % facts, "archive"),
        Ending(DELETE, _("Delete it in %(remote)s") % facts, "trash"),
        Ending(UNLINK, _("Unlink"), "unlink"),
        Ending(ACCEPT, _("Leave it so"), "check"),
    ]
    return [each for each in found if each.choice in may]


def _where(link: Link, remote: str) -> str:
    if link.state == LinkState.LIVE:
        return _("On both sides")
    if link.decision.get("undone") is not None:
        return _("On both sides, not linked")
    return _("Only in Instep") if link.local_id is not None else _("Only in %(r)s") % {"r": remote}


def _create_label(code: str, remote: str, word: str, *, here: bool) -> str:
    facts = {"kind": word, "remote": remote}
    if code == MAYBE_MADE:
        return _("It was not made: send it again")
    if code in (GONE_THERE, GONE_HERE, RESTORED_HERE):
        there = code != GONE_HERE
        return (_("Make it anew in %(remote)s") if there else _("Make it anew in Instep")) % facts
    return (_("Make a new %(kind)s in %(remote)s") if here else _("Make a new %(kind)s in Instep")) % facts


def _candidate(link: Link, said: dict[str, Any]) -> CandidateRow:
    record = str(said.get("record", ""))
    rules = {
        "name": _("same name"),
        "email": _("same email"),
        "tax_number": _("same tax number"),
        "number": _("same number"),
        "amount+invoice": _("same amount and invoice"),
        "content": _("made at that time, with the same values"),
        "moment": _("made at that time"),
    }
    return CandidateRow(
        record=record,
        label=str(said.get("label") or record),
        rule=rules.get(str(said.get("rule", "")), ""),
        compare_url=reverse("connect:compare", args=[link.pk, record]) if record else "",
        linked=bool(said.get("linked")),
    )


def _fix(link: Link, request: FirmRequest, *, url: str, remote_url: str, remote: str) -> tuple[str, str]:
    """The page where the cause can be mended, and what its button says."""
    code = link.held_code
    if code in MATCHES or code == IGNORED:
        return "", ""
    if code == TOO_MANY:
        return reverse("connect:preview", args=[link.connection_id]), _("See the preview")
    if code in TOLD and remote_url:
        return remote_url, _("Open it in %(remote)s") % {"remote": remote}
    if code == UNJOINED:
        return reverse("connect:fields", args=[link.connection_id]) + "#lists", _("Join the entries")
    client = link.held_facts.get("client_id")
    if isinstance(client, int) and (target := words.record_url("organisation", client)):
        name = link.held_facts.get("client") or words.kind_word("organisation", request.terms)
        return target, _("Open %(name)s") % {"name": name}
    if code == "waits" and ":" in link.waits_for and not link.waits_for.startswith("there:"):
        kind, _colon, record_id = link.waits_for.partition(":")
        target = words.record_url(kind, int(record_id)) if record_id.isdecimal() else ""
        if target:
            return target, _("Open the %(kind)s it waits for") % {"kind": words.kind_word(kind, request.terms)}
    if code == "needs_field" and link.local_id is None and remote_url:
        return remote_url, _("Open it in %(remote)s") % {"remote": remote}
    if url:
        return url, _("Open the %(kind)s") % {"kind": words.kind_word(link.kind, request.terms)}
    if remote_url:
        return remote_url, _("Open it in %(remote)s") % {"remote": remote}
    return "", ""
