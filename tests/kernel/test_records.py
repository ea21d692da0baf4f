"""The record kinds and the canonical form of their values."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instep.kernel.errors import BadValue
from instep.kernel.ids import canonical_json
from instep.kernel.records.contact import CONTACT
from instep.kernel.records.credit_note import CREDIT_ALLOCATION, CREDIT_NOTE
from instep.kernel.records.invoice import INVOICE
from instep.kernel.records.item import ITEM
from instep.kernel.records.kinds import FieldType, Kind, RecordField, canon, samples
from instep.kernel.records.organisation import ORGANISATION
from instep.kernel.records.payment import PAYMENT
from instep.kernel.records.project import JOB
from instep.kernel.records.staff import STAFF
from tests.kernel.strategies import json_values, quick

KINDS = (ORGANISATION, CONTACT, STAFF, JOB)
DOCUMENTS = (ITEM, INVOICE, CREDIT_NOTE, CREDIT_ALLOCATION, PAYMENT)


def au(type_: FieldType, value: object) -> object:
    return canon(type_, value, region="AU", country="AU")


@pytest.mark.capability("X-12")
@pytest.mark.parametrize("type_", FieldType)
@quick
@given(data=st.data())
def test_the_canonical_form_is_json_and_its_own_canonical_form(type_: FieldType, data: st.DataObject) -> None:
    value = data.draw(json_values[type_])
    once = au(type_, value)
    assert au(type_, once) == once
    assert json.loads(canonical_json(once)) == once


@pytest.mark.parametrize("type_", FieldType)
def test_none_and_empty_are_none_but_no_flag_is_false(type_: FieldType) -> None:
    nothing = False if type_ is FieldType.FLAG else None
    empties = {FieldType.MONEY: {}, FieldType.NAME: {"first": " ", "last": ""}, FieldType.REF: None, FieldType.ROWS: []}
    assert au(type_, None) is nothing
    assert au(type_, empties.get(type_, "")) is nothing


@pytest.mark.parametrize("type_", FieldType)
def test_samples_hold_none_and_something_and_each_has_a_canonical_form(type_: FieldType) -> None:
    values = samples(type_)
    assert None in values
    forms = [au(type_, v) for v in values]
    assert [au(type_, f) for f in forms] == forms
    assert len({canonical_json(f) for f in forms}) > 1


def test_zero_is_a_value() -> None:
    assert au(FieldType.MONEY, {"minor": 0, "currency": " aud "}) == {"minor": 0, "currency": "AUD"}
    assert au(FieldType.WHOLE, 0) == 0
    assert au(FieldType.TEXT, 0) == "0"


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        *((t, v) for t in (FieldType.TEXT, FieldType.PHONE, FieldType.DATE) for v in (1.5, True, ["x"], {"a": 1})),
        *((FieldType.MONEY, v) for v in (12, "12.00", {"minor": 1.5, "currency": "AUD"}, {"minor": True})),
        (FieldType.MONEY, {"minor": 1, "currency": 36}),
        *((FieldType.NAME, v) for v in ("Mary O'Neil", {"first": 1, "last": "x"}, {"first": "x", "last": []})),
        *((FieldType.FLAG, v) for v in ("false", [], 0.0)),
        *((t, v) for t in (FieldType.WHOLE, FieldType.REF) for v in (1.0, True, [])),
        (FieldType.WHOLE, "1"),
    ],
)
def test_a_value_of_another_shape_is_refused(type_: FieldType, value: object) -> None:
    with pytest.raises(BadValue):
        au(type_, value)


@pytest.mark.parametrize("kind", [*KINDS, *DOCUMENTS], ids=lambda k: k.key)
def test_a_kind_finds_its_fields_by_name_and_refers_only_to_kinds(kind: Kind) -> None:
    assert [kind.field(n) for n in kind.names] == list(kind.fields)
    assert kind not in KINDS or kind.field("name").required
    refs = {f.ref for field in kind.fields for f in (field, *field.row) if f.ref}
    assert refs <= {k.key for k in (*KINDS, *DOCUMENTS)}
    with pytest.raises(KeyError):
        kind.field("shoe_size")


def test_a_kind_with_a_field_twice_or_a_reference_to_nothing_cannot_be_made() -> None:
    name = RecordField("name", FieldType.TEXT, "Name")
    with pytest.raises(ValueError, match="two fields"):
        Kind("thing", "Thing", (name, name))
    with pytest.raises(ValueError, match="reference"):
        RecordField("owner", FieldType.REF, "Owner")
    with pytest.raises(ValueError, match="reference"):
        RecordField("owner", FieldType.TEXT, "Owner", ref="staff")
    with pytest.raises(ValueError, match="rows"):
        RecordField("lines", FieldType.ROWS, "Lines")
