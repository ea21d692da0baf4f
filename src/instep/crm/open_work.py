"""Who has open work for an organisation: the floors above answer, each by one question that it adds when Django is
ready.

crm cannot look upward, yet a client with open jobs must not step down (7.2.10).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

OpenWork = Callable[[int, Sequence[int]], dict[int, str]]
"""(firm_id, organisation ids) -> {organisation id: what is open, as a person would say it}; one query."""

_questions: dict[str, OpenWork] = {}


def ask_also(key: str, question: OpenWork) -> None:
    """Add a question; a second one under the same key takes its place."""
    _questions[key] = question


def open_work_of(firm_id: int, organisation_ids: Sequence[int]) -> dict[int, str]:
    """{organisation id: its open work in words}; organisations without any are left out."""
    found: dict[int, list[str]] = {}
    for question in _questions.values():
        for organisation_id, words in question(firm_id, organisation_ids).items():
            found.setdefault(organisation_id, []).append(words)
    return {organisation_id: ", ".join(words) for organisation_id, words in found.items()}
