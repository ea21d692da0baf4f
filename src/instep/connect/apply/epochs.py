"""After our database went back in time: everything there is read anew, and what we made since is known again (b.14).

Until every list was read to its end in the new epoch nothing is written to either side. Then what bears our mark, our
number or the same keys is adopted by the plan that follows, which a person sees first, before anything is created.
"""

from __future__ import annotations

from django.db import transaction

from instep.connect.apply.connection_state import end_plans
from instep.connect.apply.review import Review, begin_review
from instep.connect.calls import Caller
from instep.connect.fieldmap import fields_version
from instep.connect.models import Connection, Cursor
from instep.connect.observe import read_anew
from instep.connect.place import Bench

RESTORED = "restored"
"""In the place of the maps' version: this connection has not begun to read in its new epoch."""
BEGUN = ["capability_version", "review", "polling_since", "looking_since"]


def adopted(connection: Connection) -> bool:
    """Whether what is there was read since the database last went back in time."""
    return connection.adopted_epoch >= connection.epoch


def begin_looking(bench: Bench, caller: Caller) -> None:
    """Before anything is read: what a new epoch, or a version with other fields, wants read from its beginning.

    Raises LeaseLost.
    """
    _enter(bench, caller)
    read_anew(bench, caller)


def _enter(bench: Bench, caller: Caller) -> None:
    """With the first look in a new epoch: no list is gone on with, nothing that was approved before is carried out.

    From now on somebody sees first what waits.
    """
    connection = bench.connection
    if connection.capability_version != RESTORED:
        return
    with transaction.atomic():
        caller.fence()
        Cursor.objects.of(bench.firm_id).filter(connection=connection).update(
            since=None, wide_since=None, scan_started=None, scan_after="", read_at=None, read_here_at=None
        )
        end_plans(connection)
        begin_review(connection, Review.RESTORED)
        connection.capability_version = fields_version(bench.connector.maps)
        connection.polling_since = connection.looking_since = None
        connection.save(update_fields=BEGUN)


def adopt(bench: Bench, caller: Caller) -> None:
    """After everything was read: if no list is missing, what is there is known again. Raises LeaseLost."""
    connection = bench.connection
    if adopted(connection):
        return
    lists = {bench.list_of(pair.remote_type) for pair in bench.pairs}
    rows = Cursor.objects.of(bench.firm_id).filter(connection=connection, remote_type__in=lists)
    if rows.filter(read_here_at__isnull=False).count() < len(lists):
        return
    with transaction.atomic():
        caller.fence()
        connection.adopted_epoch = connection.epoch
        connection.save(update_fields=["adopted_epoch"])
