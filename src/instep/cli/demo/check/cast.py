"""The firm that the check plays with: its people and what else stands on either side before the first link."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from instep.cli.demo.firms.shape import Company, DemoFirm, Human, Part, Person, Work

_ABN_WEIGHTS = (10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19)
_GIVEN = (
    "Ash",
    "Bea",
    "Col",
    "Dot",
    "Eli",
    "Flo",
    "Gil",
    "Hal",
    "Ivy",
    "Jem",
    "Kit",
    "Lou",
    "Mab",
    "Ned",
    "Ola",
    "Pip",
)
_FAMILY = (
    "Arden",
    "Birch",
    "Croft",
    "Delahunty",
    "van Eyk",
    "Furlong",
    "Grieve",
    "Hollis",
    "O'Dowd",
    "Pascoe",
    "Quayle",
)

PEOPLE = (
    Person("Nora", "Vale", "Director", "nora@check.example", "(02) 5550 0101", there="active"),
    Person("Ike", "Tolland", "Project manager", "ike@check.example", "(02) 5550 0102", there="active"),
    Person("Rae", "Sumner", "Project manager", "rae@check.example", "(02) 5550 0103", "0491 570 313"),
    Person("Viv", "Osei", "Estimator", "viv@check.example", "(02) 5550 0104"),
    Person("Max", "de Witt", "Graduate", "max@check.example"),
)


@dataclass(frozen=True, slots=True)
class Planted:
    """How many of each kind the remote holds before the first link."""

    members: int
    companies: int
    contacts: int
    projects: int

    def by_type(self) -> dict[str, int]:
        """The counts by the remote's own words."""
        return {
            "team-members": self.members,
            "companies": self.companies,
            "contacts": self.contacts,
            "projects": self.projects,
        }


def check_firm(*, organisations: int, seed: int) -> DemoFirm:
    """A firm with some organisations and contacts on both sides, some on one side only, and two that will be held.

    About one in twelve organisations is on both sides and known by its number; as many are only there.
    """
    chance = random.Random(seed)
    share = max(2, organisations // 12)
    both = tuple(
        Company(
            f"Shared Ground {number} Pty Ltd",
            "client",
            f"SG{number}",
            f"office@shared{number}.example",
            f"(02) 5550 {1000 + number}",
            website=f"https://shared{number}.example",
            tax_number=_abn(chance),
            address=f"{number} Common Street\nCanberra ACT 2600",
            there=True,
        )
        for number in range(1, share + 1)
    )
    only_there = tuple(
        Company(
            f"Far Side {number} Ltd",
            "prospect",
            email=f"office@far{number}.example",
            tax_number=_abn(chance),
            address=f"{number} Yonder Road\nQueanbeyan NSW 2620",
            here=False,
            there=True,
        )
        for number in range(1, share + 1)
    )
    humans = tuple(_human(company, number) for number, company in enumerate((*both, *only_there)))
    here = tuple(replace(_human(company, len(humans) + number), there=False) for number, company in enumerate(both))
    held = Human("Nobody", "Special", "", "Visitor", "nobody@special.example", here=False, there=True)
    proposed = tuple(
        Work(f"Proposal from afar {number}", only_there[number].name, "proposed", "Nora", (Part("Fee", 1000 + number),),
             scope="Asked for by telephone.", here=False, there=True)
        for number in range(len(only_there) // 2)
    )  # fmt: skip
    live = Work("Live work for a prospect", only_there[0].name, "active", "Ike", here=False, there=True)
    return DemoFirm(
        key="check",
        name="Vale & Tolland",
        currency="AUD",
        country="AU",
        zone="Australia/Sydney",
        vocabulary="agency",
        series={key: {"prefix": key[0].upper(), "width": 5} for key in ("job", "project", "client")},
        first_part="Whole contract",
        types={},
        account="check",
        account_name="Vale & Tolland",
        token="token-of-the-check",
        people=PEOPLE,
        companies=(*both, *only_there),
        humans=(*humans, *here, held),
        work=(*proposed, live),
    )


def planted_of(firm: DemoFirm) -> Planted:
    """What the remote holds of it at first."""
    return Planted(
        members=sum(bool(person.there) for person in firm.people),
        companies=sum(company.there for company in firm.companies),
        contacts=sum(human.there for human in firm.humans),
        projects=sum(work.there for work in firm.work),
    )


def _human(company: Company, number: int) -> Human:
    """Nobody else has this name: people of one name on both sides would wait for a person to tell them apart."""
    turn, place = divmod(number, len(_GIVEN) * len(_FAMILY))
    given, family = _GIVEN[place % len(_GIVEN)], _FAMILY[place // len(_GIVEN)]
    return Human(
        given,
        f"{family}-{_FAMILY[turn % len(_FAMILY)]}" if turn else family,
        company.name,
        "Contract officer",
        f"person{number}@{'shared' if company.here else 'far'}.example",
        f"(02) 5550 {2000 + number % 7000}",
        here=company.here,
        there=True,
    )


def _abn(chance: random.Random) -> str:
    """An invented number with the right check digits."""
    body = [chance.randrange(10) for _ in range(9)]
    rest = sum(weight * digit for weight, digit in zip(_ABN_WEIGHTS[2:], body, strict=True))
    # The first digit counts less one: 10 (a - 1) + b makes the sum a multiple of 89.
    check = 11 + (-rest - 1) % 89
    digits = f"{check}{''.join(map(str, body))}"
    return f"{digits[:2]} {digits[2:5]} {digits[5:8]} {digits[8:]}"
