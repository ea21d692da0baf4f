"""The field map of tiny+: its lenses keep their laws for any value, and its table is the one that was agreed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import settings as settings_of
from hypothesis import strategies as st

from instep.connect.fieldmap import Choice, Field, Place, RecordMap, Reference, Way, lens_law_broken
from instep.connect.protocols import Reply
from instep.connectors.tinyplus.connector import TinyPlus
from instep.connectors.tinyplus.maps import INNER_SPACE, MAPS, AmountLens, PersonLens
from instep.kernel.canonical import canon_phone, canon_tax_number, canon_text
from instep.kernel.errors import BadValue
from instep.kernel.records.kinds import FieldType, canon

AU = Place()
TEXT = st.one_of(st.none(), st.text(max_size=60))
WORD = st.text(alphabet=st.characters(categories=["L"], include_characters="'-."), min_size=1, max_size=10)
WORDS = st.lists(WORD, max_size=3).map(" ".join)
NAMES = st.one_of(st.none(), st.builds(lambda first, last: {"first": first, "last": last}, WORDS, WORDS))
MONEY = st.one_of(st.none(), st.integers(-(10**15), 10**15).map(lambda minor: {"minor": minor, "currency": "AUD"}))
DIGITS = st.text(alphabet="0123456789 +()-x", max_size=24)
VALUES: Mapping[FieldType, st.SearchStrategy[Any]] = {
    FieldType.NAME: NAMES,
    FieldType.MONEY: MONEY,
    FieldType.PHONE: st.one_of(TEXT, DIGITS),
    FieldType.TAX_NUMBER: st.one_of(TEXT, DIGITS),
}
PLAIN_ROWS = [
    pytest.param(m, f, id=f"{m.kind.key}.{f.ours}")
    for m in MAPS.values()
    for f in m.fields
    if not isinstance(f.lens, Reference | Choice)
]


def over_the_wire(record_map: RecordMap, f: Field, theirs: Any) -> Any:
    """The value after a create body and an answer that repeats it: what `api.py` makes of it on the way."""
    connector = TinyPlus()
    request = connector.ask_create(record_map.remote_type, {f.theirs: theirs}, marker="m")
    stored = json.loads(request.body or b"")
    stored |= {"id": 7, "record_status": stored.get("record_status"), "phase": stored.get("phase")}
    for sent in (f.theirs, "first_name", "last_name"):
        stored.setdefault(sent, None)
    body = json.dumps(stored).encode()
    return connector.read_record(record_map.remote_type, request, Reply(201, {}, body)).fields[f.theirs]


@pytest.mark.capability("A-22", "A-23", "A-24", "A-17", "X-12", "A-14")
@pytest.mark.parametrize(("record_map", "f"), PLAIN_ROWS)
@settings_of(max_examples=60, deadline=None)
@given(data=st.data())
def test_every_mapped_value_goes_there_and_comes_back(record_map: RecordMap, f: Field, data: st.DataObject) -> None:
    type_ = record_map.kind.field(f.ours).type
    ours = data.draw(VALUES.get(type_, TEXT))
    lens = record_map.lens(f)

    assert lens_law_broken(lens, type_, ours, AU) == ""
    theirs = lens.to_theirs(ours, known=None, place=AU)
    there = lens.canon_theirs(theirs, place=AU)
    back = lens.to_ours(over_the_wire(record_map, f, theirs), known=ours, place=AU)
    assert canon(type_, back, region="AU", country="AU") == canon(type_, ours, region="AU", country="AU")
    assert lens.canon_theirs(there, place=AU) == there


@pytest.mark.capability("A-22")
@settings_of(max_examples=50, deadline=None)
@given(ours=NAMES)
@example(ours={"first": "Maria", "last": "Garcia Lopez"})
@example(ours={"first": "", "last": "van der Berg"})
def test_a_contact_keeps_both_parts_even_where_nobody_remembers_them(ours: dict[str, str] | None) -> None:
    lens = PersonLens(parts=True)
    theirs = lens.to_theirs(ours, known=None, place=AU)
    back = lens.to_ours(theirs, known=None, place=AU)

    if ours and ours["first"] and len(ours["last"].split()) > 1:
        assert back == ours
    assert lens.canon_theirs(theirs, place=AU) == canon_text(f"{ours['first']} {ours['last']}" if ours else None)


@pytest.mark.capability("A-22")
@pytest.mark.parametrize(
    ("known", "theirs", "expected"),
    [
        (("Mary Jane", "O'Neil"), "Mary Jane O'Neil", ("Mary Jane", "O'Neil")),
        (("Mary Jane", "O'Neil"), "mary jane  O'NEIL", ("mary jane", "O'NEIL")),
        (("Mary Jane", "O'Neil"), "Mary O'Neil", ("Mary", "O'Neil")),
        (("Mary Jane", "O'Neil"), "Mary Jane Smith", ("Mary Jane", "Smith")),
        (None, "Jan van der Berg", ("Jan", "van der Berg")),
        (None, "Cher", ("Cher", "")),
        (None, f"Maria Garcia{INNER_SPACE}Lopez", ("Maria", "Garcia Lopez")),
        (("Maria Garcia", "Lopez"), f"Maria Garcia{INNER_SPACE}Lopez", ("Maria Garcia", "Lopez")),
        (("Maria", "Garcia Lopez"), f"Ana Garcia{INNER_SPACE}Lopez", ("Ana", "Garcia Lopez")),
    ],
)
def test_a_name_from_there_is_split_anew_only_when_its_words_changed(
    known: tuple[str, str] | None, theirs: str, expected: tuple[str, str]
) -> None:
    was = {"first": known[0], "last": known[1]} if known else None

    assert PersonLens(parts=True).to_ours(theirs, known=was, place=AU) == {"first": expected[0], "last": expected[1]}


@pytest.mark.capability("A-14")
@pytest.mark.parametrize(
    ("minor", "currency", "theirs"),
    [
        (1_550_000, "AUD", "15500.00"),
        (1, "AUD", "0.01"),
        (-5, "NZD", "-0.05"),
        (1200, "JPY", "1200.00"),
        (1234, "KWD", "1.234"),
    ],
)
def test_a_fee_is_exact_in_every_currency(minor: int, currency: str, theirs: str) -> None:
    place = Place(currency=currency)
    ours = {"minor": minor, "currency": currency}

    assert AmountLens().to_theirs(ours, known=None, place=place) == theirs
    assert AmountLens().to_ours(theirs, known=None, place=place) == ours
    assert AmountLens().canon_theirs(str(Decimal(theirs) + 0), place=place) == theirs


def test_a_fee_of_another_currency_is_never_sent_as_a_bare_number() -> None:
    with pytest.raises(BadValue, match="USD"):
        AmountLens().to_theirs({"minor": 100, "currency": "USD"}, known=None, place=AU)


@pytest.mark.capability("A-23", "A-24", "X-12")
def test_a_format_is_never_a_change() -> None:
    organisation, contact = MAPS["organisation"], MAPS["contact"]
    number, phone = organisation.field("tax_number"), contact.field("phone")

    assert canon_tax_number("51 824 753 556", "AU") == organisation.lens(number).canon_theirs("51824753556", place=AU)
    assert canon_phone("04 1234 5678", "AU") == contact.lens(phone).canon_theirs("+61 412 345 678", place=AU)


@pytest.mark.capability("A-12", "A-13", "A-14", "A-18", "A-24", "A-28")
def test_the_table_is_the_agreed_one() -> None:
    """Our field, its way, their field; which record is which; what comes first."""
    rows = {kind: [f"{f.ours} {f.way} {f.theirs}" for f in m.fields] for kind, m in MAPS.items()}

    assert rows == {
        "staff": [
            "name push name",
            "email push email",
            "phone push direct",
            "mobile push mobile",
            "job_title push role",
            "deep_link push external_url",
        ],
        "organisation": [
            "name both name",
            "address both physical_address",
            "email both email_address",
            "website both website",
            "tax_number both abn",
            "mobile both mobile",
            "phone both office_phone",
            "linkedin both linkedin",
            "deep_link push external_url",
        ],
        "contact": [
            "name both name",
            "phone both direct",
            "role both title",
            "email both email_address",
            "website both website",
            "mobile both mobile",
            "office_phone both office_phone",
            "linkedin both linkedin",
            "organisation both primary_company",
            "deep_link push external_url",
        ],
        "job": [
            "name both name",
            "status both status",
            "number push project_number",
            "client seed client_company",
            "job_type both project_type",
            "handler both assigned_user",
            "address both project_address",
            "fee seed fee_value",
            "scope both description",
            "deep_link push external_url",
        ],
    }
    assert [m.remote_type for m in sorted(MAPS.values(), key=lambda m: m.rank)] == [
        "team-members",
        "companies",
        "contacts",
        "projects",
    ]
    assert [m.kind.key for m in MAPS.values() if not m.creates_here] == ["staff"]
    assert all(f.way is Way.PUSH for f in MAPS["staff"].fields), "nothing flows back from a team member (A-28)"


def test_only_what_belongs_to_one_record_links_without_asking() -> None:
    strong = {kind: [rule.ours for rule in m.match if rule.strong] for kind, m in MAPS.items()}

    assert strong == {"staff": ["email"], "organisation": ["tax_number"], "contact": ["email"], "job": []}


@pytest.mark.capability("A-35")
def test_the_statuses_that_come_with_it_are_one_to_one_and_name_all_six_states() -> None:
    pairs = TinyPlus.values["job_status"]

    assert len({ours for ours, _ in pairs}) == len({theirs for _, theirs in pairs}) == len(pairs) == 8
    assert {theirs.partition("/")[0] for _, theirs in pairs} == {
        "proposed",
        "won",
        "active",
        "completed",
        "lost",
        "cancelled",
    }
