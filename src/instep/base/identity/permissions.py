"""Rights and roles as data: a right is a short sentence, a role is a set of rights."""

from __future__ import annotations

from enum import StrEnum


class MembershipKind(StrEnum):
    """Which side of the firm a member stands on."""

    STAFF = "staff"
    CLIENT = "client"
    SUPPORT = "support"


class Role(StrEnum):
    """What a member is to the firm. Stored; never renamed."""

    OWNER = "owner"
    ADMINISTRATOR = "administrator"
    MANAGER = "manager"
    STAFF = "staff"
    BOOKKEEPER = "bookkeeper"
    SUPPORT = "support"
    CLIENT = "client"
    BOOTSTRAP = "bootstrap"


# The right, and what it lets a person do. Pages show the second; code asks for the first.
RIGHTS: dict[str, str] = {
    "see jobs": "See jobs, their phases and fees",
    "edit jobs": "Make and change jobs, phases and projects",
    "edit numbers": "Change the number of a job or project by hand",
    "see organisations": "See clients, prospects and suppliers",
    "edit organisations": "Make and change organisations",
    "see contacts": "See people at organisations",
    "edit contacts": "Make and change contacts",
    "see staff": "See staff resources",
    "edit staff": "Make and change staff resources",
    "see time": "See recorded time",
    "record time": "Record their own time",
    "record others' time": "Record and change anybody's time",
    "see rates": "See what an hour costs and should bring",
    "edit rates": "Set what an hour costs and should bring",
    "see invoices": "See invoices, credits, payments and what is not billed yet",
    "edit invoices": "Make, change and delete draft invoices",
    "issue invoices": "Make invoices real, and credit them",
    "edit issued texts": "Change the free texts of real invoices, where the firm allows it at all",
    "record payments": "Record, change, allocate and remove payments",
    "see settings": "See the firm's settings",
    "edit settings": "Change the firm's settings, vocabulary and number formats",
    "manage users": "Make users, reset their passwords, give and end roles",
    "appoint owners": "Give and end the role of owner, and reset an owner's password",
    "use tools": "Use maintenance tools",
    "see history": "See who changed what",
    "see connections": "See connections to other systems, their runs and conflicts",
    "manage connections": "Connect and disconnect other systems and change how they sync",
    "run connections": "Start a sync, accept a preview, resolve conflicts",
    "import records": "Import records from files",
}

_SEE_RECORDS = frozenset({"see jobs", "see organisations", "see contacts", "see staff"})
_EDIT_RECORDS = frozenset({"edit jobs", "edit organisations", "edit contacts", "edit staff"})
_SEE_MONEY = frozenset({"see time", "see invoices"})
_BILL = frozenset({"edit invoices", "issue invoices"})
EVERY_RIGHT = frozenset(RIGHTS)
CONNECTION_RIGHTS = _SEE_RECORDS | _EDIT_RECORDS | _SEE_MONEY | {"record payments"}

ROLE_RIGHTS: dict[Role, frozenset[str]] = {
    Role.OWNER: EVERY_RIGHT,
    Role.ADMINISTRATOR: EVERY_RIGHT - {"appoint owners"},
    Role.MANAGER: _SEE_RECORDS
    | _EDIT_RECORDS
    | _SEE_MONEY
    | _BILL
    | {"record time", "record others' time", "see rates"}
    | {"edit numbers", "see settings", "see history", "see connections", "run connections", "import records"},
    Role.STAFF: _SEE_RECORDS | {"edit contacts", "see time", "record time"},
    Role.BOOKKEEPER: _SEE_RECORDS
    | _SEE_MONEY
    | _BILL
    | {"record payments"}
    | {"edit organisations", "edit contacts", "see history", "see connections", "run connections"},
    Role.SUPPORT: _SEE_RECORDS | _SEE_MONEY | {"see settings", "see history", "see connections"},
    Role.CLIENT: frozenset(),
    # E-05: the first account sets the house up, makes users and resets passwords; the firm's work stays closed to it.
    Role.BOOTSTRAP: frozenset({"use tools", "manage users", "appoint owners", "see settings", "edit settings"}),
}

ROLES_OF_KIND: dict[MembershipKind, frozenset[Role]] = {
    MembershipKind.STAFF: frozenset(Role) - {Role.SUPPORT, Role.CLIENT},
    MembershipKind.CLIENT: frozenset({Role.CLIENT}),
    MembershipKind.SUPPORT: frozenset({Role.SUPPORT}),
}
