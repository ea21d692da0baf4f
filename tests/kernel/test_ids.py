"""Fingerprints: equal values, equal hashes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from types import MappingProxyType
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instep.kernel.ids import canonical_json, fingerprint
from instep.kernel.records.kinds import FieldType
from tests.kernel.strategies import any_text, quick

values = st.recursive(
    st.none() | st.booleans() | st.integers() | any_text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(any_text, inner, max_size=4),
    max_leaves=12,
)


@quick
@given(a=st.dictionaries(any_text, values, max_size=5), b=values)
def test_the_order_of_keys_does_not_matter_and_every_value_does(a: dict[str, object], b: object) -> None:
    assert fingerprint(dict(reversed(a.items()))) == fingerprint(a)
    assert (fingerprint(a) == fingerprint({**a, "new": b})) == (a.get("new", a) == b and "new" in a)
    assert canonical_json(a).isascii()


def test_the_form_is_fixed_since_it_is_stored() -> None:
    value = {"b": (1, None, True), "a": {"é": "\ud800"}, "c": FieldType.TEXT}
    assert canonical_json(value) == '{"a":{"\\u00e9":"\\ud800"},"b":[1,null,true],"c":"text"}'
    assert fingerprint({}) == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    assert fingerprint([1, "1"]) != fingerprint(["1", 1])


def test_dates_decimals_and_read_only_mappings_have_a_form_and_other_objects_none() -> None:
    plain = MappingProxyType({"on": date(2026, 3, 31), "fee": Decimal("1.50"), "id": UUID(int=1)})
    assert canonical_json(plain) == '{"fee":"1.50","id":"00000000-0000-0000-0000-000000000001","on":"2026-03-31"}'
    for wrong in ({1, 2}, object(), b"x"):
        with pytest.raises(TypeError):
            fingerprint(wrong)
    with pytest.raises(ValueError, match="JSON"):
        fingerprint(float("nan"))
