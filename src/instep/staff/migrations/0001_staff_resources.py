"""Staff resources and their search words."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("identity", "0001_users_firms_memberships"),
    ]

    operations = [
        migrations.CreateModel(
            name="StaffResource",
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
                ("first_name", models.CharField(blank=True, default="", max_length=200)),
                ("last_name", models.CharField(blank=True, default="", max_length=200)),
                ("sort_name", models.CharField(max_length=410)),
                ("email", models.CharField(blank=True, default="", max_length=254)),
                ("phone", models.CharField(blank=True, default="", max_length=60)),
                ("mobile", models.CharField(blank=True, default="", max_length=60)),
                ("job_title", models.CharField(blank=True, default="", max_length=200)),
                ("kind", models.CharField(default="person", max_length=20)),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("active", models.BooleanField(default=True)),
                ("version", models.BigIntegerField(default=1)),
            ],
            options={
                "indexes": [models.Index(fields=["firm", "sort_name", "id"], name="staff_by_name")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("user__isnull", False)),
                        fields=("firm", "user"),
                        name="staff_one_resource_a_user",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="StaffWord",
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
                "indexes": [models.Index(fields=["firm", "kind", "record_id"], name="staff_word_record")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("firm", "kind", "word", "record_id"),
                        name="staff_word_once",
                        opclasses=["int8_ops", "varchar_ops", "varchar_pattern_ops", "int8_ops"],
                    )
                ],
            },
        ),
    ]
