"""The graph of models: foreign keys point down a floor or stay in their app, the firm leads, nothing leaks back."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import models

ROOT = Path(__file__).resolve().parents[2]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
LAYERS = next(contract["layers"] for contract in CONTRACTS if contract["id"] == "floors")
FLOOR = {room.strip(" ()"): -depth for depth, floor in enumerate(LAYERS) for room in floor.split("|")}
HOUSE = [model for model in apps.get_models() if model.__module__.startswith("instep.")]
FIRM = apps.get_model("identity", "Firm")
USER = apps.get_model(settings.AUTH_USER_MODEL)
# The three that are of the installation, each for its reason; a fourth needs a decision.
OF_THE_INSTALLATION = {
    FIRM: "a firm is no row of a firm",
    USER: "a person may belong to several firms: the membership says which",
    apps.get_model("tasks", "Executor"): "a worker serves every firm",
}
FIRM_ROWS = [model for model in HOUSE if model not in OF_THE_INSTALLATION]


def _room(model: type[models.Model]) -> str:
    return model.__module__.split(".")[1]


def _links(model: type[models.Model]) -> Iterator[models.ForeignKey]:
    """The foreign and one-to-one keys that this model itself stores."""
    return (found for found in model._meta.local_fields if isinstance(found, models.ForeignKey))


def _names(model: type[models.Model]) -> str:
    return model._meta.label


def test_the_house_has_models_to_look_at() -> None:
    assert {"identity.Firm", "audit.AuditEntry"} <= {model._meta.label for model in HOUSE}


@pytest.mark.parametrize("model", HOUSE, ids=_names)
def test_foreign_keys_point_down_a_floor_or_stay_on_it(model: type[models.Model]) -> None:
    upward = [
        f"{model._meta.label}.{link.name} -> {link.related_model._meta.label}"
        for link in _links(model)
        if link.related_model in HOUSE
        and _room(link.related_model) != _room(model)
        and FLOOR[_room(link.related_model)] >= FLOOR[_room(model)]
    ]
    assert upward == []


def test_apps_do_not_point_at_each_other_in_a_circle() -> None:
    points = {
        (model._meta.app_label, link.related_model._meta.app_label)
        for model in HOUSE
        for link in _links(model)
        if link.related_model._meta.app_label != model._meta.app_label
    }
    while leaves := {at for at, _ in points} | {to for _, to in points}:
        ends = leaves - {at for at, _ in points}
        assert ends, f"a circle of foreign keys among {sorted(leaves)}"
        points = {(at, to) for at, to in points if to not in ends}


@pytest.mark.parametrize("model", HOUSE, ids=_names)
def test_no_reverse_name_leaks_into_the_model_pointed_at(model: type[models.Model]) -> None:
    leaking = [link.name for link in _links(model) if not link.remote_field.hidden]
    assert leaking == [], 'say related_name="+"'


@pytest.mark.parametrize("model", HOUSE, ids=_names)
def test_a_table_has_no_column_that_sqlite_would_keep_as_a_float(model: type[models.Model]) -> None:
    columns = [
        column.name
        for column in model._meta.local_fields
        if isinstance(column, models.DecimalField | models.FloatField)
    ]
    assert columns == []


@pytest.mark.parametrize("model", HOUSE, ids=_names)
def test_no_table_is_made_unseen_for_a_many_to_many(model: type[models.Model]) -> None:
    unseen = [
        relation.name
        for relation in model._meta.local_many_to_many
        if relation.remote_field.through._meta.auto_created and relation.related_model in HOUSE
    ]
    assert unseen == [], "write the table between as a model: it needs its firm"


@pytest.mark.parametrize("model", FIRM_ROWS, ids=_names)
def test_every_row_has_its_firm(model: type[models.Model]) -> None:
    firm = model._meta.get_field("firm")
    assert firm.related_model is FIRM
    assert firm.remote_field.on_delete is models.PROTECT


@pytest.mark.parametrize("model", FIRM_ROWS, ids=_names)
def test_the_firm_leads_every_unique_constraint(model: type[models.Model]) -> None:
    unled = [column.name for column in model._meta.local_fields if column.unique and not column.primary_key]
    unled += [
        constraint.name
        for constraint in model._meta.constraints
        if isinstance(constraint, models.UniqueConstraint)
        and _leader(constraint) != "firm"
        and constraint.condition != models.Q(firm__isnull=True)  # rows of the system itself
    ]
    assert unled == []
    assert not model._meta.unique_together


@pytest.mark.parametrize("model", FIRM_ROWS, ids=_names)
def test_the_firm_leads_every_index_but_those_of_queues_and_of_the_door(model: type[models.Model]) -> None:
    unled = [
        column.name
        for column in model._meta.local_fields
        if column.db_index and not isinstance(column, models.ForeignKey)
    ]
    # A worker asks for what waits in all firms: such an index begins with the state. The door asks which firms a person
    # has, before there is a firm: such an index begins with the user.
    unled += [index.name for index in model._meta.indexes if _leader(index) not in {"firm", "state", "user"}]
    assert unled == []


def _leader(rule: models.UniqueConstraint | models.Index) -> str:
    """The first column of a constraint or index: of its fields, else of its expressions."""
    if rule.fields:
        return str(rule.fields[0])
    first = rule.expressions[0]
    while not hasattr(first, "name"):
        first = first.get_source_expressions()[0]
    return str(first.name)


@pytest.mark.parametrize("model", FIRM_ROWS, ids=_names)
def test_a_row_of_a_firm_points_at_rows_of_firms_the_firm_itself_or_a_person(model: type[models.Model]) -> None:
    outside = [link.name for link in _links(model) if link.related_model not in {*FIRM_ROWS, FIRM, USER}]
    assert outside == []


@pytest.mark.parametrize("model", HOUSE, ids=_names)
def test_keys_are_big_and_whole(model: type[models.Model]) -> None:
    key = model._meta.pk
    assert isinstance(key, models.BigAutoField | models.OneToOneField)
