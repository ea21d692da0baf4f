"""What is known of each record: links with a base per field and side, observations, keys to match by, what waits."""

from __future__ import annotations

from enum import StrEnum

from django.db import models
from django.db.models import Q

from instep.base.identity.rows import FirmRow
from instep.connect.models.connection import Connection, Pair


class LinkState(StrEnum):
    CREATING_THERE = "creating_there"
    CREATING_HERE = "creating_here"
    LIVE = "live"
    HELD = "held"
    """Not linked; a person must decide, or another record must come first."""
    MERGE_WAIT = "merge_wait"
    DETACHED = "detached"
    DEAD = "dead"


ENDED = (LinkState.DETACHED, LinkState.DEAD)
MAYBE_MADE = "maybe_made"
"""Held because its creation there got no answer, and nothing there says for certain whether it was made."""


class Link(FirmRow):
    """Our id and their id, with what both sides last agreed on, by field (`base_a` ours, `base_b` theirs)."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="+", db_index=False)
    pair = models.ForeignKey(Pair, models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=40)
    local_id = models.BigIntegerField(null=True)
    remote_type = models.CharField(max_length=60)
    remote_id = models.CharField(max_length=100, null=True)
    state = models.CharField(max_length=20)
    generation = models.IntegerField(default=1)
    phase = models.JSONField(default=dict)
    """Fields that passed their first value: {"fee": "steady"}."""
    base_version = models.CharField(max_length=100, blank=True, default="")
    base_a = models.JSONField(default=dict)
    base_b = models.JSONField(default=dict)
    a_hash = models.CharField(max_length=64, blank=True, default="")
    b_hash = models.CharField(max_length=64, blank=True, default="")
    label = models.CharField(max_length=300, blank=True, default="")
    held_code = models.CharField(max_length=60, blank=True, default="")
    held_reason = models.TextField(blank=True, default="")
    held_facts = models.JSONField(default=dict)
    held_at = models.DateTimeField(null=True)
    waits_for = models.CharField(max_length=160, blank=True, default="")
    """The record that must be linked first: "organisation:17" or "there:companies:9"."""
    decision = models.JSONField(default=dict)
    """A person's answer to a held match: {"choice": "create" | "link" | "ignore", "remote_id": "9"}."""
    app_url = models.CharField(max_length=500, blank=True, default="")
    linked_at = models.DateTimeField(null=True)
    in_step_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["firm", "pair", "local_id"],
                condition=Q(local_id__isnull=False) & ~Q(state__in=["detached", "dead"]),
                name="connect_link_ours",
            ),
            models.UniqueConstraint(
                fields=["firm", "connection", "remote_type", "remote_id"],
                condition=Q(remote_id__isnull=False) & ~Q(state__in=["detached", "dead"]),
                name="connect_link_theirs",
            ),
        ]
        indexes = [
            models.Index(fields=["firm", "kind", "local_id"], name="connect_link_record"),
            models.Index(
                fields=["firm", "connection", "held_code"], name="connect_link_held", condition=~Q(held_code="")
            ),
            models.Index(
                fields=["firm", "connection", "waits_for"], name="connect_link_waits", condition=~Q(waits_for="")
            ),
            models.Index(fields=["firm", "connection", "state"], name="connect_link_state"),
        ]


