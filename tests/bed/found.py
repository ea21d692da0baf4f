"""Histories that once went wrong, as short as they could be made, with what was learned from each."""

from __future__ import annotations

from tests.bed.histories import Script
from tests.bed.nature import Nature

FOUND: dict[str, Script] = {
    "a change that leaves nothing but a new version is known too, or our updates are refused for ever": Script(
        20,
        "bed",
        Nature(guard=True, automation=True),
        (
            ("make_there", ("bedcompany", 3)),
            ("start", ()),
            ("turn", (True,)),
            ("edit_there", ("bedcompany", 0, 4, False)),
            ("edit_here", ("bedcompany", 0, 2, False)),
        ),
    ),
    "what an update overwrote is in the journal, though its worker died before the answer": Script(
        3,
        "bed",
        Nature(guard=True),
        (
            ("same_on_both", ("bedcompany", 7)),
            ("start", ()),
            ("turn", (True,)),
            ("edit_there", ("bedcompany", 0, 5, False)),
            ("wait", (30,)),
            ("turn", (True,)),
            ("edit_here", ("bedcompany", 0, 4, False)),
            ("edit_there", ("bedcompany", 0, 5, False)),
            ("wait", (30,)),
            ("dies_at_write", ()),
        ),
    ),
}
