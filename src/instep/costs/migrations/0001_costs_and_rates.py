"""Recorded costs and the rates of staff resources."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("identity", "0001_users_firms_memberships"),
        ("jobs", "0001_projects_jobs_and_phases"),
        ("staff", "0001_staff_resources"),
    ]

    operations = [
        migrations.CreateModel(
            name="Cost",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(default="time", max_length=20)),
                ("on", models.DateField()),
                ("minutes", models.IntegerField(default=0)),
                ("description", models.TextField(blank=True, default="")),
                ("currency", models.CharField(max_length=3)),
                ("cost_rate", models.BigIntegerField(blank=True, null=True)),
                ("charge_rate", models.BigIntegerField(blank=True, null=True)),
                ("cost_minor", models.BigIntegerField(default=0)),
                ("charge_minor", models.BigIntegerField(default=0)),
                ("investment", models.BooleanField(default=False)),
                ("chargeable", models.BooleanField(default=False)),
                ("reasons", models.CharField(blank=True, default="", max_length=80)),
                ("state", models.CharField(default="draft", max_length=20)),
                ("open_until", models.DateField(blank=True, null=True)),
                ("submitted_at", models.DateTimeField(blank=True, null=True)),
                ("changed_at", models.DateTimeField(blank=True, null=True)),
                ("version", models.BigIntegerField(default=1)),
                (
                    "firm",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="identity.firm",
                    ),
                ),
                (
                    "job",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="jobs.job"
                    ),
                ),
                (
                    "phase",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="jobs.phase"
                    ),
                ),
                (
                    "staff",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="staff.staffresource",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["firm", "open_until", "on", "job", "phase", "minutes", "charge_minor", "cost_minor"],
                        name="costs_cost_wip",
                    ),
                    models.Index(fields=["firm", "job", "open_until", "on"], name="costs_cost_job"),
                    models.Index(fields=["firm", "staff", "on", "id"], name="costs_cost_week"),
                    models.Index(
                        models.F("firm"),
                        models.OrderBy(models.F("on"), descending=True),
                        models.OrderBy(models.F("id"), descending=True),
                        name="costs_cost_newest",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("open_until__isnull", False), ("state__in", ["submitted", "approved"])),
                            models.Q(("open_until__isnull", True), ("state__in", ["draft", "removed"])),
                            _connector="OR",
                        ),
                        name="costs_cost_open_while_it_counts",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="StaffRate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("currency", models.CharField(max_length=3)),
                ("effective_on", models.DateField()),
                ("cost_rate", models.BigIntegerField(blank=True, null=True)),
                ("charge_rate", models.BigIntegerField(blank=True, null=True)),
                (
                    "firm",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="identity.firm",
                    ),
                ),
                (
                    "staff",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="staff.staffresource",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("firm", "staff", "currency", "effective_on"), name="costs_rate_once_a_day"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("cost_rate__isnull", True), ("cost_rate__gte", 0), _connector="OR"),
                        name="costs_rate_cost_not_negative",
                    ),
                ],
            },
        ),
    ]
