"""Django settings, from the environment; without any, a safe local set-up on a SQLite file."""

from __future__ import annotations

from instep.config.settings.apps import *  # noqa: F403
from instep.config.settings.database import DATA_DIR as DATA_DIR
from instep.config.settings.database import DATABASES as DATABASES
from instep.config.settings.security import *  # noqa: F403
from instep.config.settings.web import *  # noqa: F403
