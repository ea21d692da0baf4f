"""Meters keep a rolling window in slots; a hint says when it is due and when the record changed there."""

import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("connect", "0005_removals_when_somebody_says_so")]

    operations = [
        migrations.AddField(
            model_name="meter",
            name="slots",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="hint",
            name="changed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="hint",
            name="due_at",
            field=models.DateTimeField(default=django.utils.timezone.now),
            preserve_default=False,
        ),
    ]
