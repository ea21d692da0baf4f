"""Plans, the intents of remote writes, runs and their journal."""

from __future__ import annotations

from enum import StrEnum

from django.db import models
from django.db.models import Q

from instep.base.identity.rows import FirmRow
from instep.connect.models.connection import Connection, Pair
from instep.connect.models.links import Link

UNDO = "undo"
"""The purpose of a plan, and of its run, that takes another run back."""


class PlanState(StrEnum):
    DRAFTING = "drafting"
    PROPOSED = "proposed"
    APPROVED = "approved"
    APPLYING = "applying"
    APPLIED = "applied"
    ABORTED = "aborted"
    EXPIRED = "expired"


class OpKind(StrEnum):
    LINK = "link"
    """Two records are the same: join them, write what the first meeting asks for in rows of their own."""
    CREATE_THERE = "create_there"
    UPDATE_THERE = "update_there"
    CREATE_HERE = "create_here"
    UPDATE_HERE = "update_here"
    REBASE = "rebase"
    """Both sides already agree: remember the pair as it stands, write nothing."""
    ARCHIVE_HERE = "archive_here"
    """Theirs is gone: ours is taken off the lists, nothing of it is lost."""
    ARCHIVE_THERE = "archive_there"
    DELETE_THERE = "delete_there"
    RESTORE_HERE = "restore_here"
    """Ours is back on the lists."""
    UNLINK = "unlink"
    """The two are parted for good; what is left of them is left out of the sync."""
    MOVE = "move"
    """Theirs was merged into another record: the link goes with it."""
    HOLD = "hold"
    """Nothing can be done until a person decides or another record comes first."""


REMOVALS_THERE = (OpKind.ARCHIVE_THERE, OpKind.DELETE_THERE)
REMOVALS = (OpKind.ARCHIVE_HERE, *REMOVALS_THERE, OpKind.UNLINK)
"""Rows after which a record is off one side's lists, or not in sync any more."""


class OpState(StrEnum):
    PROPOSED = "proposed"
    SENDING = "sending"
    APPLIED = "applied"
    STALE = "stale"
    """Something moved since the plan was made: skipped, and planned anew."""
    FAILED = "failed"
    HELD = "held"
    SKIPPED = "skipped"
    UNKNOWN = "unknown"
    """Sent, and no answer came: read back before anything else happens to the record."""


class Severity(StrEnum):
    INFO = "info"
    PERSON = "person"
    """The row needs somebody; where every run is seen first, it is mended or left out before anything is sent."""


class Plan(FirmRow):
    """What should happen, as rows that are carried out as they stand or skipped as stale, never computed again."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="+", db_index=False)
    lineage = models.CharField(max_length=64)
    digest = models.CharField(max_length=64, blank=True, default="")
    map_version = models.CharField(max_length=64)
    purpose = models.CharField(max_length=20)
    """first_link, sync, manual or undo."""
    undoes = models.BigIntegerField(null=True)
    """The run whose rows this plan takes back."""
    removals_allowed_by = models.CharField(max_length=200, blank=True, default="")
    """Who said that this many removals are meant; for this plan alone (b.6)."""
    state = models.CharField(max_length=20, default=PlanState.DRAFTING)
    counts = models.JSONField(default=dict)
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=200, blank=True, default="")
    approved_by = models.CharField(max_length=200, blank=True, default="")
    expires_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["firm", "connection", "state"], name="connect_plan_state")]


class PlanOp(FirmRow):
    """One row of a plan. `changes` is what a person reads: [{field, from, to, why}]; `body` is what is sent."""

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="+", db_index=False)
    no = models.BigIntegerField()
    op = models.CharField(max_length=20)
    pair = models.ForeignKey(Pair, models.CASCADE, related_name="+", db_index=False)
    link = models.ForeignKey(Link, models.SET_NULL, null=True, related_name="+", db_index=False)
    kind = models.CharField(max_length=40)
    local_id = models.BigIntegerField(null=True)
    remote_type = models.CharField(max_length=60)
    remote_id = models.CharField(max_length=100, blank=True, default="")
    label = models.CharField(max_length=300, blank=True, default="")
    changes = models.JSONField(default=list)
    body = models.JSONField(default=dict)
    """Fields in the receiver's words; {"$ref": ["organisation", 17]} stands for an id that is not known yet."""
    body_digest = models.CharField(max_length=64, blank=True, default="")
    base = models.JSONField(default=dict)
    """{field: [ours, theirs]} canonical values to remember once this row is done."""
    phase = models.JSONField(default=dict)
    preconditions = models.JSONField(default=dict)
    depends_on = models.JSONField(default=list)
    severity = models.CharField(max_length=10, default=Severity.INFO)
    errors = models.JSONField(default=list)
    """[{code, sentence}]"""
    state = models.CharField(max_length=20, default=OpState.PROPOSED)
    result = models.TextField(blank=True, default="")
    applied_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["firm", "plan", "no"], name="connect_op_no")]
        indexes = [
            models.Index(fields=["firm", "plan", "state", "no"], name="connect_op_state"),
            models.Index(fields=["firm", "plan", "kind", "local_id"], name="connect_op_ours"),
            models.Index(fields=["firm", "plan", "remote_type", "remote_id"], name="connect_op_theirs"),
        ]


