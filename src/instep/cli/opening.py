"""Opening the house for a command: settings, database, tables; each thing that is missing is one sentence."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

from instep.cli.refusals import CannotStart

if TYPE_CHECKING:
    from instep.base.identity.models import Firm

SETTINGS = "instep.config.settings"


def choose_data(folder: str | os.PathLike[str] | None) -> Path:
    """The data folder of this command and of every process it starts; by default INSTEP_DATA, else `var`."""
    path = Path(folder or os.environ.get("INSTEP_DATA") or "var").absolute()
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise CannotStart(f"The data folder {path} cannot be used: {problem.strerror}.") from None
    if not os.access(path, os.W_OK | os.X_OK):
        raise CannotStart(f"The data folder {path} cannot be written. Choose another with --data or INSTEP_DATA.")
    os.environ["INSTEP_DATA"] = str(path)
    return path


def open_house(*, tables: bool = True) -> None:
    """Make Django ready. With `tables` the database must be there and have its tables. Raises CannotStart."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS)
    import django
    from django.core.exceptions import ImproperlyConfigured

    if "sqlite" not in os.environ.get("DATABASE_URL", "sqlite"):
        _check_address(os.environ["DATABASE_URL"])
    else:
        choose_data(None)
    try:
        django.setup()
    except (ImproperlyConfigured, PermissionError) as problem:
        raise CannotStart(f"The settings cannot be used: {str(problem).splitlines()[0]}.") from None
    # A command tells its outcome itself; what it says beside that would end up among it.
    logging.getLogger("instep").setLevel(logging.WARNING)
    reach_database()
    if tables:
        need_tables()


def _check_address(address: str) -> None:
    if "://" not in address:
        raise CannotStart("DATABASE_URL is not an address such as postgres://user@host:5432/name.")


def reach_database() -> None:
    """Raise CannotStart unless the database answers."""
    from django.db import DatabaseError, connection
    from django.db.utils import InterfaceError

    try:
        connection.ensure_connection()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, InterfaceError) as problem:
        raise CannotStart(unreachable(problem)) from None


def unreachable(problem: Exception) -> str:
    """The sentence for a database that does not answer."""
    from django.conf import settings

    database = settings.DATABASES["default"]
    where = database["NAME"] if "sqlite" in database["ENGINE"] else f"{database['HOST'] or 'localhost'}"
    text = str(problem).strip()
    reason = text.splitlines()[0].rstrip(".") if text else type(problem).__name__
    return f"The database at {where} does not answer: {reason}. Is DATABASE_URL right, and does it run?"


def need_tables() -> None:
    """Raise CannotStart while migrations wait."""
    from django.db import connection
    from django.db.migrations.exceptions import InconsistentMigrationHistory
    from django.db.migrations.executor import MigrationExecutor

    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except InconsistentMigrationHistory as problem:
        raise CannotStart(f"The database was made by another version of Instep: {problem}") from None
    if waiting:
        raise CannotStart(f"The database lacks {len(waiting)} migrations. Run `instep migrate` first.")


def firm_by_key(key: str) -> Firm:
    """The firm with this key. Raises CannotStart, which names those that are there."""
    from instep.base.identity.models import Firm

    found = Firm.objects.filter(key=key).first()
    if found is None:
        keys = ", ".join(Firm.objects.order_by("key").values_list("key", flat=True)[:10])
        raise CannotStart(
            f"There is no firm with the key {key!r}. " + (f"There are: {keys}." if keys else "There are none yet.")
        )
    return found
