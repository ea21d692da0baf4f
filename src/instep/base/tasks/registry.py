"""Which function does which task."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from instep.base.identity.actor import Actor


class TaskContext(Protocol):
    """What a task's function is given."""

    task_id: int
    firm_id: int | None
    arguments: dict[str, Any]
    attempt: int

    @property
    def by(self) -> Actor:
        """Who asked for the task, with the rights they have now; NotFound for a user who has left the firm."""

    @property
    def stopping(self) -> bool:
        """Whether the function should come to an end soon: cancelled, or the worker stops."""

    def progress(self, done: int, total: int | None = None, message: str = "") -> None:
        """Show how far it is. Raises TaskStopped (let it pass) when the task is no longer this function's to run."""


TaskFunction = Callable[[TaskContext], dict[str, Any] | None]
_functions: dict[str, TaskFunction] = {}


def task(name: str) -> Callable[[TaskFunction], TaskFunction]:
    """Register the decorated function as the one that does tasks of this name.

    The function runs again from its start after a kill: it keeps its own place in the data, works in short
    transactions, and doing it twice changes nothing. What it returns (a JSON object or None) is the task's result.
    """

    def register(function: TaskFunction) -> TaskFunction:
        known = _functions.get(name)
        if known is not None and _place(known) != _place(function):
            raise ValueError(f"two functions for the task {name!r}")
        _functions[name] = function
        return function

    return register


def function_of(name: str) -> TaskFunction | None:
    """The function of that task, or None when no loaded module has it."""
    return _functions.get(name)


def task_names() -> list[str]:
    """All registered names."""
    return sorted(_functions)


def _place(function: TaskFunction) -> tuple[str, str]:
    # By place, not by object: a module that is loaded twice registers the same function twice.
    return function.__module__, getattr(function, "__qualname__", "")
