"""Which field of ours is which field of tiny+, which way each travels, and how two records are known to be the same.

Pairs of remote fields travel flattened into one text, so that the engine compares one value: the status of a project
is "active" or "active/On hold" (`record_status` and `phase`), the name of a contact is "Mary Jane O'Neil" (`first_name`
and `last_name`), and `api.py` takes both apart again when it writes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, ClassVar

from instep.connect.fieldmap import Choice, Field, Mark, MatchRule, Place, RecordMap, Reference, Way
from instep.kernel.canonical import canon_text
from instep.kernel.errors import BadValue
from instep.kernel.money import exponent
from instep.kernel.names import PersonName, merge, split
from instep.kernel.records.contact import CONTACT
from instep.kernel.records.organisation import ORGANISATION
from instep.kernel.records.project import JOB
from instep.kernel.records.staff import STAFF

INNER_SPACE = "\u00a0"
"""A space inside a last name that two words make. It reads as a space and compares as one."""


@dataclass(frozen=True, slots=True)
class PersonLens:
    """First and last name <-> one text (A-22).

    The parts that are known stay as long as the text says the same words; a text that really changed is split by
    `kernel.names`. With `parts`, the remote keeps the parts too: a last name of several words then has `INNER_SPACE`
    between them, on reading and on writing, so that "Maria" + "Garcia Lopez" arrives as it left.
    """

    said: ClassVar[str] = "First and last name become one text, and come back in the same parts."
    parts: bool = False

    def to_theirs(self, ours: Any, *, known: Any, place: Place) -> str | None:
        name = PersonName.from_json(PersonName.from_json(ours).as_json())
        text = merge(name, canon_text(known))
        if self.parts and " " in name.last and text.endswith(name.last):
            text = text.removesuffix(name.last) + name.last.replace(" ", INNER_SPACE)
        return text or None

    def to_ours(self, theirs: Any, *, known: Any, place: Place) -> dict[str, str] | None:
        was = PersonName.from_json(known)
        if self.parts and theirs and INNER_SPACE in theirs and canon_text(merge(was)) != canon_text(theirs):
            first, _, last = theirs.rpartition(" ")
            return PersonName(first, last).as_json()
        return split(theirs, was).as_json()

    def canon_theirs(self, theirs: Any, *, place: Place) -> str | None:
        return canon_text(theirs)


@dataclass(frozen=True, slots=True)
class AmountLens:
    """Money <-> a decimal number as text ("15500.00") in the account's one currency, which is taken for the firm's.

    Raises BadValue for money of another currency: the number alone would be a lie.
    """

    said: ClassVar[str] = "An amount in the firm's own currency; of another one it waits for a person."

    def to_theirs(self, ours: Any, *, known: Any, place: Place) -> str | None:
        if not ours or ours.get("minor") is None:
            return None
        currency = ours.get("currency") or place.currency
        if currency != place.currency:
            raise BadValue(field="Fee", problem=f"it is in {currency}, and tiny+ keeps fees in {place.currency} only.")
        return amount_text(Decimal(ours["minor"]).scaleb(-exponent(currency)))

    def to_ours(self, theirs: Any, *, known: Any, place: Place) -> dict[str, Any] | None:
        if theirs in (None, ""):
            return None
        minor = Decimal(theirs).scaleb(exponent(place.currency)).quantize(Decimal(1), ROUND_HALF_UP)
        return {"minor": int(minor), "currency": place.currency}

    def canon_theirs(self, theirs: Any, *, place: Place) -> str | None:
        if theirs in (None, ""):
            return None
        try:
            return amount_text(Decimal(theirs))
        except InvalidOperation:
            return str(theirs)


def amount_text(amount: Decimal) -> str:
    """The number in plain digits with two decimals, or as many more as it needs: equal numbers give equal text."""
    digits, _, decimals = f"{amount:f}".partition(".")
    text = f"{digits}.{decimals.rstrip('0').ljust(2, '0')}"
    return text.removeprefix("-") if not amount else text


# The marks are those of the fact sheet, docs/reference/remotes/tinyplus.md; a field without one is assumed.
DOCUMENTED = Mark.DOCUMENTED

DEEP_LINK = Field(
    "deep_link", "external_url", Way.PUSH, max_length=500, note="Opens the record here from the page in tiny+."
)

STAFF_MAP = RecordMap(
    kind=STAFF,
    remote_type="team-members",
    rank=0,
    creates_here=False,
    fields=(
        Field("name", "name", Way.PUSH, lens=PersonLens(), max_length=200, mark=DOCUMENTED),
        Field(
            "email",
            "email",
            Way.PUSH,
            note="tiny+ refuses a new email while the team member is active; a ghost takes it.",
            mark=DOCUMENTED,
        ),
        Field("phone", "direct", Way.PUSH, mark=DOCUMENTED),
        Field("mobile", "mobile", Way.PUSH, mark=DOCUMENTED),
        Field("job_title", "role", Way.PUSH, mark=DOCUMENTED),
        DEEP_LINK,
    ),
    match=(
        # A work address belongs to one person, on both sides it is what people log in with.
        MatchRule("email", "email", strong=True),
        # Two people of one firm may share a name: shown to a person, never linked by it.
        MatchRule("name", "name", strong=False),
    ),
)

ORGANISATION_MAP = RecordMap(
    kind=ORGANISATION,
    remote_type="companies",
    rank=1,
    fields=(
        Field("name", "name", max_length=200, mark=DOCUMENTED),
        Field("address", "physical_address"),
        Field("email", "email_address", max_length=200),
        Field("website", "website", max_length=500),
        Field("tax_number", "abn", max_length=50),
        Field("mobile", "mobile", max_length=200),
        Field("phone", "office_phone", max_length=200),
        Field("linkedin", "linkedin", max_length=500),
        DEEP_LINK,
    ),
    match=(
        # One number, one legal person. Branches that share it make two candidates, which the engine never picks from.
        MatchRule("tax_number", "abn", strong=True),
        # accounts@group.example may stand on every company of a group, and a bookkeeper's on many clients.
        MatchRule("email", "email_address", strong=False),
        MatchRule("name", "name", strong=False),
    ),
)

CONTACT_MAP = RecordMap(
    kind=CONTACT,
    remote_type="contacts",
    rank=2,
    fields=(
        Field("name", "name", lens=PersonLens(parts=True), max_length=200, mark=DOCUMENTED),
        Field("phone", "direct", max_length=200),
        Field("role", "title", mark=DOCUMENTED),
        Field("email", "email_address", mark=DOCUMENTED),
        Field("website", "website", max_length=500),
        Field("mobile", "mobile", max_length=200),
        Field("office_phone", "office_phone", max_length=200),
        Field("linkedin", "linkedin", max_length=500),
        Field("organisation", "primary_company", lens=Reference("organisation"), mark=DOCUMENTED),
        DEEP_LINK,
    ),
    needs_here=("organisation",),
    match=(
        # A person's own address. A shared one (office@…) makes two candidates, which the engine never picks from.
        MatchRule("email", "email_address", strong=True),
        MatchRule("name", "name", strong=False),
    ),
)

JOB_MAP = RecordMap(
    kind=JOB,
    remote_type="projects",
    rank=3,
    fields=(
        Field("name", "name", max_length=200, mark=DOCUMENTED),
        Field("status", "status", lens=Choice("job_status")),
        Field("number", "project_number", Way.PUSH, max_length=50, note="A number typed in tiny+ is put right again."),
        Field("client", "client_company", Way.SEED, lens=Reference("organisation")),
        Field("job_type", "project_type", lens=Choice("job_type")),
        Field("handler", "assigned_user", lens=Reference("staff", unlinked="default"), mark=DOCUMENTED),
        Field("address", "project_address"),
        Field("fee", "fee_value", Way.SEED, lens=AmountLens(), note="Here it is the sum of the fees of its parts."),
        Field("scope", "description", mark=DOCUMENTED),
        DEEP_LINK,
    ),
    # A job belongs to one client; tiny+ lets a project begin without.
    needs_here=("client",),
    match=(
        # A number typed in tiny+ may come from a series of its own, and two series meet at "1001". A wrong link would
        # overwrite number, client and fee, so a person confirms it.
        MatchRule("number", "project_number", strong=False),
        # "House extension" comes back every year.
        MatchRule("name", "name", strong=False),
    ),
)

MAPS: Mapping[str, RecordMap] = {m.kind.key: m for m in (STAFF_MAP, ORGANISATION_MAP, CONTACT_MAP, JOB_MAP)}
BY_TYPE: Mapping[str, RecordMap] = {m.remote_type: m for m in MAPS.values()}

VALUES: Mapping[str, tuple[tuple[str, str], ...]] = {
    # One to one, so that no status changes by going there and coming back. The two names behind a slash are
    # phases that the account keeps below its state "active"; they are made once in tiny+ or mapped to others.
    "job_status": (
        ("proposal", "proposed"),
        ("won", "won"),
        ("active", "active"),
        ("pending_invoice", "active/Pending invoice"),
        ("on_hold", "active/On hold"),
        ("lost", "lost"),
        ("cancelled", "cancelled"),
        ("complete", "completed"),
    ),
    # Each account names its own types; they are joined when the connection is set up.
    "job_type": (),
}
