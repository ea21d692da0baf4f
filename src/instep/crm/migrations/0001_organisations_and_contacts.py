"""Organisations, addresses, contacts, employments and their search words."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("identity", "0001_users_firms_memberships"),
        ("staff", "0001_staff_resources"),
    ]

    operations = [
        migrations.CreateModel(
            name="Organisation",
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
                ("name", models.CharField(max_length=200)),
                ("match_name", models.CharField(max_length=200)),
                ("stage", models.CharField(default="lead", max_length=20)),
                ("is_supplier", models.BooleanField(default=False)),
                ("is_person", models.BooleanField(default=False)),
                ("code", models.CharField(blank=True, default="", max_length=20)),
                ("email", models.CharField(blank=True, default="", max_length=254)),
                ("phone", models.CharField(blank=True, default="", max_length=60)),
                ("mobile", models.CharField(blank=True, default="", max_length=60)),
                ("website", models.CharField(blank=True, default="", max_length=500)),
                ("linkedin", models.CharField(blank=True, default="", max_length=500)),
                ("tax_number", models.CharField(blank=True, default="", max_length=50)),
                (
                    "account_manager",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="staff.staffresource",
                    ),
                ),
                (
                    "default_handler",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="staff.staffresource",
                    ),
                ),
                ("archived_at", models.DateTimeField(blank=True, null=True)),
                ("version", models.BigIntegerField(default=1)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["firm", "match_name", "id"], name="crm_organisation_name"),
                    models.Index(fields=["firm", "stage", "match_name", "id"], name="crm_organisation_stage"),
                    models.Index(
                        condition=models.Q(("is_supplier", True)),
                        fields=["firm", "match_name", "id"],
                        name="crm_organisation_suppliers",
                    ),
                    models.Index(
                        condition=models.Q(("archived_at__isnull", False)),
                        fields=["firm", "match_name", "id"],
                        name="crm_organisation_archived",
                    ),
                    models.Index(
                        condition=models.Q(("account_manager__isnull", False)),
                        fields=["firm", "account_manager", "match_name", "id"],
                        name="crm_organisation_manager",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("code", ""), _negated=True),
                        fields=("firm", "code"),
                        name="crm_organisation_code",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("stage", "client"), _negated=True),
                            models.Q(("code", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="crm_organisation_client_has_code",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Address",
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
                (
                    "organisation",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="crm.organisation",
                    ),
                ),
                ("kind", models.CharField(default="street", max_length=20)),
                ("text", models.TextField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("firm", "organisation", "kind"), name="crm_address_one_of_a_kind")
                ],
            },
        ),
        migrations.CreateModel(
            name="Contact",
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
                ("role", models.CharField(blank=True, default="", max_length=200)),
                ("email", models.CharField(blank=True, default="", max_length=254)),
                ("phone", models.CharField(blank=True, default="", max_length=60)),
                ("mobile", models.CharField(blank=True, default="", max_length=60)),
                ("office_phone", models.CharField(blank=True, default="", max_length=60)),
                ("website", models.CharField(blank=True, default="", max_length=500)),
                ("linkedin", models.CharField(blank=True, default="", max_length=500)),
                (
                    "organisation",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="crm.organisation",
                    ),
                ),
                ("archived_at", models.DateTimeField(blank=True, null=True)),
                ("version", models.BigIntegerField(default=1)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["firm", "sort_name", "id"], name="crm_contact_name"),
                    models.Index(fields=["firm", "organisation", "sort_name", "id"], name="crm_contact_organisation"),
                    models.Index(
                        condition=models.Q(("archived_at__isnull", False)),
                        fields=["firm", "sort_name", "id"],
                        name="crm_contact_archived",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Employment",
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
                (
                    "contact",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="crm.contact"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="crm.organisation",
                    ),
                ),
                ("since", models.DateField(blank=True, null=True)),
                ("until", models.DateField(blank=True, null=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["firm", "contact", "id"], name="crm_employment_contact"),
                    models.Index(fields=["firm", "organisation", "id"], name="crm_employment_organisation"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("until__isnull", True)),
                        fields=("firm", "contact"),
                        name="crm_employment_one_current",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CrmWord",
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
                "indexes": [models.Index(fields=["firm", "kind", "record_id"], name="crm_word_record")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("firm", "kind", "word", "record_id"),
                        name="crm_word_once",
                        opclasses=["int8_ops", "varchar_ops", "varchar_pattern_ops", "int8_ops"],
                    )
                ],
            },
        ),
    ]
