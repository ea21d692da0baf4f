"""The words of the sync: kinds and fields in the firm's vocabulary, states, operations, outcomes."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from instep.base.settings.vocabulary import Terms
from instep.connect.fieldmap import Way
from instep.connect.models import ConnectionState, OpKind, OpState, Run, RunState
from instep.connect.models.plans import REMOVALS
from instep.connect.policies import Policy
from instep.connect.queries import waiting
from instep.connect.registry import side_for
from instep.connect.rules import OFF
from instep.kernel.errors import NotFound
from instep.kernel.records.kinds import Kind
from instep.web.components.diffs import Verdict
from instep.web.shell.tones import Tone

# Fields that are named by a term of the vocabulary; the others by the label of the shared record words.
_TERM_OF_FIELD = {
    ("job", "client"): "client",
    ("job", "handler"): "handler",
    ("contact", "organisation"): "organisation",
}
ICONS = {"organisation": "building", "contact": "person", "job": "briefcase", "staff": "id-card"}

STATES: dict[str, tuple[Any, Tone]] = {
    ConnectionState.SETUP: (gettext_lazy("Not linked yet"), Tone.INFO),
    ConnectionState.ACTIVE: (gettext_lazy("Running"), Tone.OK),
    ConnectionState.PAUSED: (gettext_lazy("Paused"), Tone.CHANGED),
    ConnectionState.NEEDS_PERSON: (gettext_lazy("Needs you"), Tone.ASK),
    ConnectionState.DISCONNECTED: (gettext_lazy("Disconnected"), Tone.NEUTRAL),
}
COPY: tuple[Any, Tone] = (gettext_lazy("Only looks"), Tone.ASK)
"""Of a connection of another installation, whose database this is a copy of."""
RUN_STATES: dict[str, tuple[Any, Tone]] = {
    RunState.RUNNING: (gettext_lazy("Running"), Tone.INFO),
    RunState.DONE: (gettext_lazy("Done"), Tone.OK),
    RunState.STOPPED: (gettext_lazy("Stopped early"), Tone.ASK),
}
OP_STATES: dict[str, tuple[Any, Tone]] = {
    OpState.SENDING: (gettext_lazy("Being sent"), Tone.INFO),
    OpState.PROPOSED: (gettext_lazy("Not begun"), Tone.NEUTRAL),
    OpState.APPLIED: (gettext_lazy("Done"), Tone.OK),
    OpState.STALE: (gettext_lazy("Skipped: it had changed"), Tone.NEUTRAL),
    OpState.FAILED: (gettext_lazy("Refused"), Tone.BAD),
    OpState.HELD: (gettext_lazy("Held"), Tone.ASK),
    OpState.SKIPPED: (gettext_lazy("Skipped"), Tone.NEUTRAL),
    OpState.UNKNOWN: (gettext_lazy("No answer yet"), Tone.CHANGED),
}
OUTCOMES: dict[str, tuple[Any, Tone]] = {
    "done": (gettext_lazy("Done"), Tone.OK),
    "recovered": (gettext_lazy("Found again after a lost answer"), Tone.OK),
    "refused": (gettext_lazy("Refused"), Tone.BAD),
    "unknown": (gettext_lazy("No answer"), Tone.CHANGED),
    "left": (gettext_lazy("Left as it is"), Tone.NEUTRAL),
}
VERDICTS = {
    OpKind.CREATE_THERE: Verdict.NEW,
    OpKind.CREATE_HERE: Verdict.NEW,
    OpKind.UPDATE_THERE: Verdict.CHANGED,
    OpKind.UPDATE_HERE: Verdict.CHANGED,
    OpKind.LINK: Verdict.SAME,
    OpKind.REBASE: Verdict.SAME,
    OpKind.ARCHIVE_HERE: Verdict.GONE,
    OpKind.ARCHIVE_THERE: Verdict.GONE,
    OpKind.DELETE_THERE: Verdict.GONE,
    OpKind.RESTORE_HERE: Verdict.NEW,
    OpKind.UNLINK: Verdict.GONE,
    OpKind.MOVE: Verdict.CHANGED,
    OpKind.HOLD: Verdict.ASK,
}
BY_ITSELF = frozenset({*waiting.BY_ITSELF, waiting.IGNORED, waiting.PUT_AWAY})
"""Held rows that need nobody: they wait for another record, or somebody left them out."""


def kind_word(kind: str, terms: Terms, *, plural: bool = False, title: bool = False) -> str:
    """The firm's word for a kind of record."""
    if kind not in terms.terms:
        word = kind.replace("_", " ") + ("s" if plural else "")
        return word.capitalize() if title else word
    if title:
        return terms.title_plural(kind) if plural else terms.title(kind)
    return terms.plural(kind) if plural else terms(kind)


