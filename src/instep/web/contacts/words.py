"""How contacts read on pages: the labels of their fields, their history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from instep.base.settings.vocabulary import Terms
from instep.web.records.history import Sayings, named


def labels(terms: Terms) -> dict[str, str]:
    """{field: its name} for fields and history."""
    return {
        "name": _("Name"),
        "first_name": _("First name"),
        "last_name": _("Last name"),
        "role": _("Role"),
        "organisation": terms.title("organisation"),
        "email": _("Email"),
        "phone": _("Direct phone"),
        "mobile": _("Mobile"),
        "office_phone": _("Office phone"),
        "website": _("Website"),
        "linkedin": _("LinkedIn"),
        "archived": _("Archived"),
    }


def sayings(terms: Terms, organisations: Sequence[Any]) -> Sayings:
    """How a contact's history reads. `organisations` are those whose names are known."""
    what = {"contact": terms.title("contact")}
    return Sayings(
        events={
            "contact.created": _("%(contact)s created") % what,
            "contact.updated": _("%(contact)s changed") % what,
            "contact.moved": _("Moved to another %(organisation)s") % {"organisation": terms("organisation")},
            "contact.archived": _("Archived"),
            "contact.restored": _("Brought back"),
        },
        labels=labels(terms),
        values={"organisation": named(organisations)},
    )
