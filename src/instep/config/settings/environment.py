"""The one reader of environment variables."""

from __future__ import annotations

import environ

env = environ.Env()
