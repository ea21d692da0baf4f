"""What becomes of two linked records when one of them has ended: gone, put away, or merged into another. Pure (b.6).

By itself the engine asks. A rule that somebody set for the pair, or an answer about the one record, makes a row of the
plan. What was changed on the side that is left is never taken away by a rule.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from instep.connect.fieldmap import Place, RecordMap
from instep.connect.models.plans import OpKind
from instep.connect.plan.subject import Draft, Subject, hold, label_of
from instep.connect.removing import ARCHIVE, ASK, DELETE, IGNORE, UNLINK
from instep.connect.translate import canonical_ours

GONE_THERE, GONE_HERE = "gone_there", "gone_here"
ARCHIVED_HERE, ARCHIVED_THERE = "archived_here", "archived_there"
RESTORED_HERE, RESTORED_THERE = "restored_here", "restored_there"
"""Both were put away, and somebody brought one of them back: no rule puts it away again."""
PUT_AWAY = "put_away"
"""Both have ended: the link sleeps, and nobody is asked."""
MERGED_THERE, MERGE_WAIT = "merged_there", "merge_wait"
TOO_MANY = "too_many_removals"
RELINK = "relink"
"""One side was made anew: somebody says whether it is the same record as before."""
LEFT_OUT = "ignored"
_BROUGHT_BACK = (PUT_AWAY, RESTORED_HERE, RESTORED_THERE)


@dataclass(frozen=True, slots=True)
class Rules:
    """What somebody set for a pair, and what can be done at all."""

    here: str = ASK
    """About our record, when theirs has ended."""
    there: str = ASK
    can_here: bool = False
    can_there: Collection[str] = ()


def asleep(subject: Subject) -> bool:
    """Whether both linked records have ended."""
    here = subject.ours is not None and not subject.ours.archived
    there = subject.theirs is not None and not subject.theirs.over
    return not here and not there


def ended(record_map: RecordMap, subject: Subject, rules: Rules, place: Place) -> list[Draft]:
    """The rows for a link of which at least one record has ended."""
    link, ours, theirs = subject.link, subject.ours, subject.theirs
    assert link is not None
    if link.choice == IGNORE:
        return [hold(subject, LEFT_OUT, "One of the two records is gone, and somebody chose to leave it at that.")]
    if link.choice == UNLINK:
        return [_row(OpKind.UNLINK, record_map, subject, place)]
    if theirs is not None and theirs.merged_into and not theirs.gone and subject.survivor is not None:
        return [_merged(record_map, subject, rules, place)]
    if asleep(subject):
        return _both(subject)
    here = ours is not None and not ours.archived
    edited = _edited(record_map, subject, place, here=here)
    brought_back = link.held_code in _BROUGHT_BACK
    asked = link.choice in (ARCHIVE, DELETE)
    how = link.choice if asked else ASK if edited or brought_back else rules.here if here else rules.there
    row = _by_rule(record_map, subject, rules, place, how=how, here=here)
    if row is None:
        return [_ask(subject, edited, here=here, brought_back=brought_back)]
    if not asked and row.op is not OpKind.HOLD:
        row.facts["rule"] = how
    return [row]


def _by_rule(
    record_map: RecordMap, subject: Subject, rules: Rules, place: Place, *, how: str, here: bool
) -> Draft | None:
    """The row that does `how`; None where somebody has to be asked."""
    if how == IGNORE:
        return hold(subject, LEFT_OUT, "Its counterpart is gone or archived, and a rule says to leave it at that.")
    if how == UNLINK:
        return _row(OpKind.UNLINK, record_map, subject, place)
    if here and how == ARCHIVE and rules.can_here:
        return _row(OpKind.ARCHIVE_HERE, record_map, subject, place)
    if not here and how in rules.can_there:
        return _row(OpKind.ARCHIVE_THERE if how == ARCHIVE else OpKind.DELETE_THERE, record_map, subject, place)
    return None


def _row(op: OpKind, record_map: RecordMap, subject: Subject, place: Place) -> Draft:
    """A row that ends something, with all that must still be so when it is carried out."""
    link, ours, theirs = subject.link, subject.ours, subject.theirs
    assert link is not None
    draft = Draft(op, subject, label_of(subject), local_id=link.local_id, remote_id=link.remote_id or "")
    here, there = ours is not None and not ours.archived, theirs is not None and not theirs.over
    draft.facts["over"] = [side for side, left in (("here", here), ("there", there)) if not left]
    if here and ours is not None:
        draft.checks["ours"] = canonical_ours(record_map, ours.raw, place)
    if there and theirs is not None:
        draft.checks["theirs"] = dict(theirs.canonical)
    if op is OpKind.DELETE_THERE and theirs is not None:
        # The journal keeps all that it said.
        said = [(f.ours, theirs.raw.get(f.theirs)) for f in record_map.fields]
        draft.changes = [{"field": n, "from": v, "to": None, "why": ""} for n, v in said if v is not None]
    if op in (OpKind.ARCHIVE_THERE, OpKind.DELETE_THERE):
        draft.body["how"] = DELETE if op is OpKind.DELETE_THERE else ARCHIVE
    return draft


def _both(subject: Subject) -> list[Draft]:
    """Both have ended: the link sleeps until one of them comes back."""
    link, theirs = subject.link, subject.theirs
    assert link is not None
    if link.held_code == PUT_AWAY or (subject.ours is None and (theirs is None or theirs.gone)):
        return []
    sentence = "It is off the lists on both sides. Restore it on one of them to go on."
    return [hold(subject, PUT_AWAY, sentence)]


def _merged(record_map: RecordMap, subject: Subject, rules: Rules, place: Place) -> Draft:
    """Theirs was merged into another record of theirs."""
    link, survivor, ours = subject.link, subject.survivor, subject.ours
    assert link is not None
    assert survivor is not None
    if survivor.doubtful:
        sentence = (
            f"The remote merged it into “{survivor.label}”, and that may be a record that is just being made there. "
            "It goes on by itself once that is known."
        )
        return hold(subject, MERGE_WAIT, sentence)
    if survivor.local_id is None:
        move = _row(OpKind.MOVE, record_map, subject, place)
        move.facts |= {"survivor": survivor.id, "label": survivor.label}
        return move
    if link.choice == ARCHIVE and ours is not None and not ours.archived and rules.can_here:
        return _row(OpKind.ARCHIVE_HERE, record_map, subject, place)
    sentence = (
        f"The remote merged it into “{survivor.label}”, which is linked with “{survivor.ours}” here. Merge the two "
        "records here as well: move what belongs to this one over, then archive it. Nothing was changed here."
    )
    return hold(
        subject, MERGED_THERE, sentence, other=survivor.local_id, other_label=survivor.ours, survivor=survivor.id
    )


def _edited(record_map: RecordMap, subject: Subject, place: Place, *, here: bool) -> list[dict[str, Any]]:
    """Fields of the record that is left which somebody changed since both sides agreed, with both values."""
    link, ours, theirs = subject.link, subject.ours, subject.theirs
    assert link is not None
    now = canonical_ours(record_map, ours.raw, place) if here and ours is not None else {}
    base = link.base_a
    if not here and theirs is not None:
        now, base = dict(theirs.canonical), link.base_b
    labels = {f.ours: record_map.kind.field(f.ours).label for f in record_map.fields}
    return [
        {"field": name, "label": labels[name], "agreed": base[name], "now": now[name]}
        for name in labels
        if name in base and name in now and base[name] != now[name]
    ]


def _ask(subject: Subject, edited: list[dict[str, Any]], *, here: bool, brought_back: bool) -> Draft:
    """A hold with the sentence that says what happened; the choices go with its code."""
    ours, theirs = subject.ours, subject.theirs
    if here:
        gone = theirs is None or theirs.gone
        code = RESTORED_HERE if brought_back else GONE_THERE if gone else ARCHIVED_THERE
        what = "The remote no longer has this record." if gone else "It is archived in the remote."
        sentence = f"{what} Nothing was removed here; it stays as it is."
    elif ours is None:
        code, sentence = GONE_HERE, "It was removed here. Nothing was removed at the remote."
    else:
        code = RESTORED_THERE if brought_back else ARCHIVED_HERE
        sentence = "It is archived here. Nothing was removed at the remote; restore it to go on."
    if brought_back:
        sentence = f"Both were put away, and somebody restored it {'here' if here else 'in the remote'}. {sentence}"
    if edited:
        names = ", ".join(each["label"] for each in edited)
        where = "here" if here else "in the remote"
        sentence += f" {names}: changed {where} since both sides agreed. Both values are kept."
        return hold(subject, code, sentence, edited=edited)
    return hold(subject, code, sentence)
