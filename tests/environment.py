"""The database and data folder of the tests: a SQLite file, or PostgreSQL with INSTEP_TEST_DB=postgres.

Environment: INSTEP_TEST_DB sqlite | postgres; INSTEP_TEST_PG, the address of a PostgreSQL whose user may make databases
(default: the current user on this machine); INSTEP_REQUIRE_PG=1 makes a missing PostgreSQL red instead of a skip;
INSTEP_TEST_SETTINGS, another settings module; INSTEP_LONG=1 runs what takes minutes, too.
"""

from __future__ import annotations

import atexit
import getpass
import os
import shutil
import tempfile
from urllib.parse import urlsplit, urlunsplit

import django
from django.conf import settings

POSTGRES = os.environ.get("INSTEP_TEST_DB", "sqlite") == "postgres"
LONG = os.environ.get("INSTEP_LONG", "") == "1"
POSTGRES_REQUIRED = os.environ.get("INSTEP_REQUIRE_PG", "") == "1"


def postgres_address() -> str:
    """The address of the PostgreSQL that tests may use, with the name of a database that is there."""
    return os.environ.get("INSTEP_TEST_PG") or f"postgresql://{getpass.getuser()}@127.0.0.1:5432/postgres"


def _prepare() -> None:
    if settings.configured:
        raise RuntimeError("unset DJANGO_SETTINGS_MODULE: the tests choose their data folder before Django is set up")
    # A file, not memory: threads, live servers and child processes must see the same rows.
    folder = tempfile.mkdtemp(prefix="instep-tests-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ["INSTEP_DATA"] = folder
    os.environ.pop("DATABASE_URL", None)
    if POSTGRES:
        database = f"/instep_test_{os.getpid()}"
        os.environ["DATABASE_URL"] = urlunsplit(urlsplit(postgres_address())._replace(path=database))
    os.environ["DJANGO_SETTINGS_MODULE"] = os.environ.get("INSTEP_TEST_SETTINGS", "instep.config.settings")
    # Playwright keeps an event loop in the test's thread; Django would take the ORM there for a mistake.
    os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    default = settings.DATABASES["default"]
    # The same name as in use, so that a worker or server started by a test opens the test's database by itself.
    default["TEST"] = {"NAME": default["NAME"]}
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    django.setup()


_prepare()
