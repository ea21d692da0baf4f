"""The day from which a connection carries records; what is older is left alone."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("connect", "0007_looks_that_are_gone_on_with"),
    ]

    operations = [
        migrations.AddField(
            model_name="connection",
            name="begins_on",
            field=models.DateField(null=True),
        ),
    ]
