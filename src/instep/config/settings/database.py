"""Where the data lives: SQLite in a file by default, PostgreSQL by DATABASE_URL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from instep.config.settings.environment import env

DATA_DIR = Path(env.str("INSTEP_DATA", default="var")).absolute()


def _database() -> dict[str, Any]:
    url = env.str("DATABASE_URL", default="")
    if url:
        return {**env.db_url_config(url), "CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(DATA_DIR / "instep.sqlite3"),
        # Without IMMEDIATE, a read that turns into a write fails at once when another process writes.
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": (
                "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA cache_size=-20000;"
                "PRAGMA mmap_size=134217728;PRAGMA temp_store=MEMORY;"
            ),
        },
    }


# A GET must not open a transaction: on SQLite it would take the write lock.
DATABASES = {"default": {**_database(), "ATOMIC_REQUESTS": False}}
