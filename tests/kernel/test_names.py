"""People's names, joined for one side and split again for the other (A-22)."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from instep.kernel.names import PersonName, merge, split
from instep.kernel.records.kinds import FieldType, samples
from tests.kernel.strategies import any_text, person_names, quick

N = PersonName


def spaced(name: PersonName) -> PersonName:
    return N(" ".join(name.first.split()), " ".join(name.last.split()))


@pytest.mark.capability("A-22")
@quick
@given(name=person_names | st.builds(PersonName, any_text, any_text))
def test_a_name_that_went_out_and_came_back_unchanged_has_its_own_parts(name: PersonName) -> None:
    assert split(merge(name), name) == spaced(name)
    assert split(f"  {merge(name).replace(' ', '   ')} ", name) == spaced(name)


@pytest.mark.capability("A-22")
@pytest.mark.parametrize("value", samples(FieldType.NAME), ids=str)
def test_every_sample_comes_home(value: dict[str, str] | None) -> None:
    name = N.from_json(value)
    assert split(merge(name), name) == spaced(name)
    assert N.from_json(name.as_json()) == spaced(name)


@pytest.mark.capability("A-22")
@quick
@given(text=any_text | person_names.map(merge), known=st.none() | person_names)
def test_splitting_loses_and_moves_nothing(text: str, known: PersonName | None) -> None:
    assume("," not in text)
    assert merge(split(text, known)) == " ".join(text.split())


@quick
@given(text=person_names.map(merge) | st.just("O'Neil, Mary Jane"), known=person_names)
def test_the_other_side_s_text_stays_when_it_already_says_the_name(text: str, known: PersonName) -> None:
    assert merge(split(text, known), known=text) == " ".join(text.split())


@pytest.mark.capability("A-22")
@pytest.mark.parametrize(
    ("text", "known", "parts"),
    [
        # the same words: the same parts, with the new spelling
        ("Mary Jane O'Neil", N("Mary Jane", "O'Neil"), N("Mary Jane", "O'Neil")),
        ("mary jane O'NEIL", N("Mary Jane", "O'Neil"), N("mary jane", "O'NEIL")),
        ("Mary Jane O'Neil", N("Mary", "Jane O'Neil"), N("Mary", "Jane O'Neil")),
        ("mary jane o'neil", N("Mary", "Jane O'Neil"), N("mary", "jane o'neil")),
        ("O'Neil Mary Jane", N("O'Neil", "Mary Jane"), N("O'Neil", "Mary Jane")),
        ("Cher", N("", "Cher"), N("", "Cher")),
        ("Cher", N("Cher", ""), N("Cher", "")),
        ("Jan van der Berg", N("Jan van der", "Berg"), N("Jan van der", "Berg")),
        ("O'Neil, Mary Jane", N("Mary Jane", "O'Neil"), N("Mary Jane", "O'Neil")),
        ("Van Loon, JJ", N("JJ", "van Loon"), N("JJ", "Van Loon")),
        # changed over
        ("O'Neil Mary Jane", N("Mary Jane", "O'Neil"), N("O'Neil", "Mary Jane")),
        ("John Smith", N("Smith", "John"), N("John", "Smith")),
        # one part changed: the other stands
        ("Mary Jane Smith-Jones Lee", N("Mary Jane", "O'Neil"), N("Mary Jane", "Smith-Jones Lee")),
        ("Marie Anne Pérez Vega", N("Marie", "Pérez Vega"), N("Marie Anne", "Pérez Vega")),
        ("Peter O'Neil", N("Mary Jane", "O'Neil"), N("Peter", "O'Neil")),
        ("Mary Jane Ann O'Neil", N("Mary Jane", "O'Neil"), N("Mary Jane Ann", "O'Neil")),
        ("Jan van der Berg", N("Jan", "Berg"), N("Jan", "van der Berg")),
        ("Piet van der Berg", N("Jan van der", "Berg"), N("Piet van der", "Berg")),
        ("Mary Jane", N("Mary Jane", "O'Neil"), N("Mary Jane", "")),
        ("O'Neil", N("Mary Jane", "O'Neil"), N("", "O'Neil")),
        ("Cher Bono", N("Cher", ""), N("Cher", "Bono")),
        # nothing stands, or nothing is known
        ("Sam Bloggs", N("Mary Jane", "O'Neil"), N("Sam", "Bloggs")),
        ("", N("Mary Jane", "O'Neil"), N()),
        ("Mary Jane O'Neil", None, N("Mary Jane", "O'Neil")),
        ("Mary Jane O'Neil", N(), N("Mary Jane", "O'Neil")),
        ("Cher", None, N("Cher", "")),
        ("Jan van der Berg", None, N("Jan", "van der Berg")),
        ("Jan Van Der Berg", None, N("Jan", "Van Der Berg")),
        ("van der Berg", None, N("van", "der Berg")),
        ("Van Morrison", None, N("Van", "Morrison")),
        ("Omar al Rashid", None, N("Omar", "al Rashid")),
        ("John Al Smith", None, N("John Al", "Smith")),
        ("Dr Mary Jane O'Neil", None, N("Dr Mary Jane", "O'Neil")),
        ("Mary O'Neil Jr", None, N("Mary", "O'Neil Jr")),
        ("Mary O'Neil, Jr.", None, N("Mary", "O'Neil, Jr.")),
        ("Mary O'Neil, FRAIA", None, N("Mary", "O'Neil, FRAIA")),
        ("Mary Jr", None, N("Mary", "Jr")),
        ("O'Neil, Mary Jane", None, N("Mary Jane", "O'Neil")),
        ("van der Berg, Jan", None, N("Jan", "van der Berg")),
        ("SMITH, JOHN", None, N("JOHN", "SMITH")),
        ("Smith,", None, N("Smith,", "")),
        (None, None, N()),
        ("  ", None, N()),
    ],
)
def test_a_text_is_split_by_what_is_known(text: str | None, known: PersonName | None, parts: PersonName) -> None:
    assert split(text, known) == parts


def test_an_empty_name_is_empty_text_and_no_value() -> None:
    assert merge(N()) == ""
    assert N(" ", "").as_json() is None
    assert N.from_json(None) == N.from_json({}) == N.from_json({"first": None, "last": None}) == N()


def test_a_corrected_spelling_replaces_the_text_of_the_other_side() -> None:
    assert merge(N("Mary", "Smith"), known="mary smith") == "Mary Smith"
    assert merge(N("Smith", "John"), known="John Smith") == "Smith John"
    assert merge(N("Mary Jane", "O'Neil"), known="O'Neil,  Mary Jane") == "O'Neil, Mary Jane"
    assert merge(N("Mary Jane", "Smith"), known="O'Neil, Mary Jane") == "Mary Jane Smith"
