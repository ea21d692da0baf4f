"""The Xero sandbox of a demo: its organisations, and the connections that are there from the start. Django is ready."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from instep.base.identity.actor import Actor
from instep.base.identity.models import Firm
from instep.cli.demo.firms.ledgers import ledger_of
from instep.cli.demo.firms.shape import DemoFirm
from instep.cli.demo.sandbox import Ledger
from instep.connect.actions.connections import connect_remote, disconnect
from instep.connect.models import Connection, ConnectionState
from instep.connect.protocols import SignsIn
from instep.connect.registry import connector_for

PROVIDER = "xero"
POLL_SECONDS = 30
"""A sandbox on this machine is asked more often than Xero, which counts the calls of a day."""


def plant_ledgers(firms: Iterable[DemoFirm], ledger: Ledger, *, back: str) -> None:
    """An organisation for each firm, where it is not there yet."""
    for firm in firms:
        seed = ledger_of(firm)
        there = ledger.records(seed.key, "contacts") is not None
        ledger.seed({"apps": [seed.app(back)]} if there else seed.seed(back))


def join_ledger(
    firm: DemoFirm, row: Firm, *, address: str, provider: str = PROVIDER, poll_seconds: int = POLL_SECONDS
) -> Connection | None:
    """Connect the firm with its organisation as if somebody had signed in; None where that is left to a person.

    No list is joined and nothing is started: the first preview says what a person has to. What is there already
    stays; a sandbox that answers at another address now is followed there.
    """
    seed, by = ledger_of(firm), Actor.system(row, "demo")
    if not seed.token:
        return None
    found = Connection.objects.of(row).filter(provider=provider).exclude(state=ConnectionState.DISCONNECTED).first()
    if found is not None and found.address != address:
        disconnect(found.pk, by=by)
        found = None
    return found or connect_remote(
        row.pk,
        by=by,
        provider=provider,
        secret={**seed.secret(), **cast("SignsIn", connector_for(provider)).at(address)},
        address=address,
        poll_seconds=poll_seconds,
    )
