"""Acknowledge observations by how often they moved; remember where lists last looked back far."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("connect", "0001_connections_links_and_plans")]

    operations = [
        migrations.AddField(model_name="cursor", name="wide_since", field=models.DateTimeField(null=True)),
        migrations.AddField(model_name="observation", name="moved", field=models.BigIntegerField(default=1)),
    ]
