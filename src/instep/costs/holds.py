"""What holds a cost fast: the floors above answer, each by one question that it adds when Django is ready.

costs cannot look upward, yet a cost on a document must not change (E-45, T-05).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

Held = Callable[[int, Sequence[int]], dict[int, str]]
"""(firm_id, cost ids) -> {cost id: what holds it, as a person would say it}; one query per 500."""

_questions: dict[str, Held] = {}


def ask_also(key: str, question: Held) -> None:
    """Add a question; a second one under the same key takes its place."""
    _questions[key] = question


def holders_of(firm_id: int, cost_ids: Sequence[int]) -> dict[int, str]:
    """{cost id: what holds it}; costs that are free are left out."""
    found: dict[int, str] = {}
    for question in _questions.values():
        found.update(question(firm_id, cost_ids))
    return found
