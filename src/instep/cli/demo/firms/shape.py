"""What a demo firm consists of: plain values, in the words of our actions, with what its tiny+ account holds beside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

PASSWORD = "instep-demo"
"""Of every demo user. The demo listens on this machine alone."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody on the staff. `role` gives a log-in; `there` is their status as a team member of tiny+, if any."""

    first: str
    last: str
    title: str
    email: str
    phone: str = ""
    mobile: str = ""
    role: str | None = None
    there: str | None = None

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}"


@dataclass(frozen=True, slots=True)
class Company:
    """An organisation. `here` and `there` say where it exists at first; `says` is what tiny+ has differently."""

    name: str
    stage: str = "lead"
    code: str = ""
    email: str = ""
    phone: str = ""
    mobile: str = ""
    website: str = ""
    linkedin: str = ""
    tax_number: str = ""
    address: str = ""
    supplier: bool = False
    person: bool = False
    here: bool = True
    there: bool = False
    says: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Human:
    """A contact; `at` is the name of a company, empty for none."""

    first: str
    last: str
    at: str
    role: str = ""
    email: str = ""
    phone: str = ""
    mobile: str = ""
    office_phone: str = ""
    linkedin: str = ""
    here: bool = True
    there: bool = False
    says: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}"


@dataclass(frozen=True, slots=True)
class Part:
    """A phase of a job. `fee` is in whole units of the currency, exclusive of tax; a percent one has a contract."""

    name: str
    fee: int | None = None
    type: str = "fixed"
    percent: str | None = None
    contract: int | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """A job. `handler` is the first name of somebody on the staff; days count from the day of planting."""

    name: str
    client: str
    status: str
    handler: str
    parts: tuple[Part, ...] = ()
    address: str = ""
    scope: str = ""
    kind: str = ""
    """Name of its type of job."""
    reason: str = ""
    starts: int | None = None
    ends: int | None = None
    here: bool = True
    there: bool = False
    says: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Hours:
    """Time of one person on one phase: on workdays from `since` to `until` days before the day of planting, every
    `every`-th of them, with minutes and texts in turn."""

    work: str
    part: str
    who: str
    since: int
    until: int
    minutes: tuple[int, ...]
    texts: tuple[str, ...] = ("",)
    every: int = 1


@dataclass(frozen=True, slots=True)
class Bill:
    """An invoice, dated `ago` days before the day of planting. `claims` are phases with a percentage of their fee, None
    for all that is left or for the time up to that day. `paid` are (days ago, percentage of the total)."""

    work: str
    claims: tuple[tuple[str, str | None], ...]
    ago: int
    draft: bool = False
    reference: str = ""
    paid: tuple[tuple[int, int], ...] = ()
    cancelled: tuple[int, str] | None = None
    """(days ago, why)"""


@dataclass(frozen=True, slots=True)
class Books:
    """The money of a demo firm: what it prints on invoices, {first name: (cost, charge) an hour}, time, invoices in the
    order of their dates."""

    settings: Mapping[str, Any]
    rates: Mapping[str, tuple[int, int]]
    hours: tuple[Hours, ...]
    bills: tuple[Bill, ...]


@dataclass(frozen=True, slots=True)
class DemoFirm:
    """A firm with its people and records, and its tiny+ account."""

    key: str
    name: str
    currency: str
    country: str
    zone: str
    vocabulary: str
    series: Mapping[str, Mapping[str, Any]]
    first_part: str
    types: Mapping[str, str]
    """Types of job: our name and that of tiny+, which is empty where nobody has said yet which one it is."""
    account: str
    account_name: str
    token: str
    people: tuple[Person, ...]
    companies: tuple[Company, ...]
    humans: tuple[Human, ...]
    work: tuple[Work, ...]
    books: Books | None = None
