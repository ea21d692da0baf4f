"""A look at the remote that was cut short is gone on with, by cycles too; and when a list under way began."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("connect", "0006_rolling_meters_and_hints_that_wait"),
    ]

    operations = [
        migrations.AddField(
            model_name="connection",
            name="polling_since",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="cursor",
            name="scan_here_at",
            field=models.DateTimeField(null=True),
        ),
    ]
