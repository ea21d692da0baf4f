"""Records that are gone are asked about until somebody sets another rule; a merged record says into which."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("connect", "0004_versions_of_field_maps"),
    ]

    operations = [
        migrations.AddField(
            model_name="observation",
            name="merged_into",
            field=models.CharField(blank=True, default="", max_length=100),
        ),
        migrations.AlterField(
            model_name="pair",
            name="delete_here",
            field=models.CharField(default="ask", max_length=20),
        ),
        migrations.AlterField(
            model_name="pair",
            name="delete_there",
            field=models.CharField(default="ask", max_length=20),
        ),
        # Nobody could set them before, and nothing was done by them.
        migrations.RunSQL(
            "UPDATE connect_pair SET delete_here = 'ask', delete_there = 'ask'", reverse_sql=migrations.RunSQL.noop
        ),
    ]
