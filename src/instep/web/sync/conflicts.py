"""Conflicts as pages print them: both values beside each other, and what each button does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from instep.connect.models import Conflict, ConflictState
from instep.kernel.records.kinds import FieldType
from instep.web.components.diffs import compared
from instep.web.components.values import href
from instep.web.shell.request import FirmRequest
from instep.web.sync import words
from instep.web.sync.values import OURS, THEIRS, Asked, Reader, reader_for


@dataclass(frozen=True)
class ConflictRow:
    """One field that both sides changed."""

    id: int
    title: str
    kind: str
    icon: str
    url: str
    remote_url: str
    field: str
    ours: Any
    theirs: Any
    agreed: Any
    remote: str
    since: datetime
    ours_who: str = ""
    theirs_who: str = ""
    """Who set the value, where that is known."""
    ours_at: datetime | None = None
    theirs_at: datetime | None = None
    policy: str = ""
    """Why nothing but a person decides it, or which rule did."""
    decided: str = ""
    """In a sentence, once it is decided."""
    loser: str = ""
    """Whose value can be put back: "Instep" or the remote."""
    put_back: str = ""
    """In a sentence, once it was."""
    reopens: bool = False
    """A person decided it: that can be taken back."""


def conflict_rows(request: FirmRequest, conflicts: Sequence[Conflict]) -> list[ConflictRow]:
    """Conflicts of any connections of the firm with their values shown; the reader's queries for each connection."""
    readers: dict[int, Reader] = {}
    for connection in {c.connection_id: c.connection for c in conflicts}.values():
        mine = [c for c in conflicts if c.connection_id == connection.pk]
        readers[connection.pk] = reader_for(request, connection, [each for c in mine for each in _asked(c)])
    return [_row(readers[c.connection_id], c) for c in conflicts]


def _asked(conflict: Conflict) -> tuple[Asked, Asked, Asked]:
    kind = conflict.link.kind
    return (
        Asked(kind, conflict.field, conflict.ours, OURS),
        Asked(kind, conflict.field, conflict.theirs, THEIRS),
        Asked(kind, conflict.field, conflict.base_theirs, THEIRS),
    )


def _row(reader: Reader, conflict: Conflict) -> ConflictRow:
    link = conflict.link
    ours, theirs, agreed = (reader.show(each) for each in _asked(conflict))
    shown_ours, shown_theirs = _side_by_side(ours, theirs)
    return ConflictRow(
        id=conflict.pk,
        title=link.label or _("No name"),
        kind=words.kind_word(link.kind, reader.terms, title=True),
        icon=words.ICONS.get(link.kind, "file"),
        url=words.record_url(link.kind, link.local_id),
        remote_url=href(FieldType.URL, link.app_url),
        field=reader.label(link.kind, conflict.field),
        ours=shown_ours,
        theirs=shown_theirs,
        agreed=agreed,
        remote=reader.remote,
        since=conflict.opened_at,
        ours_who=conflict.ours_by,
        theirs_who=conflict.theirs_by,
        ours_at=conflict.ours_at,
        theirs_at=conflict.theirs_at,
        policy=words.policy_word(conflict.policy, reader.remote),
        decided=_decided(conflict, reader.remote),
        loser=_loser(conflict, reader.remote),
        put_back=_("%(who)s put the other value back.") % {"who": conflict.restored_by} if conflict.restored_at else "",
        reopens=bool(conflict.decided_by),
    )


def _side_by_side(ours: Any, theirs: Any) -> Any:
    plain = all(isinstance(v, str) and not isinstance(v, SafeString) for v in (ours, theirs))
    if plain:
        return compared(str(ours), str(theirs))
    return tuple(None if v is None else conditional_escape(v) for v in (ours, theirs))


def _loser(conflict: Conflict, remote: str) -> str:
    if conflict.state != ConflictState.DECIDED or conflict.restored_at:
        return ""
    return {"ours": remote, "theirs": "Instep"}.get(conflict.decision, "")


def _decided(conflict: Conflict, remote: str) -> str:
    said = {"remote": remote, "who": conflict.decided_by, "rule": words.policy_word(conflict.policy, remote)}
    if conflict.decision and not conflict.decided_by:
        return {
            "ours": _("The rule “%(rule)s” kept the value of Instep."),
            "theirs": _("The rule “%(rule)s” kept the value of %(remote)s."),
        }.get(conflict.decision, _("The rule “%(rule)s” put both together.")) % said
    if conflict.decision == "ours":
        return _("%(who)s kept the value of Instep.") % said
    if conflict.decision == "theirs":
        return _("%(who)s kept the value of %(remote)s.") % said
    return _("Both sides came to the same value by themselves.") if conflict.closed_at else ""
