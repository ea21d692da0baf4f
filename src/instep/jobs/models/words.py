"""The search words of jobs."""

from __future__ import annotations

from instep.base.records.words import WordRow


class JobWord(WordRow):
    """A search word of a job."""
