"""Cy on the staff with rates, a client with a job of two phases."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from instep.costs.actions.rates import set_staff_rate
from instep.jobs.actions.phases import add_phase
from instep.jobs.models import Phase
from instep.staff.actions.resources import create_staff
from instep.staff.models import StaffResource
from tests.web.records.world import World

MONDAY = dt.date(2026, 3, 23)


@dataclass
class Desk:
    """Who is at work, and what on."""

    world: World
    cy: StaffResource
    design: Phase
    hourly: Phase


@pytest.fixture
def desk(world: World) -> Desk:
    """Made through actions; Cy costs 40 and should bring 100 an hour."""
    by = world.cast.ada
    cy = create_staff(by=by, first_name="Cy", last_name="Okafor", user=world.cast.users["cy"].pk).sure()
    set_staff_rate(cy.pk, by=by, effective_on=dt.date(2025, 1, 1), cost_rate=40, charge_rate=100)
    hourly = add_phase(world.job.pk, by=by, name="On site", fee_type="hourly")
    return Desk(world, cy, world.phase, hourly)


def cells(desk: Desk, *typed: tuple[int, int, str], **more: Any) -> dict[str, Any]:
    """A form of (row, day, text) cells: row 0 is the design, row 1 the hours on site."""
    said: dict[str, Any] = {"week": MONDAY.isoformat(), "staff": desk.cy.pk, **more}
    for row, phase in enumerate((desk.design, desk.hourly)):
        if any(each[0] == row for each in typed):
            said |= {f"row.{row}.phase": phase.pk, f"row.{row}.description": f"Text {row}"}
    return said | {f"t.{row}.{day}": text for row, day, text in typed}


@pytest.fixture
def cy(signed_in: Callable[[str], Client]) -> Client:
    """Cy's browser."""
    return signed_in("cy")
