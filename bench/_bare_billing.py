"""The measure that billing is held against: the same work by Django on the smallest honest schema.

After the shared `django_reach.py`: an entry points at the line that bills it, a date on it says until when it is open,
one covering index serves work in progress, a locked row gives numbers. No firm, no journal, no outbox, no movements.
"""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

from django.db import connection, models, transaction
from django.db.models import F

END = dt.date(9999, 12, 31)


class Job(models.Model):
    """A job."""

    name = models.CharField(max_length=80)

    class Meta:
        app_label = "bare"


class Phase(models.Model):
    """A phase."""

    job = models.ForeignKey(Job, models.PROTECT, related_name="+")
    name = models.CharField(max_length=80)

    class Meta:
        app_label = "bare"


class Sequence(models.Model):
    """The last number given."""

    last = models.IntegerField(default=0)

    class Meta:
        app_label = "bare"


class Invoice(models.Model):
    """An invoice."""

    job = models.ForeignKey(Job, models.PROTECT, related_name="+")
    number = models.IntegerField(null=True, unique=True)
    real_on = models.DateField(null=True)
    net = models.BigIntegerField(default=0)
    tax = models.BigIntegerField(default=0)

    class Meta:
        app_label = "bare"


class Line(models.Model):
    """A line of an invoice."""

    invoice = models.ForeignKey(Invoice, models.CASCADE, related_name="+")
    phase = models.ForeignKey(Phase, models.PROTECT, related_name="+")
    minutes = models.IntegerField()
    net = models.BigIntegerField()

    class Meta:
        app_label = "bare"


class Entry(models.Model):
    """An hour."""

    job = models.ForeignKey(Job, models.PROTECT, related_name="+", db_index=False)
    phase = models.ForeignKey(Phase, models.PROTECT, related_name="+", db_index=False)
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
            models.Index(
                fields=["job", "phase", "day", "open_until", "minutes", "charge", "cost"], name="bare_entry_wip"
            ),
            models.Index(fields=["line"], name="bare_entry_line"),
        ]


class Bare:
    """The work, on tables of its own beside the house's."""

    def __init__(self, phases: int, entries: int) -> None:
        self.phases, self.entries = phases, entries
        with connection.schema_editor() as editor:
            for model in (Job, Phase, Sequence, Invoice, Line, Entry):
                editor.create_model(model)
        Sequence.objects.create(pk=1)

    def hours(self) -> int:
        """A job with free hours; its id."""
        job = Job.objects.create(name="Bill me")
        phases = Phase.objects.bulk_create(Phase(job=job, name=f"Phase {n}") for n in range(self.phases))
        Entry.objects.bulk_create(
            Entry(
                job=job,
                phase=phases[n % self.phases],
                day=dt.date(2025, 3, 3),
                minutes=15 + 15 * (n % 32),
                charge=(15 + 15 * (n % 32)) * 250,
                cost=0,
            )
            for n in range(self.entries)
        )
        return job.pk

    @transaction.atomic
    def draft(self, job: int) -> int:
        """Tick, sum, tax."""
        invoice = Invoice.objects.create(job_id=job)
        free = Entry.objects.filter(job=job, line=None)
        free = free.select_for_update() if connection.vendor == "postgresql" else free
        by_phase: dict[int, list[list[int]]] = {}
        for pk, phase, minutes, charge in free.values_list("id", "phase_id", "minutes", "charge"):
            by_phase.setdefault(phase, []).append([pk, minutes, charge])
        lines = Line.objects.bulk_create(
            Line(invoice=invoice, phase_id=phase, minutes=sum(row[1] for row in rows), net=sum(row[2] for row in rows))
            for phase, rows in by_phase.items()
        )
        for line in lines:
            ids = [row[0] for row in by_phase[line.phase_id]]
            if Entry.objects.filter(id__in=ids, line=None).update(line=line) != len(ids):
                raise RuntimeError("somebody was faster")
        invoice.net = sum(line.net for line in lines)
        invoice.tax = (invoice.net * 20 + 100) // 200
        invoice.save()
        return invoice.pk

    def drafted(self) -> int:
        """A draft that is ready."""
        return self.draft(self.hours())

    @transaction.atomic
    def make_real(self, invoice: int) -> None:
        """Number it and close its hours."""
        sequence = Sequence.objects.select_for_update().get(pk=1)
        sequence.last += 1
        sequence.save()
        day = dt.date(2025, 12, 31)
        Invoice.objects.filter(pk=invoice, number=None).update(number=sequence.last, real_on=day)
        Entry.objects.filter(line__invoice=invoice).update(open_until=day)