class IntentState(StrEnum):
    INTENDED = "intended"
    """Written before the request leaves; the request may or may not have left."""
    UNKNOWN = "unknown"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    ABSENT = "absent"
    """Read back and proven not to have happened."""
    AMBIGUOUS = "ambiguous"


OPEN_INTENTS = (IntentState.INTENDED, IntentState.UNKNOWN)


class Intent(FirmRow):
    """The durable note of one remote write, made before it is sent."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="+", db_index=False)
    op_kind = models.CharField(max_length=20)
    link = models.ForeignKey(Link, models.CASCADE, related_name="+", db_index=False)
    generation = models.BigIntegerField()
    plan_op = models.ForeignKey(PlanOp, models.SET_NULL, null=True, related_name="+", db_index=False)
    envelope = models.CharField(max_length=64, blank=True, default="")
    position = models.IntegerField(default=0)
    chosen_id = models.CharField(max_length=100, blank=True, default="")
    key = models.CharField(max_length=64)
    marker = models.CharField(max_length=200, blank=True, default="")
    body = models.JSONField(default=dict)
    body_digest = models.CharField(max_length=64)
    watermark = models.DateTimeField(null=True)
    """Server time (UTC) before the first send."""
    first_sent_at = models.DateTimeField()
    last_sent_at = models.DateTimeField()
    attempts = models.IntegerField(default=1)
    state = models.CharField(max_length=20, default=IntentState.INTENDED)
    result_id = models.CharField(max_length=100, blank=True, default="")
    detail = models.TextField(blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["firm", "connection", "op_kind", "link", "generation"], name="connect_intent_once"
            ),
            models.UniqueConstraint(fields=["firm", "connection", "key"], name="connect_intent_key"),
        ]
        indexes = [
            models.Index(
                fields=["firm", "connection", "state"],
                name="connect_intent_open",
                condition=Q(state__in=["intended", "unknown"]),
            )
        ]


class RunState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    """It ended early: the remote asked to wait, a person is needed, or the worker died."""


class Run(FirmRow):
    """One pass of sync with its history."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="+", db_index=False)
    plan = models.ForeignKey(Plan, models.SET_NULL, null=True, related_name="+", db_index=False)
    purpose = models.CharField(max_length=20)
    state = models.CharField(max_length=20, default=RunState.RUNNING)
    message = models.TextField(blank=True, default="")
    counts = models.JSONField(default=dict)
    calls = models.JSONField(default=dict)
    total = models.IntegerField(default=0)
    done = models.IntegerField(default=0)
    fencing = models.BigIntegerField(default=0)
    started_at = models.DateTimeField()
    beat_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["firm", "connection", "id"], name="connect_run_recent"),
            models.Index(fields=["firm", "connection", "state"], name="connect_run_state"),
        ]


class JournalEntry(FirmRow):
    """What one operation did to one side, before and after. Append-only."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="+", db_index=False)
    plan_op = models.ForeignKey(PlanOp, models.SET_NULL, null=True, related_name="+", db_index=False)
    link = models.ForeignKey(Link, models.SET_NULL, null=True, related_name="+", db_index=False)
    at = models.DateTimeField()
    side = models.CharField(max_length=5)
    """"here" or "there"."""
    op = models.CharField(max_length=20)
    kind = models.CharField(max_length=40)
    local_id = models.BigIntegerField(null=True)
    remote_id = models.CharField(max_length=100, blank=True, default="")
    label = models.CharField(max_length=300, blank=True, default="")
    fields = models.JSONField(default=dict)
    """{field: [before, after]}"""
    outcome = models.CharField(max_length=20, default="done")
    detail = models.TextField(blank=True, default="")
    version_before = models.CharField(max_length=100, blank=True, default="")
    version_after = models.CharField(max_length=100, blank=True, default="")
    duration_ms = models.IntegerField(default=0)
    lag_ms = models.BigIntegerField(null=True)
    """From the edit that it carries, as far as its moment is known, to this."""
    undone_by = models.BigIntegerField(null=True)
    """The run that took it back."""

    class Meta:
        indexes = [
            models.Index(fields=["firm", "run", "id"], name="connect_journal_run"),
            models.Index(fields=["firm", "kind", "local_id", "id"], name="connect_journal_record"),
        ]