class Observation(FirmRow):
    """A remote record as last seen: raw as it came, canonical for comparing."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="+", db_index=False)
    remote_type = models.CharField(max_length=60)
    remote_id = models.CharField(max_length=100)
    raw = models.JSONField(default=dict)
    canonical = models.JSONField(default=dict)
    version = models.CharField(max_length=100, blank=True, default="")
    stamp = models.DateTimeField(null=True)
    """In the remote's own clock, stored as if UTC."""
    created = models.DateTimeField(null=True)
    marker = models.CharField(max_length=200, blank=True, default="")
    url = models.CharField(max_length=500, blank=True, default="")
    seen_scan = models.BigIntegerField(default=0)
    seen_at = models.DateTimeField()
    pending = models.BooleanField(default=True)
    """Something changed that has not been planned yet."""
    moved = models.BigIntegerField(default=1)
    """How often it was marked as pending: who has dealt with it says up to which of them."""
    gone = models.BooleanField(default=False)
    merged_into = models.CharField(max_length=100, blank=True, default="")
    """Their id of the record that this one was merged into."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["firm", "connection", "remote_type", "remote_id"], name="connect_observation_record"
            )
        ]
        indexes = [
            models.Index(
                fields=["firm", "connection", "remote_type", "id"],
                name="connect_observation_pending",
                condition=Q(pending=True),
            ),
            models.Index(
                fields=["firm", "connection", "marker"], name="connect_observation_marker", condition=~Q(marker="")
            ),
        ]


class Hint(FirmRow):
    """Somebody said "look at this record". Order and repetition carry no meaning."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="+", db_index=False)
    event_key = models.CharField(max_length=200)
    remote_type = models.CharField(max_length=60, blank=True, default="")
    remote_id = models.CharField(max_length=100, blank=True, default="")
    """Empty: something of the type changed."""
    changed_at = models.DateTimeField(null=True)
    """When it changed, by the remote's own clock (UTC), where the sender told: seen since, it needs no call."""
    received_at = models.DateTimeField()
    due_at = models.DateTimeField()
    """Not before: what changed just now may not show in lists yet."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["firm", "connection", "event_key"], name="connect_hint_event")]


class Dirty(FirmRow):
    """Our record changed and this connection has not yet dealt with it. Gone only when its version did not move."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=40)
    record_id = models.BigIntegerField()
    version = models.BigIntegerField()
    since = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["firm", "connection", "kind", "record_id"], name="connect_dirty_record")
        ]


class MatchKey(FirmRow):
    """A key by which an unlinked record may be recognised on the other side."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=40)
    side = models.CharField(max_length=5)
    key_type = models.CharField(max_length=60)
    key = models.CharField(max_length=300)
    record = models.CharField(max_length=100)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["firm", "connection", "kind", "side", "record", "key_type"], name="connect_match_record"
            )
        ]
        indexes = [
            models.Index(fields=["firm", "connection", "kind", "key_type", "key"], name="connect_match_key"),
        ]


class ConflictState(StrEnum):
    OPEN = "open"
    DECIDED = "decided"
    SETTLED = "settled"
    """The two sides became equal by themselves."""


class Conflict(FirmRow):
    """Both sides changed one field: what was agreed, what each now says, and what became of it. Never deleted."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="+", db_index=False)
    link = models.ForeignKey(Link, models.CASCADE, related_name="+", db_index=False)
    field = models.CharField(max_length=60)
    base_ours = models.JSONField(null=True)
    base_theirs = models.JSONField(null=True)
    ours = models.JSONField(null=True)
    theirs = models.JSONField(null=True)
    ours_by = models.CharField(max_length=200, blank=True, default="")
    theirs_by = models.CharField(max_length=200, blank=True, default="")
    ours_at = models.DateTimeField(null=True)
    theirs_at = models.DateTimeField(null=True)
    """When each side's value was set, where it is known."""
    policy = models.CharField(max_length=20, default="ask")
    decision = models.CharField(max_length=20, blank=True, default="")
    decided_by = models.CharField(max_length=200, blank=True, default="")
    state = models.CharField(max_length=20, default=ConflictState.OPEN)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    restored_by = models.CharField(max_length=200, blank=True, default="")
    restored_at = models.DateTimeField(null=True)
    """When somebody put the value that had lost back."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["firm", "link", "field"], condition=Q(state="open"), name="connect_conflict_open"
            )
        ]
        indexes = [models.Index(fields=["firm", "connection", "state"], name="connect_conflict_state")]


class Tombstone(FirmRow):
    """What is left of a link that ended, so that a record made anew is proposed for relinking and not doubled."""

    pair = models.ForeignKey(Pair, models.CASCADE, related_name="+", db_index=False)
    local_id = models.BigIntegerField(null=True)
    remote_id = models.CharField(max_length=100, blank=True, default="")
    key_type = models.CharField(max_length=60, blank=True, default="")
    key = models.CharField(max_length=300, blank=True, default="")
    fingerprint = models.CharField(max_length=64, blank=True, default="")
    why = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["firm", "pair", "key_type", "key"], name="connect_tombstone_key")]
