"""Documents, lines, ticks, payments and allocations."""

import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("costs", "0001_costs_and_rates"),
        ("crm", "0001_organisations_and_contacts"),
        ("identity", "0001_users_firms_memberships"),
        ("jobs", "0001_projects_jobs_and_phases"),
    ]

    operations = [
        migrations.CreateModel(
            name="Document",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=20)),
                ("state", models.CharField(default="draft", max_length=20)),
                ("number", models.CharField(blank=True, default="", max_length=60)),
                ("dated_on", models.DateField()),
                ("terms_days", models.PositiveSmallIntegerField(default=0)),
                ("due_on", models.DateField()),
                ("currency", models.CharField(max_length=3)),
                ("reference", models.CharField(blank=True, default="", max_length=200)),
                ("notes", models.TextField(blank=True, default="")),
                ("client_name", models.CharField(max_length=200)),
                ("client_address", models.TextField(blank=True, default="")),
                ("client_tax_number", models.CharField(blank=True, default="", max_length=50)),
                ("contact_name", models.CharField(blank=True, default="", max_length=410)),
                ("contact_email", models.CharField(blank=True, default="", max_length=254)),
                ("issuer_name", models.CharField(max_length=200)),
                ("issuer_address", models.TextField(blank=True, default="")),
                ("issuer_tax_number", models.CharField(blank=True, default="", max_length=50)),
                ("payment_details", models.TextField(blank=True, default="")),
                ("tax_basis", models.CharField(default="exclusive", max_length=20)),
                ("tax_mode", models.CharField(default="line", max_length=20)),
                ("net_minor", models.BigIntegerField(default=0)),
                ("tax_minor", models.BigIntegerField(default=0)),
                ("total_minor", models.BigIntegerField(default=0)),
                ("tax_by_line_minor", models.BigIntegerField(default=0)),
                ("tax_by_document_minor", models.BigIntegerField(default=0)),
                ("credit_key", models.CharField(blank=True, default="", max_length=40)),
                ("reason", models.TextField(blank=True, default="")),
                ("made_real_at", models.DateTimeField(blank=True, null=True)),
                ("version", models.BigIntegerField(default=1)),
                (
                    "client",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="crm.organisation",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="crm.contact",
                    ),
                ),
                (
                    "credits",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.document",
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
        ),
        migrations.CreateModel(
            name="Line",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.IntegerField()),
                ("kind", models.CharField(default="other", max_length=20)),
                ("description", models.TextField(blank=True, default="")),
                ("quantity", models.BigIntegerField(default=10000)),
                ("unit", models.CharField(blank=True, default="", max_length=20)),
                ("price", models.BigIntegerField(default=0)),
                ("agreed", models.BooleanField(default=False)),
                ("minutes", models.BigIntegerField(default=0)),
                ("percent", models.BigIntegerField(blank=True, null=True)),
                ("amount_minor", models.BigIntegerField(default=0)),
                ("net_minor", models.BigIntegerField(default=0)),
                ("tax_code", models.CharField(blank=True, default="", max_length=40)),
                ("tax_rate", models.BigIntegerField(default=0)),
                ("tax_minor", models.BigIntegerField(default=0)),
                (
                    "credits",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.line",
                    ),
                ),
                (
                    "document",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="billing.document"
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
                (
                    "job",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="jobs.job",
                    ),
                ),
                (
                    "phase",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="jobs.phase",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Payment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("received_on", models.DateField()),
                ("amount_minor", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("reference", models.CharField(blank=True, default="", max_length=200)),
                ("source", models.CharField(blank=True, default="", max_length=60)),
                ("source_key", models.CharField(blank=True, default="", max_length=200)),
                ("removed_at", models.DateTimeField(blank=True, null=True)),
                ("removed_reason", models.TextField(blank=True, default="")),
                ("version", models.BigIntegerField(default=1)),
                (
                    "client",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="crm.organisation",
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
        ),
        migrations.CreateModel(
            name="Allocation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("on", models.DateField()),
                ("amount_minor", models.BigIntegerField()),
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
                    "credit",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.document",
                    ),
                ),
                (
                    "document",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="billing.document"
                    ),
                ),
                (
                    "payment",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.payment",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Tick",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("real_on", models.DateField(blank=True, null=True)),
                ("returned_on", models.DateField(blank=True, null=True)),
                (
                    "cost",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="costs.cost"
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
                (
                    "line",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="billing.line"),
                ),
                (
                    "returned_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.line",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="document",
            index=models.Index(
                models.F("firm"),
                models.OrderBy(models.F("dated_on"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                name="billing_document_newest",
            ),
        ),
        migrations.AddIndex(
            model_name="document",
            index=models.Index(fields=["firm", "client", "dated_on", "id"], name="billing_document_client"),
        ),
        migrations.AddIndex(
            model_name="document",
            index=models.Index(fields=["firm", "state", "kind", "due_on", "id"], name="billing_document_due"),
        ),
        migrations.AddConstraint(
            model_name="document",
            constraint=models.UniqueConstraint(
                condition=models.Q(("number", ""), _negated=True),
                fields=("firm", "kind", "number"),
                name="billing_document_number",
            ),
        ),
        migrations.AddConstraint(
            model_name="document",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("made_real_at__isnull", True), ("number", ""), ("state", "draft")),
                    models.Q(
                        ("made_real_at__isnull", False),
                        ("state__in", ["cancelled", "credited", "real"]),
                        models.Q(("number", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="billing_document_numbered_when_real",
            ),
        ),
        migrations.AddConstraint(
            model_name="document",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "total_minor",
                        django.db.models.expressions.CombinedExpression(
                            models.F("net_minor"), "+", models.F("tax_minor")
                        ),
                    )
                ),
                name="billing_document_total",
            ),
        ),
        migrations.AddConstraint(
            model_name="document",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("credits__isnull", False), ("kind", "credit_note"), ("total_minor__lte", 0)),
                    models.Q(models.Q(("kind", "credit_note"), _negated=True), ("credits__isnull", True)),
                    _connector="OR",
                ),
                name="billing_document_credit_of_an_invoice",
            ),
        ),
        migrations.AddIndex(
            model_name="line",
            index=models.Index(
                condition=models.Q(("phase__isnull", False)),
                fields=["firm", "phase", "document"],
                name="billing_line_phase",
            ),
        ),
        migrations.AddIndex(
            model_name="line",
            index=models.Index(
                condition=models.Q(("job__isnull", False)), fields=["firm", "job", "document"], name="billing_line_job"
            ),
        ),
        migrations.AddConstraint(
            model_name="line",
            constraint=models.UniqueConstraint(fields=("firm", "document", "position"), name="billing_line_position"),
        ),
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(fields=["firm", "received_on", "id"], name="billing_payment_newest"),
        ),
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(fields=["firm", "client", "received_on", "id"], name="billing_payment_client"),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("source", ""), _negated=True),
                fields=("firm", "source", "source_key"),
                name="billing_payment_source",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_minor__gt", 0)), name="billing_payment_above_zero"
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("source", ""), ("source_key", "")),
                    models.Q(models.Q(("source", ""), _negated=True), models.Q(("source_key", ""), _negated=True)),
                    _connector="OR",
                ),
                name="billing_payment_whole_source",
            ),
        ),
        migrations.AddIndex(
            model_name="allocation",
            index=models.Index(fields=["firm", "document", "on", "amount_minor"], name="billing_allocation_document"),
        ),
        migrations.AddConstraint(
            model_name="allocation",
            constraint=models.UniqueConstraint(
                condition=models.Q(("payment__isnull", False)),
                fields=("firm", "payment", "document"),
                name="billing_allocation_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="allocation",
            constraint=models.UniqueConstraint(
                condition=models.Q(("credit__isnull", False)),
                fields=("firm", "credit", "document"),
                name="billing_credit_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="allocation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("credit__isnull", True), ("payment__isnull", False)),
                    models.Q(("credit__isnull", False), ("payment__isnull", True)),
                    _connector="OR",
                ),
                name="billing_allocation_of_one",
            ),
        ),
        migrations.AddConstraint(
            model_name="allocation",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_minor__gt", 0)), name="billing_allocation_above_zero"
            ),
        ),
        migrations.AddIndex(
            model_name="tick",
            index=models.Index(
                condition=models.Q(("returned_on__isnull", False)),
                fields=["firm", "returned_on", "real_on", "cost"],
                name="billing_tick_returned",
            ),
        ),
        migrations.AddConstraint(
            model_name="tick",
            constraint=models.UniqueConstraint(
                condition=models.Q(("returned_on__isnull", True)), fields=("firm", "cost"), name="billing_tick_one_live"
            ),
        ),
        migrations.AddConstraint(
            model_name="tick",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("returned_by__isnull", True), ("returned_on__isnull", True)),
                    models.Q(("returned_by__isnull", False), ("returned_on__gte", models.F("real_on"))),
                    _connector="OR",
                ),
                name="billing_tick_returned_by_a_credit",
            ),
        ),
    ]
