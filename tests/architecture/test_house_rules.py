"""Each house rule catches its bad example and lets its good one pass."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tools.house_rules import RULES, check_text, check_tree, folders_without_init

THEME = '"""A theme."""\n'
HOME = "/" + "home/ann/instep"
REGISTRY = "pypi" + ".org"

# rule, path, bad, good
EXAMPLES = [
    ("theme-line", "src/instep/crm/codes.py", "import re\n", THEME + "import re\n"),
    ("theme-line", "tests/crm/test_codes.py", "", THEME),
    ("theme-line", "run.py", "# A theme.\n" + THEME, THEME),
    ("length", "src/instep/crm/codes.py", THEME + "\n" * 400, THEME + "\n" * 399),
    ("string-import", "src/instep/crm/x.py", "apps.get_model('jobs', 'Job')", "from instep.crm.models import Contact"),
    ("string-import", "src/instep/web/x.py", "import_string('instep.connectors.a')", "render('a.html')"),
    ("string-import", "src/instep/base/x.py", "importlib.import_module(name)", "registry[name]"),
    (
        "signals",
        "src/instep/crm/x.py",
        "from django.db.models.signals import post_save",
        "from django.db import models",
    ),
    ("signals", "src/instep/crm/x.py", "from django.db.models import signals", "from django.db.models import Q"),
    ("signals", "src/instep/crm/x.py", "from django.dispatch import receiver", "import re"),
    ("writes", "src/instep/web/jobs/views.py", "Job.objects.create(name='a')", "create_job(name='a')"),
    ("writes", "src/instep/crm/queries.py", "contact.save()", "contact.refresh_from_db()"),
    ("writes", "src/instep/crm/queries.py", "contact.save(update_fields=['name'])", "image.save(path)"),
    ("writes", "src/instep/crm/queries.py", "contact.delete()", "cache.delete(key)"),
    (
        "writes",
        "src/instep/crm/queries.py",
        "Contact.objects.of(firm).filter(pk=1).update(name='')",
        "seen.update(names)",
    ),
    (
        "writes",
        "src/instep/crm/queries.py",
        "rows = Contact.objects.all()\nrows.update(name='')",
        "rows = {}\nrows.update(a)",
    ),
    (
        "writes",
        "src/instep/crm/queries.py",
        "def f(rows: QuerySet[Contact]): rows.update(a=1)",
        "def f(rows: dict): rows.update(a)",
    ),
    (
        "writes",
        "src/instep/crm/queries.py",
        "await Contact.objects.aget_or_create(name='a')",
        "await Contact.objects.aget(pk=1)",
    ),
    ("writes", "src/instep/connect/preview.py", "Link.objects.bulk_create(links)", "Link.objects.filter(pk=1)"),
    ("writes", "src/instep/connect/preview.py", "run('UPDATE connect_link SET version = 2')", "run('SELECT 1')"),
    (
        "decimal-field",
        "src/instep/jobs/models.py",
        "fee = models.DecimalField()",
        "fee_minor = models.BigIntegerField()",
    ),
    ("decimal-field", "src/instep/crm/models.py", "score = models.FloatField()", "score = models.IntegerField()"),
    ("floats", "src/instep/kernel/money.py", "rate = 0.1", "rate = Decimal('0.1')"),
    ("floats", "src/instep/billing/wip.py", "def total() -> float: ...", "def total() -> Money: ..."),
    ("floats", "src/instep/kernel/money.py", "amount = float(text)", "isinstance(amount, float)"),
    ("floats", "src/instep/costs/rates.py", "round(amount, 2)", "half_up(amount, 2)"),
    (
        "on-delete",
        "src/instep/jobs/models.py",
        "models.ForeignKey(Firm)",
        "models.ForeignKey(Firm, on_delete=models.PROTECT)",
    ),
    ("on-delete", "src/instep/jobs/models.py", "ForeignKey(A, models.DO_NOTHING)", "ForeignKey(A, models.CASCADE)"),
    ("raw-print", "src/instep/crm/actions/a.py", "print('done')", "logger.info('done')"),
    ("plain-kernel", "src/instep/kernel/a.py", "from django.utils import timezone", "from datetime import date"),
    ("plain-kernel", "src/instep/kernel/a.py", "import socket", "import phonenumbers"),
    (
        "plain-kernel",
        "src/instep/kernel/a.py",
        "from instep.base import audit",
        "from instep.kernel.errors import Refusal",
    ),
    ("plain-kernel", "src/instep/kernel/a.py", "today = date.today()", "def due(today: date) -> date: ..."),
    ("plain-kernel", "src/instep/kernel/a.py", "text = open(name).read()", "text = name.strip()"),
    ("next-door", "src/sandboxes/tinyplus/a.py", "from instep.kernel import money", "from sandboxes.kit import clock"),
    ("next-door", "src/sandboxes/tinyplus/a.py", "import httpx2", "import http.server"),
    ("address", "docs/howto/set-up.md", f"see https://{REGISTRY}/simple", "see the package index"),
    ("address", "docs/howto/set-up.md", f"cd {HOME}", "cd instep"),
    ("address", "package-lock.json", '  "resolved": "https://example.org/a.tgz"', '  "integrity": "sha512-"'),
]


@pytest.mark.parametrize(("rule", "path", "bad", "good"), EXAMPLES)
def test_a_rule_catches_the_fault_and_lets_the_right_way_pass(rule: str, path: str, bad: str, good: str) -> None:
    assert rule in {fault.rule for fault in check_text(path, bad)}
    assert rule not in {fault.rule for fault in check_text(path, good)}


@pytest.mark.parametrize(
    ("rule", "bad", "good"),
    [
        ("vague-name", "src/instep/crm/utils.py", "src/instep/crm/codes.py"),
        ("vague-name", "tests/helpers/test_a.py", "tests/crm/test_a.py"),
        ("vague-name", "src/instep/crm/manager.py", "src/instep/crm/managed_lists.py"),
        (
            "effect-name",
            "src/instep/crm/migrations/0002_auto_20260101_1200.py",
            "src/instep/crm/migrations/0002_contact_roles.py",
        ),
        ("effect-name", "src/instep/crm/migrations/0001_initial.py", "src/instep/crm/migrations/0001_organisations.py"),
    ],
)
def test_a_name_says_what_is_inside(rule: str, bad: str, good: str) -> None:
    assert rule in {fault.rule for fault in check_text(bad, THEME)}
    assert rule not in {fault.rule for fault in check_text(good, THEME)}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("src/instep/crm/actions/contacts.py", "contact.save()"),
        ("src/instep/crm/actions.py", "contact.save()"),
        ("src/instep/base/audit/log.py", "AuditEntry.objects.create()"),
        ("src/instep/connect/apply/runs.py", "run.save()"),
        ("src/instep/connect/intents.py", "Intent.objects.filter(pk=1).delete()"),
        ("src/instep/config/connectors.py", "import_string(path)"),
        ("src/instep/crm/migrations/0002_codes.py", "apps.get_model('crm', 'Organisation').objects.update(code='')"),
        ("src/instep/cli/demo.py", "print('ready')"),
        ("src/instep/crm/migrations/0001_organisations.py", "# Generated\n" * 500),
        ("src/instep/web/charts.py", "width = 0.5"),
    ],
)
def test_what_is_allowed_in_its_own_room_passes(path: str, text: str) -> None:
    assert check_text(path, THEME + text) == []


def test_a_folder_of_code_without_init_is_found_at_any_depth() -> None:
    paths = ["src/instep/__init__.py", "src/instep/crm/lists/views.py", "docs/conf.py", "run.py"]
    assert [fault.path for fault in folders_without_init(paths)] == ["src/instep/crm", "src/instep/crm/lists"]
    complete = [*paths, "src/instep/crm/__init__.py", "src/instep/crm/lists/__init__.py"]
    assert folders_without_init(complete) == []


def test_a_tree_is_walked_without_what_is_fetched_or_made(tmp_path: Path) -> None:
    for name in ("src/instep/crm/utils.py", "node_modules/a/utils.py", "src/instep/web/static/vendor/utils.py"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(THEME)
    assert {fault.path for fault in check_tree(tmp_path) if fault.rule == "vague-name"} == {"src/instep/crm/utils.py"}


def test_every_rule_has_an_example() -> None:
    text = ast.parse(Path(__file__).read_text())
    named = {node.value for node in ast.walk(text) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    assert set(RULES) <= named
