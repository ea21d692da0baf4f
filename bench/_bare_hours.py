"""The measure that recorded time is held against: ten thousand entries in one call, by Django and nothing else.

After the shared `django_reach.py`: one table of entries with its indexes, made by `bulk_create`. No firm, no rates, no
rules, no journal, no outbox.
"""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

from django.db import connection, models
from django.db.models import F

END = dt.date(9999, 12, 31)
_COVERED = ["job", "phase", "day", "open_until", "minutes", "charge", "cost"]


class Job(models.Model):
    """A job."""

    class Meta:
        app_label = "bare"


class Phase(models.Model):
    """A phase."""

    job = models.ForeignKey(Job, models.PROTECT, related_name="+")

    class Meta:
        app_label = "bare"


class Person(models.Model):
    """Whose time it is."""

    class Meta:
        app_label = "bare"


class Line(models.Model):
    """A line of an invoice."""

    class Meta:
        app_label = "bare"


class Entry(models.Model):
    """An hour."""

    job = models.ForeignKey(Job, models.PROTECT, related_name="+", db_index=False)
    phase = models.ForeignKey(Phase, models.PROTECT, related_name="+", db_index=False)
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    day = models.DateField()
    minutes = models.IntegerField()
    charge = models.IntegerField()
    cost = models.IntegerField()
    line = models.ForeignKey(Line, models.PROTECT, null=True, related_name="+", db_index=False)
    open_until = models.DateField(default=END)
    note = models.CharField(max_length=200, default="")

    class Meta:
        app_label = "bare"
        indexes: ClassVar = [
            models.Index(F("day").desc(), F("id").desc(), name="bare_entry_new"),
            models.Index(fields=_COVERED, name="bare_entry_wip"),
            models.Index(fields=["line"], name="bare_entry_line"),
        ]


class Bare:
    """The work, on tables of its own beside the house's."""

    def __init__(self, jobs: int, phases: int, people: int) -> None:
        with connection.schema_editor() as editor:
            for model in (Job, Phase, Person, Line, Entry):
                editor.create_model(model)
        self.people = Person.objects.bulk_create(Person() for _ in range(people))
        made = Job.objects.bulk_create(Job() for _ in range(jobs))
        self.phases = Phase.objects.bulk_create(Phase(job=job) for job in made for _ in range(phases))

    def record(self, entries: int) -> None:
        """So many entries at once."""
        phases, people = self.phases, self.people
        Entry.objects.bulk_create(
            [
                Entry(
                    job_id=phases[at * 7919 % len(phases)].job_id,
                    phase=phases[at * 7919 % len(phases)],
                    person=people[at % len(people)],
                    day=dt.date(2025, 1, 1) + dt.timedelta(days=at % 300),
                    minutes=15 * (1 + at % 32),
                    charge=15 * (1 + at % 32) * 150,
                    cost=15 * (1 + at % 32) * 60,
                    note=f"line {at}",
                )
                for at in range(entries)
            ],
            batch_size=1000,
        )
