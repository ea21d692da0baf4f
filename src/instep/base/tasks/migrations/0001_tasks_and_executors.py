"""Migration: tasks and executors."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("identity", "0001_users_firms_memberships"),
    ]

    operations = [
        migrations.CreateModel(
            name="Executor",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60, unique=True)),
                ("session", models.CharField(max_length=40)),
                ("beat_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Task",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80)),
                ("arguments", models.JSONField(default=dict)),
                ("key", models.CharField(max_length=200, null=True)),
                ("state", models.CharField(default="queued", max_length=20)),
                ("attempt", models.PositiveIntegerField(default=0)),
                ("tries", models.PositiveIntegerField(default=0)),
                ("executor", models.CharField(blank=True, default="", max_length=60)),
                ("done_count", models.BigIntegerField(default=0)),
                ("total_count", models.BigIntegerField(null=True)),
                ("message", models.CharField(blank=True, default="", max_length=300)),
                ("result", models.JSONField(null=True)),
                ("error", models.TextField(blank=True, default="")),
                ("error_code", models.CharField(blank=True, default="", max_length=60)),
                ("created_kind", models.CharField(max_length=20)),
                ("created_id", models.BigIntegerField(null=True)),
                ("created_name", models.CharField(max_length=200)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "firm",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="identity.firm",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["firm", "state", "id"], name="task_by_state"),
                    models.Index(fields=["firm", "id"], name="task_of_firm"),
                    models.Index(fields=["state", "id"], name="task_live"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("firm", "key"), name="task_one_per_key"),
                    models.UniqueConstraint(
                        condition=models.Q(("firm__isnull", True)), fields=("key",), name="task_one_per_system_key"
                    ),
                ],
            },
        ),
    ]
