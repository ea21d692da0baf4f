"""Which installation this is: a copy of the database elsewhere only looks at what the real one keeps in step (b.14)."""

from __future__ import annotations

import hashlib

from django.conf import settings
from django.db.models import Q

from instep.connect.errors import ReadOnlyCopy
from instep.connect.models import Connection


def here() -> str:
    """A fingerprint of this installation: of its key, and of its own name where it was given one."""
    named = f":{settings.INSTALLATION}" if settings.INSTALLATION else ""
    return hashlib.sha256(f"instep:{settings.SECRET_KEY}{named}".encode()).hexdigest()


def is_copy(connection: Connection) -> bool:
    """Whether another installation authorised it: nothing of it is written, renewed or answered here."""
    return connection.environment not in ("", here())


def authorised_here() -> Q:
    """The same for many connections: those that are no copies."""
    return Q(environment__in=("", here()))


def must_be_real(connection: Connection) -> None:
    """Raise ReadOnlyCopy where the connection belongs to another installation."""
    if is_copy(connection):
        raise ReadOnlyCopy