def counted(count: int, kind: str, terms: Terms) -> str:
    """ "1 project", "1,200 projects"."""
    return f"{count:,} {kind_word(kind, terms, plural=count != 1)}"


def field_label(kind: Kind, name: str, terms: Terms) -> str:
    """The name of a field on pages."""
    term = _TERM_OF_FIELD.get((kind.key, name))
    if term:
        return terms.title(term)
    return kind.field(name).label if name in kind.names else name.replace("_", " ").capitalize()


def op_word(op: str, remote: str) -> str:
    """What a planned row will do."""
    said = {
        OpKind.CREATE_THERE: _("New in %(remote)s"),
        OpKind.UPDATE_THERE: _("Changed in %(remote)s"),
        OpKind.CREATE_HERE: _("New in Instep"),
        OpKind.UPDATE_HERE: _("Changed in Instep"),
        OpKind.LINK: _("Linked, as they are the same"),
        OpKind.REBASE: _("The same on both sides"),
        OpKind.ARCHIVE_HERE: _("Archived in Instep"),
        OpKind.ARCHIVE_THERE: _("Archived in %(remote)s"),
        OpKind.DELETE_THERE: _("Deleted in %(remote)s"),
        OpKind.RESTORE_HERE: _("Back on the lists in Instep"),
        OpKind.UNLINK: _("Unlinked"),
        OpKind.MOVE: _("Linked with the record it was merged into"),
        OpKind.HOLD: _("Held"),
    }
    return said.get(OpKind(op), op) % {"remote": remote} if op in set(OpKind) else op


def policy_word(policy: str, remote: str, *, owned: bool = False) -> str:
    """What decides a field that both sides changed; of one that a side owns, what becomes of an edit on the other."""
    if owned:
        return _("left as it is, and noted") if policy == Policy.IGNORE else _("put back")
    said = {
        Policy.IGNORE: _("left as it is, and noted"),
        Policy.OWNER: _("its owner; without one, a person"),
        Policy.ASK: _("a person"),
        Policy.OURS: _("always Instep"),
        Policy.THEIRS: _("always %(remote)s"),
        Policy.NEWEST: _("the later edit"),
        Policy.UNION: _("the lines of both"),
        Policy.LONGEST: _("the longer text"),
    }
    return said[Policy(policy)] % {"remote": remote} if policy in set(Policy) else policy


def way_word(way: str, remote: str) -> str:
    """A way as a choice."""
    said = {
        Way.BOTH: _("both ways"),
        Way.PUSH: _("only to %(remote)s"),
        Way.PULL: _("only from %(remote)s"),
        Way.SEED: _("first from %(remote)s, then only to it"),
        Way.SEED_THERE: _("first to %(remote)s, then only from it"),
        Way.ONCE: _("once, when it is made"),
        OFF: _("not synced"),
    }
    return said.get(way, way) % {"remote": remote}


def side_word(side: str, remote: str) -> str:
    """Where something was written."""
    return remote if side == "there" else "Instep"


def verdict_of(op: str, codes: list[str], state: str = OpState.PROPOSED) -> Verdict:
    """The colour of a planned row: what waits by itself is grey, what needs a person orange."""
    if state == OpState.FAILED:
        return Verdict.FAILED
    if state in (OpState.STALE, OpState.SKIPPED):
        return Verdict.SKIPPED
    if op in REMOVALS and codes:
        return Verdict.ASK
    if op == OpKind.HOLD and codes and set(codes) <= BY_ITSELF:
        return Verdict.SKIPPED
    return VERDICTS.get(OpKind(op), Verdict.SAME) if op in set(OpKind) else Verdict.SAME


def record_url(kind: str, record_id: int | None) -> str:
    """Our page of a record; "" where there is none."""
    if record_id is None:
        return ""
    try:
        return side_for(kind).page_path(record_id)
    except NotFound:
        return ""


def run_name(run: Run) -> str:
    """ "Run 14"."""
    return _("Run %(number)d") % {"number": run.pk}


def purpose_word(purpose: str) -> str:
    """Why a run or plan was made."""
    said = {"first_link": _("First link"), "sync": _("Sync"), "manual": _("From a preview"), "undo": _("Undo")}
    return said.get(purpose, purpose.replace("_", " ").capitalize())


def operation_word(operation: str, remote: str) -> str:
    """A call as a person reads it: "list companies" becomes "Reading companies"."""
    verb, _space, what = operation.partition(" ")
    said = {
        "list": _("Reading %(what)s in %(remote)s"),
        "read": _("Looking at %(what)s in %(remote)s"),
        "create": _("Making %(what)s in %(remote)s"),
        "update": _("Changing %(what)s in %(remote)s"),
    }
    return said[verb] % {"what": what, "remote": remote} if verb in said else operation
