"""The settings of jobs."""

from __future__ import annotations

from instep.base.settings.declared import Setting, declare

DEFAULT_HANDLER: Setting[int] = declare(
    Setting("jobs.default_handler", int, 0, "Handler of imported and synced work that names none (0: none)")
)
FIRST_PHASE: Setting[str] = declare(Setting("jobs.first_phase", str, "Main", "Name of the first part of new work"))
