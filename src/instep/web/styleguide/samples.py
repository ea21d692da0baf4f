"""What the living page of parts shows: a made-up record that can be edited, kept in the session."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass, replace
from typing import Any

from django.utils import timezone

from instep.base.tasks.states import TaskState
from instep.kernel.errors import BadValue, StaleVersion
from instep.kernel.money import Money
from instep.kernel.records.kinds import FieldType
from instep.web.components.charts import Bar, Point
from instep.web.components.diffs import Change, Verdict, totals
from instep.web.components.inline import EditField, FieldEdit, RecordFields
from instep.web.components.lists import Tab
from instep.web.components.progress import Progress
from instep.web.components.timelines import Happening
from instep.web.shell.tones import Tone

KEY = "styleguide_sample"
_START = {"first": "Mary Jane", "last": "O'Neil"}


@dataclass(frozen=True)
class Sample:
    """A record of no kind, with one field of each type."""

    pk: int = 1
    version: int = 1
    name: str = "Library refurbishment"
    person: Any = None
    status: str = "active"
    fee_minor: int | None = 15_500_00
    phone: str = "+61 3 9876 5432"
    website: str = "example.com/library"
    starts_on: str = "2026-03-31"
    scope: str = "Reading rooms on levels 1 and 2.\nNo works to the façade."

    @classmethod
    def of(cls, request: Any) -> Sample:
        """As this session left it."""
        return cls(**request.session.get(KEY, {"person": _START}))

    def keep(self, request: Any) -> None:
        """For this session."""
        request.session[KEY] = asdict(self)

    def refresh_from_db(self) -> None:
        """The session is all there is."""


def _read(sample: Sample) -> dict[str, Any]:
    fee = None if sample.fee_minor is None else {"minor": sample.fee_minor, "currency": "AUD"}
    return {**asdict(sample), "fee": fee}


def save(edit: FieldEdit) -> Sample:
    """The record with the change; the name "stale" and "no" show the refusals."""
    sample: Sample = edit.record
    if edit.value == "stale":
        raise StaleVersion(what="sample")
    if edit.value == "no":
        raise BadValue(field="Name", problem="choose a name that says more")
    if edit.name == "fee":
        return replace(sample, fee_minor=edit.value and edit.value["minor"], version=sample.version + 1)
    return replace(sample, **{edit.name: edit.value or ""}, version=sample.version + 1)


STATUSES = [("proposal", "Proposal"), ("active", "Active"), ("hold", "On hold"), ("complete", "Complete")]
FIELDS = RecordFields(
    kind="sample",
    url_name="styleguide:field",
    read=_read,
    save=save,
    fields=(
        EditField("name", label="Name", required=True, max_length=200),
        EditField("person", FieldType.NAME, "Client contact"),
        EditField("status", FieldType.CHOICE, "Status", choices=lambda request, record: STATUSES, required=True),
        EditField("fee", FieldType.MONEY, "Fee"),
        EditField("phone", FieldType.PHONE, "Phone"),
        EditField("website", FieldType.URL, "Website"),
        EditField("starts_on", FieldType.DATE, "Starts"),
        EditField("scope", FieldType.MULTILINE, "Scope"),
    ),
)


def examples() -> dict[str, Any]:
    """Everything the parts are shown with."""
    now = timezone.now()
    changes = [
        Change("Name", None, "Library refurbishment", Verdict.NEW),
        Change("Client", "City of Yarra Libraries", "Yarra City Libraries", Verdict.CHANGED),
        Change(
            "Fee",
            "12,000.00",
            "15,500.00",
            Verdict.ASK,
            "Changed on both sides since Tuesday. Choose which one is right.",
        ),
        Change(
            "Scope", "Reading rooms on level 1", "Reading rooms on level 1", Verdict.SKIPPED, "tiny+ keeps this field."
        ),
        Change(
            "Type",
            "Public",
            None,
            Verdict.FAILED,
            "There is no type called “Public” any more. Link the type, then try again.",
        ),
    ]
    return {
        "now": now,
        "today": now.date(),
        "since": now - dt.timedelta(days=40),
        "earlier": now - dt.timedelta(minutes=2),
        "money": Money.from_minor(15_500_00, "AUD"),
        "foreign": Money.from_minor(1_200_00, "NZD"),
        "tones": [(tone.value, word) for tone, word in zip(Tone, _TONE_WORDS, strict=True)],
        "tabs": [Tab("All", "#", True, 124), Tab("Active", "#", False, 31), Tab("Mine", "#", False)],
        "changes": changes,
        "totals": totals(change.verdict for change in changes),
        "entries": [
            Happening(
                now - dt.timedelta(minutes=2),
                "Came from tiny+",
                "tiny+",
                "in-step",
                Tone.OK,
                changes=["Fee: $12,000.00 → $15,500.00"],
            ),
            Happening(
                now - dt.timedelta(hours=3),
                "Status changed",
                "Ada Okafor",
                "flag",
                changes=["Status: Proposal → Active"],
            ),
            Happening(now - dt.timedelta(days=9), "Made", "Bo Tran", "plus", Tone.OK),
        ],
        "running": Progress(
            "Importing contacts",
            1240,
            4000,
            TaskState.RUNNING,
            now - dt.timedelta(seconds=31),
            "records",
            "Matching by email",
        ),
        "finished": Progress("Sending jobs to tiny+", 212, 212, TaskState.DONE, now, "records"),
        "broken": Progress(
            "Reading organisations",
            88,
            900,
            TaskState.FAILED,
            now,
            "records",
            "tiny+ ended the session. Connect it again, then resume from record 89.",
        ),
        "points": [Point(f"Week {n}", value) for n, value in enumerate((31, 34, 28, 40, 38, 44, 41, 47), 1)],
        "bars": [
            Bar("Under 30 days", 4200, "$42,000", Tone.OK),
            Bar("30 to 59 days", 2600, "$26,000", Tone.CHANGED),
            Bar("60 to 89 days", 1100, "$11,000", Tone.ASK),
            Bar("90 days and over", 700, "$7,000", Tone.BAD),
        ],
        "rows": [
            ("2231", "Library refurbishment", "City of Yarra", "active", Money.from_minor(15_500_00, "AUD"), 2730),
            ("2232", "House at Red Hill", "M. and J. O'Neil", "proposal", Money.from_minor(48_000_00, "AUD"), 0),
            (
                "2233",
                "Auckland showroom",
                "Harbour Lighting",
                "pending_invoice",
                Money.from_minor(9_850_50, "NZD"),
                1185,
            ),
            ("2219", "Depot roof", "Northern Tramways", "hold", None, 90),
        ],
    }


_TONE_WORDS = ("Complete", "Proposal", "Active", "Changed", "Needs a decision", "Failed")
SWATCHES = {
    "Grounds": ("canvas", "surface", "raised", "sunken", "hover", "selected"),
    "Words": ("text", "muted", "faint", "accent"),
    "Lines": ("line", "line-strong", "control", "focus"),
    "Meanings": ("neutral-dot", "info-dot", "ok-dot", "changed-dot", "ask-dot", "bad-dot"),
}
