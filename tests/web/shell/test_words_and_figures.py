"""Terms, amounts, dates and the small tags."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

import pytest
from django.template import TemplateSyntaxError, engines
from django.test import RequestFactory

from instep.base.settings.vocabulary import terms
from instep.base.tasks.states import TaskState
from instep.kernel.errors import BadValue
from instep.kernel.money import Money
from instep.kernel.records.kinds import FieldType
from instep.web.components import values
from instep.web.components.charts import Bar, Point, bars, spark
from instep.web.components.diffs import Change, Verdict, compared, totals
from instep.web.components.formats import Form
from instep.web.components.progress import Progress

AU, GB = Form("AU", "Australia/Melbourne", "AUD"), Form("GB", "Europe/London", "GBP")
NOON = dt.datetime(2026, 3, 31, 1, 0, tzinfo=dt.UTC)


def _rendered(source: str, vocabulary: str = "architecture", **context: Any) -> str:
    request = RequestFactory().get("/")
    request.terms = terms(vocabulary)  # type: ignore[attr-defined]
    request.firm = SimpleNamespace(country="AU", zone="Australia/Melbourne", currency="AUD")  # type: ignore[attr-defined]
    return engines["django"].from_string(source).render({**context, "request": request})


@pytest.mark.parametrize(
    ("tag", "architects", "agency"),
    [
        ('{% term "job" %}', "project", "job"),
        ('{% term "job" plural title %}', "Projects", "Jobs"),
        ('{% term "phase" a %}', "a stage", "a phase"),
        ('{% term "organisation" a title %}', "An organisation", "An organisation"),
        ('{% term "job" count=two %}', "2 projects", "2 jobs"),
        ("{% term key plural as word %}[{{ word }}]", "[projects]", "[jobs]"),
        ('{% term "job" as job %}{% blocktranslate %}New {{ job }}{% endblocktranslate %}', "New project", "New job"),
    ],
)
def test_a_term_is_said_in_the_firms_words(tag: str, architects: str, agency: str) -> None:
    assert _rendered(tag, two=2, key="job") == architects
    assert _rendered(tag, "agency", two=2, key="job") == agency


def test_a_term_tag_that_cannot_be_meant_is_found_when_the_template_is_read() -> None:
    for tag in ("{% term %}", '{% term "job" plurall %}'):
        with pytest.raises(TemplateSyntaxError):
            _rendered(tag)
    with pytest.raises(KeyError):
        _rendered('{% term "jobb" %}')


def test_amounts_show_their_sign_and_another_currency_its_code() -> None:
    assert AU.money(Money.from_minor(1_550_000, "AUD")) == "$15,500.00"
    assert AU.money(Money.from_minor(-1_550, "AUD")) == "-$15.50"
    assert GB.money(Money.from_minor(1_550_000, "AUD")) == "AUD\N{NO-BREAK SPACE}15,500.00"
    assert GB.money(Money.from_minor(1_550_000, "GBP"), bare=True) == "15,500.00"
    assert Form("JP", "Asia/Tokyo", "JPY").money(Money.from_minor(1_550, "JPY"), bare=True) == "1,550"
    assert "AUD" not in _rendered("{% money fee bare=True %}", fee=Money.from_minor(1, "AUD"))
    assert "NZD" in _rendered("{% money fee bare=True %}", fee=Money.from_minor(1, "NZD"))


def test_dates_are_in_the_firms_form_and_zone() -> None:
    assert AU.date(dt.date(2026, 3, 31)) == "31 Mar 2026"
    assert AU.moment(NOON).replace("\N{NARROW NO-BREAK SPACE}", " ") == "31 Mar 2026, 12:00 pm"
    assert GB.moment(NOON) == "31 Mar 2026, 02:00"
    shown = _rendered("{% date on %}", on=dt.date(2026, 3, 31))
    assert shown == '<time datetime="2026-03-31" title="Tuesday, 31 March 2026">31 Mar 2026</time>'


@pytest.mark.parametrize(
    ("passed", "said"),
    [
        (dt.timedelta(seconds=20), "just now"),
        (dt.timedelta(minutes=5), "5 min ago"),
        (dt.timedelta(hours=3), "3 h ago"),
        (dt.timedelta(hours=20), "yesterday, 4:00 pm"),
        (dt.timedelta(days=9), "22 Mar 2026, 12:00 pm"),
    ],
)
def test_how_long_ago(passed: dt.timedelta, said: str) -> None:
    assert AU.ago(NOON - passed, NOON).replace("\N{NARROW NO-BREAK SPACE}", " ") == said


def test_names_become_initials_and_only_our_own_pages_are_gone_back_to() -> None:
    shown = _rendered("{{ a|initials }} {{ b|initials }} {{ c|initials }}", a="Mary Jane O'Neil", b="cher", c="")
    assert shown.strip() == "MO C"
    back = "{{ url|safe_back:request }}"
    assert _rendered(back, url="http://testserver/jobs/?q=1") == "http://testserver/jobs/?q=1"
    assert _rendered(back, url="https://elsewhere.example/") == "/"
    assert _rendered(back, url=None) == "/"


@pytest.mark.parametrize(
    ("typed", "minor"),
    [("1,250", 125000), ("$1250.5", 125050), ("-15.50", -1550), ("AUD 12 000", 1200000), ("1250.00 AUD", 125000)],
)
def test_an_amount_may_be_typed_as_people_write_it(typed: str, minor: int) -> None:
    read = values.read(FieldType.MONEY, {"value": typed}, label="Fee", currency="AUD")
    assert read == {"minor": minor, "currency": "AUD"}


@pytest.mark.parametrize(
    ("type_", "typed"),
    [
        *((FieldType.MONEY, text) for text in ("ten", "1.2.3", "1,25", "10.005", "--5")),
        *((FieldType.WHOLE, text) for text in ("1.5", "x", "9" * 40)),
        (FieldType.DATE, "31/3/2026"),
    ],
)
def test_what_is_no_value_is_refused_under_the_fields_name(type_: FieldType, typed: str) -> None:
    with pytest.raises(BadValue):
        values.read(type_, {"value": typed}, label="Fee", currency="AUD")


def test_values_lead_somewhere_only_when_they_are_what_they_seem() -> None:
    assert values.href(FieldType.EMAIL, "a@b.co") == "mailto:a@b.co"
    assert values.href(FieldType.PHONE, "(02) 9876 5432") == "tel:0298765432"
    assert values.href(FieldType.URL, "example.com/x") == "https://example.com/x"
    for type_, said in (
        (FieldType.URL, "javascript:alert(1)"),
        (FieldType.URL, "not a link"),
        (FieldType.PHONE, "n/a"),
    ):
        assert values.href(type_, said) == ""


def test_a_diff_marks_the_words_that_differ_and_escapes_them() -> None:
    before, after = compared("Reading <b> rooms, 12,000.00", "Reading <b> halls, 15,500.00")
    assert "<del>rooms</del>" in before
    assert "<ins>15,500.00</ins>" in after
    assert "&lt;b&gt;" in before
    assert "<ins>" not in compared("Alpha", "Omega")[1]
    counted = totals([Verdict.NEW, Verdict.ASK, Verdict.NEW])
    assert [(total.word, total.count) for total in counted] == [("new", 2), ("needs a decision", 1)]
    assert "<script>" not in Change("Name", None, "<script>", Verdict.NEW).after_html


def test_progress_tells_how_fast_and_how_long_still() -> None:
    running = Progress("Import", 1000, 4000, TaskState.RUNNING, NOON, "records", now=NOON + dt.timedelta(seconds=100))
    assert running.counts == "1,000 of 4,000 records"
    assert running.pace == "10 a second, about 5 min left"
    assert running.announcement == "Import: 20 %"
    early = Progress("Import", 10, None, TaskState.RUNNING, NOON, "records", now=NOON + dt.timedelta(seconds=1))
    assert early.pace == ""
    done = Progress("Import", 0, 0, TaskState.DONE, NOON)
    assert (done.max, done.running, done.word) == (1, False, "Done")


def test_pictures_hold_with_nothing_and_with_one_value() -> None:
    assert "Not enough" in spark([Point("a", 1)], "x")
    assert "i-spark__line" in spark([Point("a", 5), Point("b", 5)], "x")
    assert "Nothing" in bars([], "x")
    drawn = bars([Bar("a<", 0), Bar("b", 0)], "x")
    assert 'width="0.0%"' in drawn
    assert "a&lt;" in drawn
