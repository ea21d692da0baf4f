"""A plan as grouping rows and their lines: warning sign, count, errors, total, and the lines (D-02 to D-08)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from instep.bridge.accounting.figures import Figures, figures_of, figures_of_payment
from instep.bridge.accounting.groups import BESIDE, GROUPS, Group
from instep.connect.models import Connection, OpKind, OpState, PlanOp, Severity
from instep.connect.queries import said
from instep.connect.registry import connector_for
from instep.kernel.money import Money
from instep.web.shell.tones import Tone
from instep.web.sync import words


@dataclass(frozen=True, slots=True)
class Trouble:
    """One message of a line, with the place where it is mended."""

    sentence: str
    url: str
    label: str


@dataclass(frozen=True)
class Line:
    """One record of a group."""

    no: int
    kind: str
    title: str
    does: str
    figures: Figures
    url: str = ""
    details_url: str = ""
    troubles: Sequence[Trouble] = ()
    last_time: str = ""
    """What the remote said when it was refused before."""
    adopted: bool = False
    """It is there already: the two are joined, and nothing is sent (its total says so)."""
    beside: bool = False
    """It goes along with the documents that need it."""

    @property
    def tickable(self) -> bool:
        """Whether it can be left out by itself: what goes along cannot, unless it needs a person."""
        return not self.beside or bool(self.troubles)

    @property
    def minor(self) -> int:
        """What it adds to its group's total, in minor units; nothing where it is there already."""
        return self.figures.total.minor if self.figures.total is not None and not self.adopted else 0

    @property
    def currency(self) -> str:
        return self.figures.total.currency if self.figures.total is not None else ""


@dataclass
class Shown:
    """One grouping row."""

    group: Group
    lines: list[Line] = field(default_factory=list)

    @property
    def key(self) -> str:
        return self.group.key

    @property
    def label(self) -> str:
        return str(self.group.label)

    @property
    def count(self) -> int:
        """Records that would be sent or taken over."""
        return len(self.lines)

    @property
    def errors(self) -> int:
        """Lines with an error, however many messages each has (D-05)."""
        return sum(bool(line.troubles) for line in self.lines)

    @property
    def messages(self) -> int:
        return sum(len(line.troubles) for line in self.lines)

    @property
    def totals(self) -> list[Money]:
        """The sum in each currency (trap 16); lines that are left out are not in it."""
        sums: dict[str, int] = defaultdict(int)
        for line in self.lines:
            if line.currency:
                sums[line.currency] += line.minor
        return [Money.from_minor(minor, currency) for currency, minor in sorted(sums.items())]


def grouped(connection: Connection, ops: Sequence[PlanOp]) -> list[Shown]:
    """The seven groups, empty ones too; what goes beside them last, when there is any. One query for each kind."""
    moving = [op for op in ops if not _silent(op) and op.state != OpState.SKIPPED]
    ids: dict[str, list[int]] = defaultdict(list)
    for op in moving:
        if op.local_id is not None:
            ids[op.kind].append(op.local_id)
    known = figures_of(connection.firm_id, ids)
    shown = [_group(connection, group, moving, known) for group in GROUPS]
    beside = _group(connection, BESIDE, moving, known)
    return [*shown, beside] if beside.lines else shown


def _silent(op: PlanOp) -> bool:
    """Nothing moves and nobody is asked: both sides say the same already, or the record is left out or waits."""
    return op.op == OpKind.REBASE or (op.op == OpKind.HOLD and op.severity == Severity.INFO)


def _group(
    connection: Connection, group: Group, ops: Sequence[PlanOp], known: Mapping[tuple[str, int], Figures]
) -> Shown:
    lines = [_line(connection, op, known) for op in ops if op.kind in group.kinds]
    # What goes along is no line of its own, unless it needs a person.
    lines += [_line(connection, op, known) for op in ops if op.kind in group.with_kinds and op.errors]
    return Shown(group, lines)


def _line(connection: Connection, op: PlanOp, known: Mapping[tuple[str, int], Figures]) -> Line:
    remote = connector_for(connection.provider).title
    figures = known.get((op.kind, op.local_id or 0))
    if figures is None:
        is_payment = op.kind == "payment" and op.op == OpKind.CREATE_HERE
        figures = figures_of_payment(connection.firm_id, op.body) if is_payment else Figures("", "", None, None)
    return Line(
        no=op.no,
        kind=words.ICONS.get(op.kind, "file"),
        title=figures.number or op.label,
        does=_("Already there, the same: joined") if op.op == OpKind.LINK else words.op_word(op.op, remote),
        figures=figures,
        url=words.record_url(op.kind, op.local_id),
        details_url=reverse("transfer:line", args=[op.plan_id, op.no]),
        troubles=[_trouble(connection, op, error, remote) for error in op.errors],
        last_time=said(op.link.held_reason, remote) if _was_refused(op) and op.link is not None else "",
        adopted=op.op == OpKind.LINK,
        beside=op.kind in BESIDE.kinds,
    )


def _was_refused(op: PlanOp) -> bool:
    """There, or here: what holds a record that would be written here is what was said when that was tried."""
    if op.link is None or op.errors:
        return False
    return op.link.held_code == "rejected" or (op.op in _HERE and bool(op.link.held_code))


def _trouble(connection: Connection, op: PlanOp, error: Mapping[str, Any], remote: str) -> Trouble:
    """The message with what mends it: a list, our record, or the remote's own page."""
    code, sentence = str(error.get("code", "")), said(str(error.get("sentence", "")), remote)
    if code == "value_not_mapped":
        return Trouble(sentence, reverse("connect:fields", args=[connection.pk]) + "#lists", _("Map it"))
    if code in _CHOSEN and op.link_id is not None:
        url = reverse("connect:held", args=[connection.pk])
        return Trouble(sentence, f"{url}?record={op.link_id}", _("Choose"))
    url = words.record_url(op.kind, op.local_id)
    return Trouble(sentence, url, _("Edit") if url else "")


_HERE = frozenset({OpKind.CREATE_HERE.value, OpKind.UPDATE_HERE.value})
_CHOSEN = frozenset(
    {"possible_match", "ambiguous_match", "gone_there", "changed_there", "conflict", "name_taken", "differs"}
)


def tone_of(shown: Shown) -> Tone:
    """Orange where a person is needed."""
    return Tone.ASK if shown.errors else Tone.NEUTRAL
