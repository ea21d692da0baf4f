"""A status may keep the jobs that have it from other systems."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0001_projects_jobs_and_phases"),
    ]

    operations = [
        migrations.AddField(
            model_name="jobstatus",
            name="locked",
            field=models.BooleanField(default=False),
        ),
    ]
