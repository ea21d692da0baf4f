"""What a document copies from others when it is begun: names, addresses, tax policy, terms. Reads only."""

from __future__ import annotations

import datetime as dt
from typing import Any

from instep.base.identity.models import Firm
from instep.base.settings.declared import get_settings
from instep.billing.errors import NoSuchClient
from instep.billing.models import Document
from instep.billing.settings import (
    DOCUMENT_SETTINGS,
    ISSUER_ADDRESS,
    ISSUER_TAX_NUMBER,
    PAYMENT_DETAILS,
    TAX_BASIS,
    TAX_CODE,
    TAX_MODE,
    TAX_RATE,
    TERMS_DAYS,
)
from instep.crm.models import Address, Contact, Organisation
from instep.crm.states import AddressKind

_ADDRESSES = (AddressKind.BILLING, AddressKind.POSTAL, AddressKind.STREET)
"""The first one that the client has goes onto the document."""


class Copies:
    """The firm's settings for documents, read once."""

    def __init__(self, firm: Firm) -> None:
        self.firm = firm
        self._settings: dict[str, Any] = get_settings(firm, DOCUMENT_SETTINGS)

    @property
    def terms_days(self) -> int:
        """Days until an invoice is due."""
        return self._settings[TERMS_DAYS.key]

    @property
    def tax_code(self) -> str:
        """The tax code of new lines."""
        return self._settings[TAX_CODE.key]

    @property
    def tax_rate(self) -> int:
        """The tax rate of new lines: percent at scale 4."""
        return self._settings[TAX_RATE.key]

    def begin(self, document: Document, client: Organisation, contact: Contact | None) -> None:
        """Put the firm's side, the client's side and the tax policy onto a new document."""
        document.issuer_name = self.firm.name
        document.issuer_address = self._settings[ISSUER_ADDRESS.key]
        document.issuer_tax_number = self._settings[ISSUER_TAX_NUMBER.key]
        document.payment_details = self._settings[PAYMENT_DETAILS.key]
        document.tax_basis = self._settings[TAX_BASIS.key]
        document.tax_mode = self._settings[TAX_MODE.key]
        copy_client(document, client, contact)


def copy_client(document: Document, client: Organisation, contact: Contact | None) -> None:
    """Put the client's name, address and tax number and the contact's name and email onto a draft. One query."""
    rows = Address.objects.of(document.firm_id).filter(organisation=client, kind__in=list(_ADDRESSES))
    addresses = dict(rows.values_list("kind", "text"))
    document.client = client
    document.client_name = client.name
    document.client_address = next((addresses[kind] for kind in _ADDRESSES if kind in addresses), "")
    document.client_tax_number = client.tax_number
    document.contact = contact
    document.contact_name = contact.name if contact else ""
    document.contact_email = contact.email if contact else ""


def client_of(firm_id: int, client_id: Any) -> Organisation:
    """The organisation; NoSuchClient otherwise."""
    found = Organisation.objects.of(firm_id).filter(pk=client_id).first() if isinstance(client_id, int) else None
    if found is None:
        raise NoSuchClient()
    return found


def due(dated_on: dt.date, terms_days: int) -> dt.date:
    """When it is to be paid."""
    return dated_on + dt.timedelta(days=terms_days)
