"""What is kept of a link that ended or sleeps: by which keys its records were known, so that one made anew is told."""

from __future__ import annotations

from datetime import datetime

from instep.connect.models import Link, Observation, Pair, Tombstone
from instep.connect.place import Bench
from instep.connect.plan.gather import read_ours, theirs_of
from instep.connect.plan.match import keys_of_ours, keys_of_theirs


def bury(bench: Bench, pair: Pair, link: Link, *, why: str, now: datetime) -> None:
    """Keep the keys of both records of the link, one row a key, in the caller's transaction; again is as once."""
    record_map = bench.map_of(pair)
    keys: set[tuple[str, str]] = set()
    if link.local_id is not None:
        for ours in read_ours(bench, pair, [link.local_id]).values():
            keys |= set(keys_of_ours(record_map, ours, bench.place).items())
    seen = Observation.objects.of(link.firm_id).filter(
        connection=bench.connection, remote_type=link.remote_type, remote_id=link.remote_id or ""
    )
    for row in seen:
        keys |= set(keys_of_theirs(record_map, theirs_of(record_map, row), bench.place).items())
    Tombstone.objects.of(link.firm_id).filter(
        pair=pair, local_id=link.local_id, remote_id=link.remote_id or ""
    ).delete()
    Tombstone.objects.bulk_create(
        Tombstone(
            firm_id=link.firm_id,
            pair=pair,
            local_id=link.local_id,
            remote_id=link.remote_id or "",
            key_type=key_type,
            key=key,
            fingerprint=link.b_hash,
            why=why[:200],
            at=now,
        )
        for key_type, key in sorted(keys)
    )
