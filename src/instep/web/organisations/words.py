"""How organisations read on pages: stages, history, the labels of their fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from instep.base.settings.vocabulary import Terms
from instep.crm.states import AddressKind, Stage
from instep.web.records.history import Sayings, named
from instep.web.shell.tones import Tone

STAGE_TONES = {Stage.CLIENT: Tone.OK, Stage.PROSPECT: Tone.INFO, Stage.LEAD: Tone.NEUTRAL, Stage.NONE: Tone.NEUTRAL}


def stage_word(stage: str, terms: Terms) -> str:
    """ "Client"; outside sales for the stage none."""
    return _("Outside sales") if stage == Stage.NONE else terms.title(stage)


def stage_choices(terms: Terms) -> list[tuple[str, str]]:
    """The stages with their words, from the last to the first."""
    return [(stage.value, stage_word(stage, terms)) for stage in reversed(Stage)]


def labels(terms: Terms) -> dict[str, str]:
    """{field: its name} for fields and history."""
    return {
        "name": _("Name"),
        "stage": _("Stage"),
        "code": _("%(client)s code") % {"client": terms.title("client")},
        "is_person": _("A person in business"),
        "is_supplier": terms.title("supplier"),
        "tax_number": _("Tax number"),
        "account_manager": _("Account manager"),
        "default_handler": _("Usual %(handler)s") % {"handler": terms("handler")},
        "email": _("Email"),
        "phone": _("Phone"),
        "mobile": _("Mobile"),
        "website": _("Website"),
        "linkedin": _("LinkedIn"),
        "address": address_word(AddressKind.STREET),
        "postal_address": address_word(AddressKind.POSTAL),
        "billing_address": address_word(AddressKind.BILLING),
        "other_address": address_word(AddressKind.OTHER),
        "archived": _("Archived"),
    }


def address_word(kind: AddressKind) -> str:
    """ "Street address"."""
    return {
        AddressKind.STREET: _("Street address"),
        AddressKind.POSTAL: _("Postal address"),
        AddressKind.BILLING: _("Billing address"),
        AddressKind.OTHER: _("Other address"),
    }[kind]


def sayings(terms: Terms, staff: Sequence[Any]) -> Sayings:
    """How an organisation's history reads. `staff` are resources whose names are known."""
    what = {"organisation": terms.title("organisation")}
    people = named(staff)
    return Sayings(
        events={
            "organisation.created": _("%(organisation)s created") % what,
            "organisation.updated": _("%(organisation)s changed") % what,
            "organisation.promoted": _("Moved up a stage"),
            "organisation.demoted": _("Moved down a stage"),
            "organisation.archived": _("Archived"),
            "organisation.restored": _("Brought back"),
        },
        labels=labels(terms),
        values={
            "stage": dict(stage_choices(terms)),
            "account_manager": people,
            "default_handler": people,
        },
    )
