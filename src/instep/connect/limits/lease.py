"""One writer per connection: a lease with a fencing number (b.7). A holder that restarts takes its own at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, Q

from instep.base.identity.rows import FirmQuerySet
from instep.connect.installation import authorised_here
from instep.connect.models import Connection, ConnectionState, Lease, Plan, PlanState

LEASE_SECONDS = 15
RENEW_BELOW_SECONDS = 10
"""No request leaves with less than this left: it is the request's own time-out."""


class LeaseLost(Exception):
    """Another worker writes on this connection now: stop at once, touch nothing more."""


class Halted(Exception):
    """Somebody paused or ended the connection meanwhile: write nothing more to either side."""


@dataclass(slots=True)
class Holding:
    """A lease that this worker holds."""

    firm_id: int
    connection_id: int
    holder: str
    fencing: int
    expires_at: datetime
    clock: Callable[[], datetime]
    after_death: bool = False
    """The holder before did not give the lease up: what it left open has to be looked at."""
    undoing: int | None = None
    """The undo that is being carried out: somebody approved it, so it need not wait until the rest was seen."""

    def ensure(self) -> None:
        """Renew when too little is left to send a request. Raises LeaseLost when somebody else took over.

        Long work without requests calls it too: a lease that ran out in the middle would be taken, and the work lost.
        """
        now = self.clock()
        if (self.expires_at - now).total_seconds() > RENEW_BELOW_SECONDS:
            return
        expires = now + timedelta(seconds=LEASE_SECONDS)
        if not self._mine().update(expires_at=expires):
            raise LeaseLost
        self.expires_at = expires

    def fence(self, *, writing: bool = False) -> None:
        """First thing in a transaction that keeps work: raise LeaseLost unless this fencing number still stands.

        The lease's row stays locked until the transaction ends, so that neither another worker nor a person's decision
        (`hold_still`) comes between, and everybody takes locks in one order. Its time is renewed with it. `writing`
        asks as well whether the connection is still switched on: raises Halted.
        """
        # What is remembered of the time stays as it was: the transaction may yet be undone.
        if not self._mine().update(expires_at=self.clock() + timedelta(seconds=LEASE_SECONDS)):
            raise LeaseLost
        if writing and not switched_on(self.firm_id, self.connection_id, undoing=self.undoing):
            raise Halted

    def release(self) -> bool:
        """Give it up; the next worker need not wait. False when another one had taken it."""
        # Whoever did not look at what a dead holder left open leaves that to the next one.
        holder = {} if self.after_death else {"holder": ""}
        return bool(self._mine().update(expires_at=self.clock(), **holder))

    def _mine(self) -> FirmQuerySet[Lease]:
        return Lease.objects.of(self.firm_id).filter(connection_id=self.connection_id, fencing=self.fencing)


def switched_on(firm_id: int, connection_id: int, *, undoing: int | None = None) -> bool:
    """Whether the connection may write at this moment: it runs, and nobody has to see first what it would do.

    A copy of another installation's never may, nor one whose database went back in time, until everything was read. An
    undo (`undoing`) was seen already; it may as long as nothing ended it.
    """
    seen = Q(review="")
    if undoing is not None:
        seen |= Exists(Plan.objects.of(firm_id).filter(pk=undoing, state=PlanState.APPLYING))
    rows = Connection.objects.of(firm_id).filter(seen, pk=connection_id, state=ConnectionState.ACTIVE)
    return rows.filter(authorised_here(), adopted_epoch__gte=F("epoch")).exists()


def hold_still(firm_id: int, connection_id: int) -> None:
    """In a transaction of a person's decision: no worker changes a link of this connection until it ends."""
    list(Lease.objects.of(firm_id).filter(connection_id=connection_id).select_for_update().values_list("pk"))


@transaction.atomic
def take(connection: Connection, *, holder: str, clock: Callable[[], datetime]) -> Holding | None:
    """The lease of a connection, or None while another worker holds it."""
    now = clock()
    expires = now + timedelta(seconds=LEASE_SECONDS)
    row, made = Lease.objects.get_or_create(
        firm_id=connection.firm_id,
        connection=connection,
        defaults={"holder": holder, "fencing": 1, "expires_at": expires},
    )
    if made:
        return Holding(connection.firm_id, connection.pk, holder, 1, expires, clock)
    # A time further off was written by a clock that has stepped back since: it would lock everybody out until then.
    if row.holder != holder and now < row.expires_at <= now + timedelta(seconds=2 * LEASE_SECONDS):
        return None
    # Compare and set: of two that find it free, one wins.
    won = (
        Lease.objects.of(connection.firm_id)
        .filter(pk=row.pk, fencing=row.fencing)
        .update(holder=holder, fencing=row.fencing + 1, expires_at=expires)
    )
    if not won:
        return None
    died = row.holder != ""
    return Holding(connection.firm_id, connection.pk, holder, row.fencing + 1, expires, clock, after_death=died)
