"""Migration: sources and rows."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("identity", "0001_users_firms_memberships"),
    ]

    operations = [
        migrations.CreateModel(
            name="Source",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=80)),
                ("title", models.CharField(max_length=200)),
                (
                    "firm",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="identity.firm",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SourceRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("row_key", models.CharField(max_length=200)),
                ("line", models.PositiveIntegerField()),
                ("digest", models.CharField(max_length=64)),
                ("kind", models.CharField(max_length=40)),
                ("record_id", models.BigIntegerField(null=True)),
                ("state", models.CharField(max_length=20)),
                ("reason_code", models.CharField(blank=True, default="", max_length=60)),
                ("reason", models.TextField(blank=True, default="")),
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
                    "source",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="intake.source",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="source",
            constraint=models.UniqueConstraint(fields=("firm", "key"), name="source_one_per_key"),
        ),
        migrations.AddIndex(
            model_name="sourcerow",
            index=models.Index(fields=["firm", "source", "state", "line"], name="sourcerow_by_state"),
        ),
        migrations.AddIndex(
            model_name="sourcerow",
            index=models.Index(fields=["firm", "kind", "record_id"], name="sourcerow_by_record"),
        ),
        migrations.AddConstraint(
            model_name="sourcerow",
            constraint=models.UniqueConstraint(fields=("firm", "source", "row_key"), name="sourcerow_one_per_key"),
        ),
    ]
