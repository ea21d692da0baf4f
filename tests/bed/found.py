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
}
