"""A firm's tie to one remote: what it carries, how its values translate, how far it has read, who writes."""

from __future__ import annotations

from enum import StrEnum

from django.db import models
from django.db.models import Q

from instep.base.identity.rows import FirmRow


class ConnectionState(StrEnum):
    SETUP = "setup"
    """Authorised and tested; nothing has been linked yet."""
    ACTIVE = "active"
    PAUSED = "paused"
    NEEDS_PERSON = "needs_person"
    """The remote refused us (an ended token, a missing right): everything waits, nothing is lost."""
    DISCONNECTED = "disconnected"


class TokenState(StrEnum):
    NONE = "none"
    GOOD = "good"
    ENDED = "ended"


class Connection(FirmRow):
    """One firm's authorised tie to one account of one remote."""

    provider = models.CharField(max_length=40)
    key = models.CharField(max_length=12)
    """Short public name inside the marks that we leave at the remote; never a secret."""
    tenant = models.CharField(max_length=200, blank=True, default="")
    """The remote account, as the remote names it; it never changes for one connection."""
    title = models.CharField(max_length=200)
    address = models.CharField(max_length=500)
    sealed_secret = models.TextField(blank=True, default="")
    token_state = models.CharField(max_length=20, default=TokenState.NONE)
    environment = models.CharField(max_length=64, blank=True, default="")
    """Fingerprint of the installation that authorised it: a copy of the database elsewhere is read-only."""
    epoch = models.IntegerField(default=1)
    """Goes up when the database was restored: what happened there since is not known here any more (b.14)."""
    adopted_epoch = models.IntegerField(default=1)
    """The last epoch in which everything there was read once; below `epoch` nothing is created there."""
    capability_version = models.CharField(max_length=64, blank=True, default="")
    """The maps' rows as they were when everything was last read; with other rows everything is read anew."""
    map_version = models.CharField(max_length=64, blank=True, default="")
    state = models.CharField(max_length=20, default=ConnectionState.SETUP)
    trouble = models.TextField(blank=True, default="")
    """One sentence on what keeps it from running; empty when all is well."""
    activated_by_id = models.BigIntegerField(null=True)
    defaults = models.JSONField(default=dict)
    """Remote ids that stand in where ours has no link, by kind: {"staff": "7"}."""
    stamp_offset_minutes = models.IntegerField(null=True)
    """The remote's own clock less UTC, learned from the first stamped reply."""
    poll_seconds = models.IntegerField(default=60)
    next_poll_at = models.DateTimeField(null=True)
    resume_at = models.DateTimeField(null=True)
    """The remote asked us to wait until then."""
    failures = models.IntegerField(default=0)
    """Cycles in a row that the remote cut short; it sets how long we wait."""
    in_step_at = models.DateTimeField(null=True)
    """When a cycle last ended with nothing left to do."""
    linked_at = models.DateTimeField(null=True)
    """When the first link was complete."""
    looking_since = models.DateTimeField(null=True)
    """When a preview that is not finished began to read: lists read since then are not read again for it."""
    polling_since = models.DateTimeField(null=True)
    """The same of a cycle that the remote cut short; None once one came to its end."""
    begins_on = models.DateField(null=True)
    """Records dated before it are left alone, unless they are linked; None: the whole history is carried."""
    review = models.CharField(max_length=20, blank=True, default="")
    """Why what waits is shown to a person before anything is written: "resumed", "map" or "restored"; else empty."""
    served_at = models.DateTimeField(null=True)
    """When a worker last gave it a turn: who waited longest is next."""
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["firm", "provider", "tenant"],
                condition=~Q(state="disconnected"),
                name="connect_connection_tenant",
            ),
            models.UniqueConstraint(fields=["firm", "key"], name="connect_connection_key"),
        ]
        indexes = [models.Index(fields=["state", "next_poll_at"], name="connect_connection_due")]

    def __str__(self) -> str:
        return self.title

    @property
    def account(self) -> str:
        """What the remote's own users call the account."""
        return self.title.partition(" · ")[2] or self.tenant


