"""The states of a task and their moves."""

from __future__ import annotations

from enum import StrEnum

from instep.kernel.states import Moves


class TaskState(StrEnum):
    """Where a task stands. Stored; never renamed."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


# running -> queued: its worker stopped or died, and another takes it up again.
MOVES = Moves(
    {
        TaskState.QUEUED: {TaskState.RUNNING, TaskState.CANCELLED},
        TaskState.RUNNING: {TaskState.DONE, TaskState.FAILED, TaskState.CANCELLED, TaskState.QUEUED},
        TaskState.DONE: set(),
        TaskState.FAILED: {TaskState.QUEUED},
        TaskState.CANCELLED: {TaskState.QUEUED},
    }
)
LIVE = (TaskState.QUEUED.value, TaskState.RUNNING.value)
