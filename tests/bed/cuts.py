"""Deaths: every point at which a worker can be cut is a numbered step (before and after each send and each commit)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection as database


class Cut(BaseException):
    """The process died here. Not an Exception: nothing may catch it and go on."""


@dataclass
class Steps:
    """Counts the steps of one life of a worker, and ends it at step `at`; 0 lets it live."""

    at: int = 0
    names: list[str] = field(default_factory=list)
    _depth: int = 0
    _undone: bool = False

    def step(self, name: str) -> None:
        """One point at which the process may die. Raises Cut."""
        self.names.append(name)
        if len(self.names) == self.at:
            raise Cut(name)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Commits are steps too: the ends of outermost transactions, and statements outside of any.

        The test's own transaction is around everything, so that savepoints stand for transactions.
        """
        try:
            with database.execute_wrapper(self._statement):
                yield
        finally:
            # A death leaves nothing behind in the database's books.
            database.needs_rollback = False

    def _statement(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        word = sql.lstrip()[:8].upper()
        if word == "SAVEPOIN":
            self._depth += 1
        elif word == "ROLLBACK":
            self._undone = True
        elif word == "RELEASE ":
            return self._released(execute, sql, params, many, context)
        elif self._depth == 0 and word[:6] in ("INSERT", "UPDATE", "DELETE"):
            self.step("commit")
            done = execute(sql, params, many, context)
            self.step("committed")
            return done
        return execute(sql, params, many, context)

    def _released(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        undone, self._undone, self._depth = self._undone, False, self._depth - 1
        outermost = self._depth == 0 and not undone
        if outermost:
            try:
                self.step("commit")
            except Cut:
                execute(sql.replace("RELEASE", "ROLLBACK TO", 1), params, many, context)
                execute(sql, params, many, context)
                raise
        done = execute(sql, params, many, context)
        if outermost:
            self.step("committed")
        return done
