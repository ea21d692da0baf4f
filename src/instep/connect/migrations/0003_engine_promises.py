"""Room for the rest of the promises: meters, full scans, epochs, reviews, undo, both authors of a conflict."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("connect", "0002_moved_observations_and_wide_lists"),
        ("identity", "0001_users_firms_memberships"),
    ]

    operations = [
        migrations.AddField(
            model_name="conflict",
            name="ours_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="conflict",
            name="restored_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="conflict",
            name="restored_by",
            field=models.CharField(blank=True, default="", max_length=200),
        ),
        migrations.AddField(
            model_name="conflict",
            name="theirs_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="connection",
            name="adopted_epoch",
            field=models.IntegerField(default=1),
        ),
        migrations.AddField(
            model_name="connection",
            name="looking_since",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="connection",
            name="review",
            field=models.CharField(blank=True, default="", max_length=20),
        ),
        migrations.AddField(
            model_name="connection",
            name="served_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="cursor",
            name="full_scan_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="cursor",
            name="full_scan_no",
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="cursor",
            name="scan_seen",
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="journalentry",
            name="lag_ms",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="journalentry",
            name="undone_by",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="plan",
            name="removals_allowed_by",
            field=models.CharField(blank=True, default="", max_length=200),
        ),
        migrations.AddField(
            model_name="plan",
            name="undoes",
            field=models.BigIntegerField(null=True),
        ),
        migrations.CreateModel(
            name="Meter",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("dimension", models.CharField(max_length=20)),
                ("window_at", models.DateTimeField()),
                ("used", models.IntegerField(default=0)),
                ("told_left", models.IntegerField(null=True)),
                (
                    "connection",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="connect.connection",
                    ),
                ),
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
                "constraints": [
                    models.UniqueConstraint(fields=("firm", "connection", "dimension"), name="connect_meter_dimension")
                ],
            },
        ),
    ]
