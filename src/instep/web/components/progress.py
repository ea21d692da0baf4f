"""Progress of long work: how far, how fast, how long still."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext

from instep.base.tasks.models import Task
from instep.base.tasks.states import LIVE, TaskState
from instep.web.components.formats import span
from instep.web.shell.tones import Tone

# A guess from the first seconds would jump about.
_SURE_AFTER = dt.timedelta(seconds=2)
_TONES = {TaskState.DONE: Tone.OK, TaskState.FAILED: Tone.BAD, TaskState.CANCELLED: Tone.NEUTRAL}


@dataclass(frozen=True)
class Progress:
    """`total` is None while nobody knows it; `noun` names what is counted, in the plural ("records")."""

    label: str
    done: int
    total: int | None
    state: TaskState
    started_at: dt.datetime | None
    noun: str = ""
    message: str = ""
    now: dt.datetime | None = None

    @classmethod
    def of(cls, task: Task, label: str, noun: str = "", now: dt.datetime | None = None) -> Progress:
        """Of a task of ours; a failed one says what it was refused for."""
        failed = task.state == TaskState.FAILED
        return cls(
            label=label,
            done=task.done_count,
            total=task.total_count,
            state=TaskState(task.state),
            started_at=task.started_at,
            noun=noun,
            message=(task.error if failed else task.message) or "",
            now=now,
        )

    @property
    def running(self) -> bool:
        """Whether it is worth asking again: waiting or under way."""
        return self.state.value in LIVE

    @property
    def failed(self) -> bool:
        return self.state is TaskState.FAILED

    @property
    def tone(self) -> Tone:
        return _TONES.get(self.state, Tone.INFO)

    @property
    def max(self) -> int:
        """Never 0, which a progress bar cannot show."""
        return max(self.total or 1, 1)

    @property
    def word(self) -> str:
        """The state in a word, when it no longer runs."""
        words = {TaskState.DONE: gettext("Done"), TaskState.FAILED: gettext("Failed")}
        return words.get(self.state, gettext("Stopped"))

    @property
    def counts(self) -> str:
        """ "1,200 of 4,000 records"."""
        if self.state is TaskState.QUEUED:
            return gettext("Waiting to start")
        known = {"done": f"{self.done:,}", "total": f"{self.total or 0:,}", "noun": self.noun}
        said = gettext("%(done)s of %(total)s %(noun)s") if self.total else gettext("%(done)s %(noun)s")
        return (said % known).strip()

    @property
    def pace(self) -> str:
        """ "40 a second, about 3 min left"; empty until it can be told."""
        if not self.running or self.started_at is None or self.done <= 0:
            return ""
        passed = (self.now or timezone.now()) - self.started_at
        if passed < _SURE_AFTER:
            return ""
        seconds = passed.total_seconds()
        rate = self.done / seconds
        said = gettext("%(rate)s a second") if rate >= 1 else gettext("%(rate)s a minute")
        speed = said % {"rate": f"{rate if rate >= 1 else rate * 60:,.0f}"}
        if not self.total or self.done >= self.total:
            return speed
        left = span(int((self.total - self.done) / rate))
        return f"{speed}, {gettext('about %(left)s left') % {'left': left}}"

    @property
    def announcement(self) -> str:
        """For the live region: it changes with each tenth only, so that nobody is told every second."""
        if not self.running:
            return f"{self.label}: {self.word}. {self.message}"
        tenth = self.done * 10 // self.max * 10 if self.total else 0
        return f"{self.label}: {tenth} %" if tenth else ""
