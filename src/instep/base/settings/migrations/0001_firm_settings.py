"""Migration: firm settings."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("identity", "0001_users_firms_memberships"),
    ]

    operations = [
        migrations.CreateModel(
            name="FirmSetting",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=80)),
                ("value", models.JSONField()),
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
                "constraints": [models.UniqueConstraint(fields=("firm", "key"), name="firmsetting_one_per_key")],
            },
        ),
    ]
