"""The tables of the crm app."""

from __future__ import annotations

from instep.crm.models.contacts import Contact, Employment
from instep.crm.models.organisations import Address, Organisation
from instep.crm.models.words import CrmWord

__all__ = ["Address", "Contact", "CrmWord", "Employment", "Organisation"]
