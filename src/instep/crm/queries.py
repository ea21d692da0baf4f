"""Questions about organisations and contacts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from instep.base.identity.rows import FirmQuerySet
from instep.base.paging import Page, keyset
from instep.base.records.ids import is_id
from instep.base.records.words import matching
from instep.crm.codes import suggested_code
from instep.crm.models import Address, Contact, CrmWord, Employment, Organisation
from instep.crm.states import AddressKind, Stage

ORGANISATION_ORDER = ("match_name",)
CONTACT_ORDER = ("sort_name",)
FIRST_CONTACTS = 50


def organisation_list(
    firm_id: int,
    *,
    search: str = "",
    stages: Sequence[Stage] | None = None,
    suppliers: bool | None = None,
    account_manager: int | None = None,
    archived: bool | None = False,
) -> FirmQuerySet[Organisation]:
    """Organisations by name, those on the lists unless told otherwise (archived None: all), account managers loaded."""
    rows = Organisation.objects.of(firm_id).select_related("account_manager").order_by("match_name", "pk")
    if stages is not None:
        rows = rows.filter(stage__in=list(stages)) if len(stages) != 1 else rows.filter(stage=stages[0])
    if suppliers is not None:
        rows = rows.filter(is_supplier=suppliers)
    if account_manager is not None:
        rows = rows.filter(account_manager=account_manager) if is_id(account_manager) else rows.none()
    if archived is not None:
        rows = rows.filter(archived_at__isnull=not archived)
    return matching(rows, CrmWord, firm_id, "organisation", search)


def organisation_page(
    firm_id: int,
    *,
    search: str = "",
    stages: Sequence[Stage] | None = None,
    suppliers: bool | None = None,
    account_manager: int | None = None,
    archived: bool | None = False,
    token: str | None = None,
    size: int = 50,
) -> Page[Organisation]:
    """One page of `organisation_list`; one query."""
    rows = organisation_list(
        firm_id,
        search=search,
        stages=stages,
        suppliers=suppliers,
        account_manager=account_manager,
        archived=archived,
    )
    return keyset(rows, ORGANISATION_ORDER, token, size)


@dataclass(frozen=True, slots=True)
class OrganisationDetails:
    """What the page of one organisation shows, jobs aside. `contacts` are the first fifty of those on the lists."""

    organisation: Organisation
    addresses: dict[str, str]
    contacts: list[Contact]

    @property
    def street(self) -> str:
        """The street address, "" for none."""
        return self.addresses.get(AddressKind.STREET, "")


def organisation_details(firm_id: int, organisation_id: int) -> OrganisationDetails:
    """The organisation with its people and addresses; NotFound otherwise. Three queries."""
    rows = Organisation.objects.select_related("account_manager", "default_handler")
    organisation = rows.get_of(firm_id, organisation_id, what="organisation")
    addresses = Address.objects.of(firm_id).filter(organisation=organisation).values_list("kind", "text")
    contacts = contact_list(firm_id, organisation=organisation.pk)[:FIRST_CONTACTS]
    return OrganisationDetails(organisation, dict(addresses), list(contacts))


def contact_list(
    firm_id: int, *, search: str = "", organisation: int | None = None, archived: bool | None = False
) -> FirmQuerySet[Contact]:
    """Contacts by last name, their organisations loaded; those on the lists unless told otherwise (archived None:
    all)."""
    rows = Contact.objects.of(firm_id).select_related("organisation").order_by("sort_name", "pk")
    if organisation is not None:
        rows = rows.filter(organisation=organisation) if is_id(organisation) else rows.none()
    if archived is not None:
        rows = rows.filter(archived_at__isnull=not archived)
    return matching(rows, CrmWord, firm_id, "contact", search)


def contact_page(
    firm_id: int,
    *,
    search: str = "",
    organisation: int | None = None,
    archived: bool | None = False,
    token: str | None = None,
    size: int = 50,
) -> Page[Contact]:
    """One page of `contact_list`; one query."""
    rows = contact_list(firm_id, search=search, organisation=organisation, archived=archived)
    return keyset(rows, CONTACT_ORDER, token, size)


@dataclass(frozen=True, slots=True)
class ContactDetails:
    """What the page of one contact shows. `employments` newest first, organisations loaded."""

    contact: Contact
    employments: list[Employment]


def contact_details(firm_id: int, contact_id: int) -> ContactDetails:
    """The contact and where they worked (A-20); NotFound otherwise. Two queries."""
    contact = Contact.objects.select_related("organisation").get_of(firm_id, contact_id, what="contact")
    rows = Employment.objects.of(firm_id).filter(contact=contact).select_related("organisation").order_by("-pk")
    return ContactDetails(contact, list(rows))


def organisations_named(firm_id: int, match_names: Sequence[str]) -> dict[str, int]:
    """{match name: id} of those on the lists, the oldest where several share it. One query per 500 names."""
    found: dict[str, int] = {}
    wanted = sorted({name[:200] for name in match_names})
    for start in range(0, len(wanted), 500):
        rows = Organisation.objects.of(firm_id).filter(match_name__in=wanted[start : start + 500], archived_at=None)
        for match_name, pk in rows.order_by("-pk").values_list("match_name", "pk"):
            found[match_name] = pk
    return found


def client_code_for(firm_id: int, name: str) -> str:
    """A free client code to suggest for this name: its initials, with a counter where they are taken."""
    taken = Organisation.objects.of(firm_id).exclude(code="").values_list("code", flat=True)
    return suggested_code(name, set(taken))
