"""Vocabulary packs: the words that a firm's pages, emails and PDFs use for our terms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# term: (singular, plural). What a pack does not say differently is said as here, in the words of the glossary.
_PLAIN: dict[str, tuple[str, str]] = {
    "firm": ("firm", "firms"),
    "user": ("user", "users"),
    "staff": ("staff member", "staff members"),
    "organisation": ("organisation", "organisations"),
    "lead": ("lead", "leads"),
    "prospect": ("prospect", "prospects"),
    "client": ("client", "clients"),
    "supplier": ("supplier", "suppliers"),
    "contact": ("contact", "contacts"),
    "project": ("project", "projects"),
    "job": ("job", "jobs"),
    "opportunity": ("opportunity", "opportunities"),
    "campaign": ("campaign", "campaigns"),
    "phase": ("phase", "phases"),
    "stage": ("stage", "stages"),
    "task": ("task", "tasks"),
    "handler": ("handler", "handlers"),
    "estimate": ("estimate", "estimates"),
    "quote": ("quote", "quotes"),
    "cost": ("cost", "costs"),
    "charge": ("charge", "charges"),
    "invoice": ("invoice", "invoices"),
    "credit_note": ("credit note", "credit notes"),
    "document": ("document", "documents"),
    "connection": ("connection", "connections"),
}

PACKS: dict[str, dict[str, tuple[str, str]]] = {
    "agency": {**_PLAIN, "staff": ("staff resource", "staff resources")},
    "architecture": {
        **_PLAIN,
        "project": ("project group", "project groups"),
        "job": ("project", "projects"),
        "phase": ("stage", "stages"),
        "stage": ("task", "tasks"),
        "task": ("to-do", "to-dos"),
        "handler": ("project manager", "project managers"),
        "estimate": ("fee estimate", "fee estimates"),
        "quote": ("fee proposal", "fee proposals"),
    },
}


class Terms:
    """The words of one pack. terms("job") is the singular; an unknown term is a KeyError, which tests of pages find."""

    def __init__(self, pack: Mapping[str, tuple[str, str]]) -> None:
        self._pack = pack

    def __call__(self, term: str) -> str:
        return self._pack[term][0]

    def plural(self, term: str) -> str:
        """Such as "projects"."""
        return self._pack[term][1]

    def title(self, term: str) -> str:
        """ "Project": as the first word of a heading or label."""
        return _capital(self._pack[term][0])

    def title_plural(self, term: str) -> str:
        """Such as "Projects"."""
        return _capital(self._pack[term][1])

    def a(self, term: str) -> str:
        """Such as "a project", "an organisation"."""
        word = self._pack[term][0]
        return f"{'an' if word[0] in 'aeio' else 'a'} {word}"

    def counted(self, count: int, term: str) -> str:
        """Such as "1 project", "2 projects"."""
        return f"{count} {self._pack[term][0 if count == 1 else 1]}"

    @property
    def terms(self) -> frozenset[str]:
        """Every term there is."""
        return frozenset(self._pack)


_TERMS = {name: Terms(pack) for name, pack in PACKS.items()}


def terms(firm: Any) -> Terms:
    """The words of a firm, or of a pack given by name; a pack that is no more counts as the glossary's words."""
    return _TERMS.get(getattr(firm, "vocabulary", firm), _TERMS["agency"])


def _capital(word: str) -> str:
    return word[:1].upper() + word[1:]
