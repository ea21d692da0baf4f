"""What Hypothesis draws for the ground floor: awkward texts, names, amounts and JSON values of every field type."""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from instep.kernel.money import Money
from instep.kernel.names import PersonName
from instep.kernel.records.kinds import FieldType

quick = settings(max_examples=150, deadline=None)
"""No deadline: the first telephone number of a region loads its rules."""

any_text = st.text(max_size=40) | st.text(st.characters(exclude_categories=()), max_size=12)  # lone surrogates too
phone_text = st.text("0123456789 +()-/.;,x#extWZ", max_size=20)
url_text = st.tuples(
    st.sampled_from(["", "http://", "HTTPS://", "http://https://", "//", "ftp://", "Mailto:"]),
    st.text("aZ/.?#@: =%é", max_size=20),
).map("".join)
tax_text = st.tuples(st.sampled_from(["", "ABN ", "GB", "VAT ", "IRD", "abn"]), st.text("0189 -Xß٣", max_size=12)).map(
    "".join
)

_word = st.sampled_from(
    ["Mary", "Jane", "mary", "O'Neil", "van", "der", "Van", "Berg", "Lee", "Jr", "St.", "Zoë", "李", "al", "Cher"]
) | st.text("abcÀß-'.", min_size=1, max_size=6)
_part = st.lists(_word, max_size=3).map(" ".join)
person_names = st.builds(PersonName, _part, _part)

currencies = st.sampled_from(["AUD", "GBP", "JPY", "KWD", "CLF"])
moneys = st.builds(Money.from_minor, st.integers(-(10**12), 10**12), currencies)

_TEXTUAL: dict[FieldType, st.SearchStrategy[Any]] = {
    FieldType.TEXT: any_text,
    FieldType.MULTILINE: any_text | st.text("ab \t\r\n\x0b\x85\u2028\xa0", max_size=12),
    FieldType.PHONE: any_text | phone_text,
    FieldType.URL: any_text | url_text,
    FieldType.EMAIL: any_text | st.emails(),
    FieldType.TAX_NUMBER: any_text | tax_text,
    FieldType.CHOICE: any_text,
    FieldType.DATE: any_text | st.dates().map(str),
    FieldType.NUMBER: any_text | st.decimals().map(str) | st.sampled_from(["1e999999999", " -0.50 ", "NaN", "1_0"]),
}
_OTHERS: dict[FieldType, st.SearchStrategy[Any]] = {
    FieldType.MONEY: st.fixed_dictionaries({"minor": st.integers(), "currency": currencies}),
    FieldType.NAME: st.fixed_dictionaries({"first": any_text, "last": any_text}),
    FieldType.FLAG: st.booleans(),
    FieldType.WHOLE: st.integers(),
    FieldType.REF: st.integers() | any_text,
    FieldType.ROWS: st.lists(st.dictionaries(any_text, any_text | st.integers() | st.none(), max_size=3), max_size=3),
}
json_values: dict[FieldType, st.SearchStrategy[Any]] = {
    **{t: st.none() | s | st.integers() for t, s in _TEXTUAL.items()},
    **{t: st.none() | s for t, s in _OTHERS.items()},
}
