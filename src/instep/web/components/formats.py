"""How a firm writes its figures and dates: the language of the page, the country, zone and currency of the firm."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime, format_skeleton, format_time
from babel.numbers import format_currency, format_decimal
from django.utils import timezone
from django.utils.translation import get_language, gettext, ngettext

from instep.kernel.currencies import exponent
from instep.kernel.money import Money

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


@dataclass(frozen=True, slots=True)
class Form:
    """The firm's way of writing. `currency` is the one that goes without saying."""

    country: str = "AU"
    zone: str = "UTC"
    currency: str = "AUD"

    @classmethod
    def of(cls, firm: Any) -> Form:
        """Of a firm; of none (before sign-in) the plain one."""
        return cls(firm.country, firm.zone, firm.currency) if firm is not None else cls()

    @property
    def locale(self) -> Locale:
        """The page's language as it is written in the firm's country."""
        return _locale((get_language() or "en").split("-")[0], self.country)

    def money(self, money: Money, *, bare: bool = False) -> str:
        """ "$1,550.00", another currency than the firm's "NZD 1,550.00"; `bare`, for columns, "1,550.00"."""
        if bare:
            return self.decimal(money.amount, exponent(money.currency))
        if money.currency != self.currency:
            # By its code: "$" alone, or a sign that people here do not know, would mislead.
            return f"{money.currency}\N{NO-BREAK SPACE}{self.decimal(money.amount, exponent(money.currency))}"
        return format_currency(money.amount, money.currency, locale=self.locale, currency_digits=True)

    def decimal(self, number: Decimal | int, places: int = 0) -> str:
        """With thousands marks and exactly `places` decimals."""
        pattern = "#,##0" + (f".{'0' * places}" if places else "")
        return format_decimal(number, pattern, locale=self.locale)

    def date(self, day: dt.date) -> str:
        """ "31 Mar 2026"."""
        return format_date(day, "medium", locale=self.locale)

    def long_date(self, day: dt.date) -> str:
        """ "Tuesday, 31 March 2026"."""
        return format_date(day, "full", locale=self.locale)

    def weekday(self, day: dt.date) -> str:
        """ "Tue"."""
        return format_date(day, "EEE", locale=self.locale)

    def day_of_month(self, day: dt.date) -> str:
        """ "31 Mar", in the order of the locale."""
        return format_skeleton("MMMd", day, locale=self.locale)

    def time(self, moment: dt.datetime) -> str:
        """ "2:05 pm", in the firm's zone."""
        return format_time(self._local(moment), "short", locale=self.locale)

    def moment(self, moment: dt.datetime) -> str:
        """ "31 Mar 2026, 2:05 pm", in the firm's zone."""
        local = self._local(moment)
        return f"{self.date(local.date())}, {self.time(local)}"

    def long_moment(self, moment: dt.datetime) -> str:
        """With the day of the week and the zone's name: for tool-tips."""
        return format_datetime(self._local(moment), "full", locale=self.locale)

    def ago(self, moment: dt.datetime, now: dt.datetime | None = None) -> str:
        """ "just now", "5 min ago", "3 h ago", "yesterday, 2:05 pm", then the date."""
        current = now or timezone.now()
        seconds = int((current - moment).total_seconds())
        if 0 <= seconds < _MINUTE:
            return gettext("just now")
        if 0 <= seconds < _HOUR:
            return gettext("%(count)d min ago") % {"count": seconds // _MINUTE}
        today, day = self._local(current).date(), self._local(moment).date()
        if day == today and seconds >= 0:
            return gettext("%(count)d h ago") % {"count": seconds // _HOUR}
        if day == today - dt.timedelta(days=1):
            return gettext("yesterday, %(time)s") % {"time": self.time(moment)}
        return self.moment(moment)

    def _local(self, moment: dt.datetime) -> dt.datetime:
        return moment.astimezone(ZoneInfo(self.zone))


@lru_cache(maxsize=64)
def _locale(language: str, country: str) -> Locale:
    for name in (f"{language}_{country}", language):
        try:
            return Locale.parse(name)
        except (UnknownLocaleError, ValueError):
            continue
    return Locale.parse("en_AU")


def span(seconds: int) -> str:
    """A length of time for people: "8 s", "3 min", "1 h 20 min"."""
    if seconds < _MINUTE:
        return gettext("%(count)d s") % {"count": max(1, seconds)}
    if seconds < _HOUR:
        return gettext("%(count)d min") % {"count": -(-seconds // _MINUTE)}
    hours, rest = divmod(seconds // _MINUTE, 60)
    return gettext("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": rest}


def counted(count: int, one: str, many: str) -> str:
    """ "1 row", "12 rows"; the words are translated as a pair."""
    return f"{count:,} {ngettext(one, many, count)}"
