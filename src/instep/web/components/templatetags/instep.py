"""The tags that every template has without loading: terms of the vocabulary, figures, dates, icons."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django import template
from django.template import TemplateSyntaxError
from django.template.base import FilterExpression, Node, Parser, Token
from django.template.context import Context
from django.templatetags.static import static
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from instep.base.settings.vocabulary import Terms, terms
from instep.kernel.money import Money
from instep.web.components import charts, icons, marks
from instep.web.components.charts import Bar, Point
from instep.web.components.formats import Form, counted
from instep.web.shell import parts, styles

register = template.Library()

MODULES = (
    "announce",
    "keys",
    "lists",
    "panel",
    "palette",
    "inline",
    "acts",
    "picker",
    "toasts",
    "menus",
    "times",
    "health",
    "cells",
    "week",
)
_FORM_KEY = "instep_form"


def form_of(context: Context) -> Form:
    """The firm's way of writing, made once for a rendering."""
    found = context.render_context.get(_FORM_KEY)
    if found is None:
        found = Form.of(getattr(context.get("request"), "firm", None))
        context.render_context[_FORM_KEY] = found
    return found


def terms_of(context: Context) -> Terms:
    """The firm's words; before sign-in the glossary's."""
    return getattr(context.get("request"), "terms", None) or terms("agency")


class TermNode(Node):
    """One term of the vocabulary."""

    def __init__(self, term: FilterExpression, flags: set[str], count: FilterExpression | None, name: str) -> None:
        self.term, self.flags, self.count, self.name = term, flags, count, name

    def render(self, context: Context) -> str:
        word = self._word(terms_of(context), self.term.resolve(context), context)
        if self.name:
            context[self.name] = word
            return ""
        return conditional_escape(word)

    def _word(self, words: Terms, term: str, context: Context) -> str:
        if self.count is not None:
            return counted(int(self.count.resolve(context)), words(term), words.plural(term))
        if "a" in self.flags:
            word = words.a(term)
            return word[:1].upper() + word[1:] if "title" in self.flags else word
        if "title" in self.flags:
            return words.title_plural(term) if "plural" in self.flags else words.title(term)
        return words.plural(term) if "plural" in self.flags else words(term)


@register.tag
def term(parser: Parser, token: Token) -> TermNode:
    """{% term "job" %} project; {% term "job" plural title %} Projects; {% term "job" a %} a project;
    {% term "job" count=n %} 2 projects; with `as word` at the end it is kept for a translated sentence.
    """
    bits = token.split_contents()[1:]
    if not bits:
        raise TemplateSyntaxError("a term tag names its term")
    name = ""
    if len(bits) > 2 and bits[-2] == "as":
        name, bits = bits[-1], bits[:-2]
    count = next((parser.compile_filter(bit[6:]) for bit in bits if bit.startswith("count=")), None)
    flags = {bit for bit in bits[1:] if not bit.startswith("count=")}
    if flags - {"plural", "title", "a"}:
        raise TemplateSyntaxError(f"a term tag does not know {sorted(flags - {'plural', 'title', 'a'})}")
    return TermNode(parser.compile_filter(bits[0]), flags, count, name)


@register.simple_tag
def icon(name: str, label: str = "", large: bool = False) -> SafeString:
    """{% icon "briefcase" %}; with a label it has a name of its own."""
    return icons.icon(name, label, large)


@register.simple_tag(takes_context=True)
def money(context: Context, value: Money | None, bare: bool = False) -> SafeString:
    """{% money job.fee %}; {% money row.fee bare=True %} in a column."""
    return marks.money(value, form_of(context), bare)


@register.simple_tag
def minutes(value: int | None) -> SafeString:
    """{% minutes row.minutes %}: 7:30."""
    return marks.minutes(value)


@register.simple_tag(takes_context=True)
def date(context: Context, value: dt.date | dt.datetime | None) -> SafeString:
    """{% date job.starts_on %}, {% date run.finished_at %}: in the firm's form and zone."""
    return marks.date(value, form_of(context))


@register.simple_tag(takes_context=True)
def ago(context: Context, value: dt.datetime | None) -> SafeString:
    """{% ago run.finished_at %}: 5 min ago."""
    return marks.ago(value, form_of(context))


@register.simple_tag(takes_context=True)
def number(context: Context, value: Any, places: int = 0) -> SafeString:
    """{% number 12500 %}: 12,500."""
    return marks.NONE if value is None else conditional_escape(form_of(context).decimal(value, places))


@register.simple_tag
def chip(text: Any, tone: str = "neutral", mark: str = "", title: str = "") -> SafeString:
    """{% chip "Active" "ok" %}."""
    return marks.chip(text, tone, mark, title)


@register.simple_tag
def state(state: str, label: Any = "") -> SafeString:
    """{% state run.state %}: a chip in the tone of the stored state."""
    return marks.state_chip(state, label)


@register.simple_tag(takes_context=True)
def owner(context: Context, name: str, since: dt.datetime | None = None, why: str = "") -> SafeString:
    """{% owner "tiny+" since why %}: who keeps a field."""
    return marks.owner(name, since, form_of(context), why)


@register.simple_tag
def spark(points: Sequence[Point], label: str = "") -> SafeString:
    """{% spark points "Hours a week" %}: a line without axes."""
    return charts.spark(points, label)


@register.simple_tag
def bars(items: Sequence[Bar], label: str = "") -> SafeString:
    """{% bars items "WIP by age" %}: lying bars with the table behind."""
    return charts.bars(items, label)


@register.simple_tag
def stylesheets() -> SafeString:
    """The links to our own styles: one file, in development one a file, so that a tool shows where a rule stands."""
    return format_html_join("\n    ", '<link rel="stylesheet" href="{}">', ((url,) for url in styles.urls()))


@register.simple_tag
def modules() -> SafeString:
    """Our own scripts: the entrance as a module, what it imports fetched beside it."""
    preloads = format_html_join(
        "\n      ", '<link rel="modulepreload" href="{}">', ((static(f"instep/js/{n}.js"),) for n in MODULES)
    )
    return format_html('{}\n      <script type="module" src="{}"></script>', preloads, static("instep/js/instep.js"))


@register.simple_tag(takes_context=True)
def shell_part(context: Context, template: str) -> SafeString:
    """{% shell_part "shell/rail.html" %}: a part of every page that is the same for the same places."""
    places = tuple(context.get("shell_places") or ())
    return parts.part(template, get_language() or "", places, str(context.get("shell_here", "")))


@register.filter
def initials(name: str) -> str:
    """ "MO" of "Mary O'Neil"; one letter of a single word."""
    words = [word for word in str(name).split() if word[:1].isalnum()]
    return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words[:1])).upper()


@register.filter
def safe_back(referrer: str | None, request: Any) -> str:
    """The page that a person came from, when it is ours; else the start."""
    hosts = {request.get_host()} if request else set()
    return referrer if referrer and url_has_allowed_host_and_scheme(referrer, hosts) else "/"
