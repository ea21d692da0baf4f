"""The words of a record, and the beginnings a search asks for."""

from __future__ import annotations

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from instep.base.records.word_rows import add_words, change_words
from instep.base.records.words import LONGEST, asked, ids_of_word, words_of
from instep.staff.models import StaffWord
from tests.cast import Cast


def test_parts_and_whole_runs_are_words() -> None:
    assert words_of(["PO-21671 (Belconnen)", None, ""]) == {"po-21671", "po", "21671", "belconnen"}
    assert words_of(["O’Néil & Sons"]) == {"oneil", "sons"}
    assert words_of(["jo@firm.example"]) == {"jo@firm.example", "jo", "firm", "example"}


def test_a_search_asks_for_at_most_eight_beginnings() -> None:
    assert asked(" Bel  (High) bel ") == ["bel", "high"]
    assert len(asked(" ".join(f"w{n}" for n in range(50)))) == 8
    assert asked("\0 ' () ") == []


@given(st.text(max_size=200))
def test_any_text_has_words_that_fit_and_is_found_by_what_it_says(text: str) -> None:
    words = words_of([text])
    assert all(word and len(word) <= LONGEST for word in words)
    for beginning in asked(text):
        if any(char.isalnum() for char in beginning):
            assert any(word.startswith(beginning) for word in words)


@pytest.mark.django_db
def test_a_beginning_is_answered_from_the_index(cast: Cast) -> None:
    firm_id = cast.firm.pk
    add_words(StaffWord, firm_id, "staff", {n: [f"word{n} 50%off a_b back\\slash"] for n in range(1, 300)})

    def found(beginning: str) -> set[int]:
        rows = ids_of_word(StaffWord, firm_id, "staff", beginning)
        return {row["record_id"] for row in rows}

    assert found("word29") == {29, *range(290, 300)}
    assert len(found("50%")) == len(found("a_b")) == len(found("back\\s")) == 299
    assert found("50_") == found("a%") == set()
    rows = ids_of_word(StaffWord, firm_id, "staff", "word29")
    if connection.vendor == "postgresql":
        # With so few rows PostgreSQL would rather read the table: ask whether the index can be used at all.
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE staff_staffword")
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
        assert "~>=~ 'word29'" in rows.explain()
    else:
        assert "word>? AND word<?" in rows.explain()


@pytest.mark.django_db
def test_changed_words_replace_the_old_ones_of_that_record_alone(cast: Cast) -> None:
    firm_id = cast.firm.pk
    add_words(StaffWord, firm_id, "staff", {1: ["one two"], 2: ["one"]})
    kept = StaffWord.objects.of(firm_id).get(record_id=1, word="two").pk
    change_words(StaffWord, firm_id, "staff", {1: ["two three"]})
    words = {row.word: row.pk for row in StaffWord.objects.of(firm_id).filter(record_id=1)}
    assert set(words) == {"two", "three"}
    assert words["two"] == kept
    assert StaffWord.objects.of(firm_id).filter(record_id=2).count() == 1
