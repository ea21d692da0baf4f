"""Storing an organisation's addresses (T-16)."""

from __future__ import annotations

from collections.abc import Mapping

from instep.crm.models import Address
from instep.crm.states import AddressKind

ADDRESS_FIELDS: Mapping[str, AddressKind] = {
    "address": AddressKind.STREET,
    "postal_address": AddressKind.POSTAL,
    "billing_address": AddressKind.BILLING,
    "other_address": AddressKind.OTHER,
}
"""The field of an organisation's actions: the address it writes."""


def store_addresses(firm_id: int, texts: Mapping[tuple[int, str], str]) -> None:
    """Write {(organisation id, kind): text}, "" removing one. Part of an action that journals it."""
    for organisation_id, kind in [key for key, text in texts.items() if not text]:
        Address.objects.of(firm_id).filter(organisation_id=organisation_id, kind=kind).delete()
    Address.objects.bulk_create(
        [
            Address(firm_id=firm_id, organisation_id=organisation_id, kind=kind, text=text)
            for (organisation_id, kind), text in texts.items()
            if text
        ],
        update_conflicts=True,
        unique_fields=["firm", "organisation", "kind"],
        update_fields=["text"],
    )
