"""The fields of an organisation, edited in place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from django.urls import reverse
from django.utils.translation import get_language

from instep.base.settings.vocabulary import Terms
from instep.crm.actions.addresses import ADDRESS_FIELDS
from instep.crm.actions.organisations import update_organisation
from instep.crm.errors import DoubtfulTaxNumber
from instep.crm.models import Address, Organisation
from instep.kernel.canonical import valid_tax_number
from instep.kernel.records.kinds import FieldType
from instep.kernel.records.organisation import ORGANISATION
from instep.web.components.inline import EditField, FieldEdit, RecordFields, ShownField
from instep.web.organisations.words import labels
from instep.web.records.standing import travels_of
from instep.web.shell.request import FirmRequest

DETAILS = ("name", "code", "is_person", "is_supplier", "tax_number", "account_manager", "default_handler")
REACH = ("email", "phone", "mobile", "website", "linkedin")
PLACES = tuple(ADDRESS_FIELDS)
_KEPT = "_addresses_shown"


def organisation_fields(terms: Terms) -> RecordFields:
    """The fields in the words of a firm and the language of the page."""
    return _made(terms, get_language() or "")


@cache
def _made(terms: Terms, language: str) -> RecordFields:
    said = labels(terms)
    own = {
        "code": EditField("code", max_length=20),
        "account_manager": EditField("account_manager", FieldType.REF, picker="staff:pick"),
        "default_handler": EditField("default_handler", FieldType.REF, picker="staff:pick"),
        **{name: EditField.of(ORGANISATION.field("address"), name=name) for name in PLACES},
    }
    fields = [own.get(name) or EditField.of(ORGANISATION.field(name)) for name in (*DETAILS, *REACH, *PLACES)]
    return RecordFields(
        kind="organisation",
        url_name="organisations:field",
        fields=[replace(each, label=said[each.name]) for each in fields],
        read=_read,
        save=_save,
        right="edit organisations",
        labels=_labels,
        travels=lambda record: travels_of(record.firm_id, "organisation", record.pk),
    )


def keep_addresses(organisation: Organisation, addresses: Mapping[str, str]) -> None:
    """Let a page that has loaded the addresses show them without another query."""
    setattr(organisation, _KEPT, addresses)


def with_doubts(fields: list[ShownField], request: FirmRequest) -> list[ShownField]:
    """A tax number with wrong check digits says so beside its value (A-23)."""
    doubtful = [f for f in fields if f.name == "tax_number" and not valid_tax_number(f.typed, request.firm.country)]
    said = {f.name: str(DoubtfulTaxNumber(tax_number=f.typed)) for f in doubtful}
    return [replace(each, warning=said[each.name]) if each.name in said else each for each in fields]


def _read(record: Organisation) -> dict[str, Any]:
    addresses = getattr(record, _KEPT, None)
    if addresses is None:
        rows = Address.objects.of(record.firm_id).filter(organisation=record)
        addresses = dict(rows.values_list("kind", "text"))
    return {
        **{name: getattr(record, name) for name in ("name", "code", "is_person", "is_supplier", "tax_number", *REACH)},
        "account_manager": record.account_manager_id,
        "default_handler": record.default_handler_id,
        **{name: addresses.get(kind) for name, kind in ADDRESS_FIELDS.items()},
    }


def _labels(record: Organisation) -> dict[str, tuple[str, str]]:
    found = {"account_manager": record.account_manager, "default_handler": record.default_handler}
    return {name: (row.name, reverse("staff:record", args=[row.pk])) for name, row in found.items() if row}


def _save(edit: FieldEdit) -> Any:
    return update_organisation(
        edit.record.pk,
        by=edit.by,
        changes={edit.name: edit.value},
        expected_version=edit.expected_version,
        accepted=edit.accepted,
    )
