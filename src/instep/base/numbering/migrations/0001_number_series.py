"""Migration: number series."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("identity", "0001_users_firms_memberships"),
    ]

    operations = [
        migrations.CreateModel(
            name="Series",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=40)),
                ("prefix", models.CharField(blank=True, default="", max_length=20)),
                ("suffix", models.CharField(blank=True, default="", max_length=20)),
                ("width", models.PositiveSmallIntegerField(default=4)),
                ("next", models.BigIntegerField(default=1)),
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
            options={
                "verbose_name_plural": "series",
                "constraints": [models.UniqueConstraint(fields=("firm", "key"), name="series_one_per_key")],
            },
        ),
    ]
