"""The import as background work."""

from __future__ import annotations

from typing import Any

from instep.base.identity.actor import Actor
from instep.base.tasks.actions import enqueue
from instep.base.tasks.models import Task
from instep.base.tasks.registry import TaskContext, task
from instep.jobs.intake.contracts import import_contracts

IMPORT_CONTRACTS = "import_contracts"


def request_contracts_import(path: str, *, by: Actor, key: str | None = None) -> Task:
    """Ask a worker to import the file at `path`, which the worker must be able to read; plan it first.

    `key` makes the request idempotent. Raises NotAllowed ("import records").
    """
    by.must("import records")
    return enqueue(by.firm_id, IMPORT_CONTRACTS, {"path": path}, by, key)


@task(IMPORT_CONTRACTS)
def _import_contracts(context: TaskContext) -> dict[str, Any]:
    tally = import_contracts(context.arguments["path"], by=context.by, progress=context.progress)
    return tally.as_json()
