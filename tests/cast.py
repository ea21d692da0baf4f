"""The named cast: Banksia & Bell, architects in Melbourne, and Odo, the outsider from London.

Ada owns Banksia & Bell, Bo manages, Cy is on the staff. Odo owns Quill & Co and must see nothing of theirs.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from instep.base.firms.actions.firms import create_firm
from instep.base.firms.actions.members import grant_membership
from instep.base.firms.actions.users import create_user
from instep.base.identity.actor import Actor
from instep.base.identity.models import Firm, User
from instep.base.identity.permissions import MembershipKind, Role
from instep.base.identity.queries import membership_in

PASSWORD = "correct horse battery staple"


@dataclass(frozen=True)
class Cast:
    """The two firms, their people as actors, and the users by first name ("ada")."""

    firm: Firm
    other_firm: Firm
    ada: Actor
    bo: Actor
    cy: Actor
    odo: Actor
    users: dict[str, User]

    @property
    def system(self) -> Actor:
        """The house itself, in Banksia & Bell."""
        return Actor.system(self.firm, "system")


def architects() -> Firm:
    """Banksia & Bell of Melbourne: AUD, Architecture words."""
    return create_firm(
        key="banksia-bell",
        name="Banksia & Bell",
        currency="AUD",
        country="AU",
        zone="Australia/Melbourne",
        vocabulary="architecture",
    )


def agency() -> Firm:
    """Quill & Co of London: GBP, Agency words."""
    return create_firm(
        key="quill",
        name="Quill & Co",
        currency="GBP",
        country="GB",
        zone="Europe/London",
        vocabulary="agency",
    )


def member(
    firm: Firm,
    name: str,
    role: Role,
    *,
    kind: MembershipKind = MembershipKind.STAFF,
    until: dt.date | None = None,
) -> User:
    """A new user "name@key-of-firm.example" with PASSWORD and this role from today on."""
    by = Actor.system(firm, "set-up")
    user = create_user(email=f"{name.lower()}@{firm.key}.example", name=name, password=PASSWORD, by=by)
    grant_membership(user, by=by, role=role, kind=kind, until=until)
    return user


def actor(firm: Firm, user: User) -> Actor:
    """The user acting in the firm, with the rights of the role there."""
    return Actor.user(membership_in(firm, user))


def build_cast() -> Cast:
    """Both firms and everybody in them, made through actions."""
    firm, other = architects(), agency()
    users = {
        "ada": member(firm, "Ada", Role.OWNER),
        "bo": member(firm, "Bo", Role.MANAGER),
        "cy": member(firm, "Cy", Role.STAFF),
        "odo": member(other, "Odo", Role.OWNER),
    }
    return Cast(
        firm=firm,
        other_firm=other,
        ada=actor(firm, users["ada"]),
        bo=actor(firm, users["bo"]),
        cy=actor(firm, users["cy"]),
        odo=actor(other, users["odo"]),
        users=users,
    )
