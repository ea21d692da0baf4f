"""The search words of organisations and contacts."""

from __future__ import annotations

from instep.base.records.words import WordRow


class CrmWord(WordRow):
    """A search word of an organisation or a contact, by `kind`."""
