"""The one list of connectors and of our sides; a new remote is one line here."""

from __future__ import annotations

from instep.bridge.accounting.allocation import AllocationSide
from instep.bridge.accounting.documents import CreditNoteSide, InvoiceSide
from instep.bridge.accounting.item import ItemSide
from instep.bridge.accounting.payment import PaymentSide
from instep.bridge.contact import ContactSide
from instep.bridge.job import JobSide
from instep.bridge.organisation import OrganisationSide
from instep.bridge.staff import StaffSide
from instep.connect import registry
from instep.connect.transport import HttpTransport
from instep.connectors.tinyplus.connector import TinyPlus
from instep.connectors.xero.connector import Xero

CONNECTORS = (TinyPlus(), Xero())
SIDES = (
    *(StaffSide(), OrganisationSide(), ContactSide(), JobSide()),
    *(ItemSide(), InvoiceSide(), CreditNoteSide(), AllocationSide(), PaymentSide()),
)


def install() -> None:
    """Hand the engine what this installation has."""
    registry.install(CONNECTORS, SIDES, HttpTransport)