class Pair(FirmRow):
    """One kind of record in sync on one connection."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=40)
    remote_type = models.CharField(max_length=60)
    rank = models.IntegerField()
    enabled = models.BooleanField(default=True)
    scope = models.JSONField(default=dict)
    """{"only": the map's word for those of our records that are carried}; empty: all. "ways": {field: way} that the
    firm chose itself, as its rules say, for pages that ask for nothing else."""
    delete_here = models.CharField(max_length=20, default="ask")
    """What becomes of our record when theirs is gone or put away: ask, archive, unlink or ignore."""
    delete_there = models.CharField(max_length=20, default="ask")
    """What becomes of theirs when ours is: the same, or delete, where the connector can."""
    creates_here = models.BooleanField(default=True)
    creates_there = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["firm", "connection", "kind", "remote_type"], name="connect_pair_types")
        ]


class FieldRule(FirmRow):
    """A row of a pair's field map as this connection uses it; the connector's map is where it starts from."""

    pair = models.ForeignKey(Pair, models.CASCADE, related_name="+", db_index=False)
    ours = models.CharField(max_length=60)
    theirs = models.CharField(max_length=60)
    way = models.CharField(max_length=10)
    lens = models.CharField(max_length=60, blank=True, default="")
    conflict_policy = models.CharField(max_length=20, default="ask")
    map_version = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["firm", "pair", "ours"], name="connect_rule_ours"),
            models.UniqueConstraint(fields=["firm", "pair", "theirs"], name="connect_rule_theirs"),
        ]


class MapVersion(FirmRow):
    """The field map of a connection as somebody left it: who, when, what changed, and every rule from then on."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="+", db_index=False)
    no = models.IntegerField()
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=200)
    changes = models.JSONField(default=list)
    """[{kind, field, what: "way" or "policy", from, to}]; empty for the map as it was connected."""
    rules = models.JSONField(default=dict)
    """{kind: {field: [way, policy]}}"""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["firm", "connection", "no"], name="connect_map_version_no")]


class ValueMap(FirmRow):
    """One entry of a list that both sides keep: our key and theirs, one to one."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="+", db_index=False)
    domain = models.CharField(max_length=40)
    ours = models.CharField(max_length=120)
    theirs = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["firm", "connection", "domain", "ours"], name="connect_value_ours"),
            models.UniqueConstraint(fields=["firm", "connection", "domain", "theirs"], name="connect_value_theirs"),
        ]


class Cursor(FirmRow):
    """How far one remote type has been read. `since` is in the remote's own clock, without a zone."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="+", db_index=False)
    remote_type = models.CharField(max_length=60)
    since = models.DateTimeField(null=True)
    """Stored as if UTC; None: read from the start."""
    scan_after = models.CharField(max_length=200, blank=True, default="")
    """Where an interrupted list goes on; empty: at its beginning."""
    scan_since = models.DateTimeField(null=True)
    scan_started = models.DateTimeField(null=True)
    """Server time (UTC) of the list's first request; None: no list is under way."""
    scan_here_at = models.DateTimeField(null=True)
    """The same moment by our own clock."""
    scan_no = models.BigIntegerField(default=0)
    wide_since = models.DateTimeField(null=True)
    """Where `since` stood after the last list that looked back far enough for a change of the remote's clock."""
    read_at = models.DateTimeField(null=True)
    """Server time (UTC) at which the last complete list began."""
    read_here_at = models.DateTimeField(null=True)
    """The same moment by our own clock: how old our picture is."""
    scan_seen = models.BigIntegerField(default=0)
    """How many records the list under way, or the last one, has shown."""
    full_scan_no = models.BigIntegerField(default=0)
    """The last list that surely showed everything: what it did not show may be gone (b.6). 0: none yet."""
    full_scan_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["firm", "connection", "remote_type"], name="connect_cursor_type")
        ]


class Lease(FirmRow):
    """Who may write on a connection, until when. A higher fencing number always wins."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="+", db_index=False)
    holder = models.CharField(max_length=120, blank=True, default="")
    fencing = models.BigIntegerField(default=0)
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["firm", "connection"], name="connect_lease_connection")]


class Meter(FirmRow):
    """Calls of one connection within one window of one limit, as counted here and as the remote says."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="+", db_index=False)
    dimension = models.CharField(max_length=20)
    """The limit's name, as "minute" or "day"."""
    window_at = models.DateTimeField()
    """UTC: the beginning of the first slot; of a pause that the remote asked for, its end."""
    used = models.IntegerField(default=0)
    slots = models.JSONField(default=list)
    """Calls in each slot of the window, from `window_at` on."""
    told_left = models.IntegerField(null=True)
    """What the remote last said is left; its word counts, not ours."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["firm", "connection", "dimension"], name="connect_meter_dimension")
        ]
