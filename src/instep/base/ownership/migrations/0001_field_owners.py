"""Migration: field owners."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("identity", "0001_users_firms_memberships"),
    ]

    operations = [
        migrations.CreateModel(
            name="FieldOwner",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=40)),
                ("record_id", models.BigIntegerField()),
                ("field", models.CharField(max_length=60)),
                ("owner", models.CharField(max_length=200)),
                ("owner_key", models.CharField(max_length=60)),
                ("why", models.CharField(blank=True, default="", max_length=300)),
                ("since", models.DateTimeField()),
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
                "indexes": [
                    models.Index(fields=["firm", "owner_key", "kind", "record_id"], name="fieldowner_by_owner")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("firm", "kind", "record_id", "field"), name="fieldowner_one_per_field"
                    )
                ],
            },
        ),
    ]
