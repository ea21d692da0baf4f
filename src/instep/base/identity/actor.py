"""Who does it: every action is told, and asks here what they may do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from instep.base.identity.models import Membership
from instep.base.identity.permissions import CONNECTION_RIGHTS, EVERY_RIGHT, ROLE_RIGHTS, Role
from instep.base.identity.rows import firm_id_of
from instep.kernel.errors import NotAllowed, NotFound


class ActorKind(StrEnum):
    """What kind of being acts."""

    USER = "user"
    CONNECTION = "connection"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """A user, a connection or the system, acting in one firm with a set of rights."""

    firm_id: int
    kind: ActorKind
    user_id: int | None
    connection_id: int | None
    name: str
    permissions: frozenset[str]

    @classmethod
    def user(cls, membership: Membership) -> Actor:
        """The user of a live membership, with the rights of its role (an unknown role has none)."""
        rights = ROLE_RIGHTS[Role(membership.role)] if membership.role in set(Role) else frozenset()
        return cls(membership.firm_id, ActorKind.USER, membership.user_id, None, membership.user.name, rights)

    @classmethod
    def connection(cls, firm: Any, connection_id: int, name: str) -> Actor:
        """A connection to a remote: it may edit records, and what it owns, but no settings and no users."""
        return cls(firm_id_of(firm), ActorKind.CONNECTION, None, connection_id, name, CONNECTION_RIGHTS)

    @classmethod
    def system(cls, firm: Any, name: str) -> Actor:
        """The house itself (a task, a command), with every right."""
        return cls(firm_id_of(firm), ActorKind.SYSTEM, None, None, name, EVERY_RIGHT)

    @property
    def actor_id(self) -> int | None:
        """The user's or connection's id."""
        return self.connection_id if self.kind is ActorKind.CONNECTION else self.user_id

    @property
    def key(self) -> str:
        """As ownership writes it: "user:3", "connection:3" or "system"."""
        return self.kind.value if self.actor_id is None else f"{self.kind.value}:{self.actor_id}"

    def can(self, right: str) -> bool:
        """Whether the actor has the right. A right nobody declared is nobody's."""
        return right in self.permissions

    def must(self, right: str, *, of: Any = None, what: str = "record") -> None:
        """Raise NotAllowed without the right; NotFound when the record `of` is another firm's, which comes first."""
        if of is not None and of.firm_id != self.firm_id:
            raise NotFound(what=what)
        if right not in self.permissions:
            raise NotAllowed(right=right)
