"""Statuses, types, projects, jobs, parties, phases and their search words."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("crm", "0001_organisations_and_contacts"),
        ("identity", "0001_users_firms_memberships"),
        ("staff", "0001_staff_resources"),
    ]

    operations = [
        migrations.CreateModel(
            name="JobStatus",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "firm",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="identity.firm",
                    ),
                ),
                ("key", models.CharField(max_length=60)),
                ("name", models.CharField(max_length=100)),
                ("type", models.CharField(max_length=20)),
                ("likelihood", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("position", models.IntegerField(default=0)),
                ("is_default", models.BooleanField(default=False)),
                ("retired", models.BooleanField(default=False)),
            ],
            options={
                "verbose_name_plural": "job statuses",
                "constraints": [
                    models.UniqueConstraint(fields=("firm", "key"), name="jobs_status_key"),
                    models.UniqueConstraint(
                        condition=models.Q(("is_default", True)), fields=("firm",), name="jobs_status_one_default"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("likelihood__isnull", True), ("likelihood__lte", 100), _connector="OR"),
                        name="jobs_status_likelihood",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="JobType",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "firm",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="identity.firm",
                    ),
                ),
                ("key", models.CharField(max_length=60)),
                ("name", models.CharField(max_length=100)),
                ("position", models.IntegerField(default=0)),
                ("retired", models.BooleanField(default=False)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("firm", "key"), name="jobs_type_key")],
            },
        ),
        migrations.CreateModel(
            name="Project",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "firm",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="identity.firm",
                    ),
                ),
                ("number", models.CharField(blank=True, default="", max_length=60)),
                ("name", models.CharField(max_length=200)),
                (
                    "client",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="crm.organisation",
                    ),
                ),
                ("version", models.BigIntegerField(default=1)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["firm", "name", "id"], name="jobs_project_name"),
                    models.Index(fields=["firm", "client", "name", "id"], name="jobs_project_client"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("number", ""), _negated=True),
                        fields=("firm", "number"),
                        name="jobs_project_number",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Job",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "firm",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="identity.firm",
                    ),
                ),
                ("number", models.CharField(max_length=60)),
                ("name", models.CharField(max_length=300)),
                (
                    "client",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="crm.organisation",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="jobs.project",
                    ),
                ),
                (
                    "status",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="jobs.jobstatus",
                    ),
                ),
                (
                    "job_type",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="jobs.jobtype",
                    ),
                ),
                (
                    "handler",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="staff.staffresource",
                    ),
                ),
                ("address", models.TextField(blank=True, default="")),
                ("scope", models.TextField(blank=True, default="")),
                ("external_reference", models.CharField(blank=True, default="", max_length=200)),
                ("currency", models.CharField(max_length=3)),
                ("starts_on", models.DateField(blank=True, null=True)),
                ("ends_on", models.DateField(blank=True, null=True)),
                ("close_reason", models.TextField(blank=True, default="")),
                ("archived_at", models.DateTimeField(blank=True, null=True)),
                ("version", models.BigIntegerField(default=1)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["firm", "id"], name="jobs_job_recent"),
                    models.Index(fields=["firm", "name", "id"], name="jobs_job_name"),
                    models.Index(fields=["firm", "status", "number"], name="jobs_job_status"),
                    models.Index(fields=["firm", "client", "number"], name="jobs_job_client"),
                    models.Index(fields=["firm", "handler", "number"], name="jobs_job_handler"),
                    models.Index(
                        condition=models.Q(("project__isnull", False)),
                        fields=["firm", "project", "number"],
                        name="jobs_job_project",
                    ),
                    models.Index(
                        condition=models.Q(("archived_at__isnull", False)),
                        fields=["firm", "number"],
                        name="jobs_job_archived",
                    ),
                ],
                "constraints": [models.UniqueConstraint(fields=("firm", "number"), name="jobs_job_number")],
            },
        ),
        migrations.CreateModel(
            name="JobParty",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
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
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="jobs.job"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="crm.organisation",
                    ),
                ),
                ("role", models.CharField(default="supplier", max_length=40)),
                ("reference", models.CharField(blank=True, default="", max_length=100)),
            ],
            options={
                "verbose_name_plural": "job parties",
                "indexes": [models.Index(fields=["firm", "organisation", "job"], name="jobs_party_organisation")],
                "constraints": [
                    models.UniqueConstraint(fields=("firm", "job", "organisation", "role"), name="jobs_party_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Phase",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
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
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="jobs.job"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("name", models.CharField(max_length=200)),
                ("position", models.IntegerField()),
                ("fee_type", models.CharField(default="fixed", max_length=20)),
                ("fee_minor", models.BigIntegerField(blank=True, null=True)),
                ("currency", models.CharField(max_length=3)),
                ("percent", models.BigIntegerField(blank=True, null=True)),
                ("contract_minor", models.BigIntegerField(blank=True, null=True)),
                (
                    "handler",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="staff.staffresource",
                    ),
                ),
                ("status", models.CharField(default="quote", max_length=20)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("handler__isnull", False)),
                        fields=["firm", "handler", "job"],
                        name="jobs_phase_handler",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("firm", "job", "number"), name="jobs_phase_number"),
                    models.CheckConstraint(
                        condition=models.Q(("fee_minor__isnull", True), ("fee_minor__gte", 0), _connector="OR"),
                        name="jobs_phase_fee_not_negative",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("fee_type", "percent"),
                            models.Q(("contract_minor__isnull", True), ("percent__isnull", True)),
                            _connector="OR",
                        ),
                        name="jobs_phase_percent_of_contract",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("fee_type__in", ["hourly", "no_billing"]), _negated=True),
                            ("fee_minor__isnull", True),
                            _connector="OR",
                        ),
                        name="jobs_phase_without_fee",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="JobWord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "firm",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="identity.firm",
                    ),
                ),
                ("kind", models.CharField(max_length=40)),
                ("word", models.CharField(max_length=60)),
                ("record_id", models.BigIntegerField()),
            ],
            options={
                "indexes": [models.Index(fields=["firm", "kind", "record_id"], name="jobs_word_record")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("firm", "kind", "word", "record_id"),
                        name="jobs_word_once",
                        opclasses=["int8_ops", "varchar_ops", "varchar_pattern_ops", "int8_ops"],
                    )
                ],
            },
        ),
    ]
