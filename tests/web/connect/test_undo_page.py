"""Undoing a run by page and by command: the preview, the right to do it, the two runs that name each other."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import pytest
from django.urls import reverse

from instep.connect.models import Link, Plan, Run
from instep.crm.actions.organisations import update_organisation
from instep.crm.models import Organisation
from tests.cli.conftest import Said
from tests.web.connect.desk import Desk, readable

pytestmark = pytest.mark.django_db(transaction=True)


def changed(desk: Desk) -> Run:
    """A run that took two phones from there; one of them was edited here since."""
    for name in ("Acme", "Beta"):
        desk.rig.organisation(name, phone="03 9000 0000")
    desk.linked()
    for name, phone in (("Acme", "03 9123 4567"), ("Beta", "03 9222 2222")):
        desk.rig.edit("companies", desk.rig.record("companies", name)["id"], office_phone=phone)
    desk.cycle()
    beta = Organisation.objects.get(name="Beta")
    update_organisation(beta.pk, by=desk.rig.ada, changes={"phone": "03 9777 7777"})
    return Run.objects.order_by("-id")[0]


@pytest.mark.capability("X-16", "X-17")
def test_a_run_is_undone_after_a_look_at_what_that_does(desk: Desk, instep: Callable[..., Said]) -> None:
    run = changed(desk)
    page, make = reverse("connect:undo", args=[run.pk]), reverse("connect:undo_start", args=[run.pk])
    assert "Undo this run" in desk.text(reverse("connect:run", args=[run.pk]))
    assert desk.as_user("cy").post(make).status_code == 403
    outsider = desk.as_user("odo")
    assert [outsider.get(page).status_code, outsider.post(make).status_code] == [404, 404]

    desk.ada.post(make)
    assert "Making a preview" in desk.text(page)
    desk.work()
    shown = desk.ada.get(page)
    text = readable(shown)
    assert "1 row is left as it is" in text
    assert "Phone: changed here since the run wrote it, so it stays as it is." in text
    assert [(row.title, [(c.before, c.after) for c in row.changes]) for row in shown.context["rows"]] == [
        ("Beta", [("03 9222 2222", "03 9777 7777")]),
        ("Acme", [("03 9123 4567", "03 9000 0000")]),
    ]
    [only] = desk.ada.get(f"{page}?where=left").context["rows"]
    assert (only.title, only.before, only.after) == ("Beta", "The run wrote", "Now")
    assert desk.ada.get(desk.url("preview")).context["plan"] is None, "it is no preview of the connection"

    [plan] = Plan.objects.filter(undoes=run.pk)
    desk.ada.post(reverse("connect:undo_approve", args=[run.pk]), {"plan": plan.pk})
    assert "Approved, exactly as it was shown" in desk.text(page)
    desk.rig.cycle()

    assert Organisation.objects.get(name="Acme").phone == "03 9000 0000"
    undoing = Run.objects.get(plan=plan)
    assert f"Run {undoing.pk} took back what it wrote" in desk.text(reverse("connect:run", args=[run.pk]))
    told = desk.text(reverse("connect:run", args=[undoing.pk]))
    assert f"Takes back Run {run.pk}" in told
    assert "1 changed in Instep" in told
    assert desk.ada.get(page).url == reverse("connect:run", args=[undoing.pk])
    again = instep("connect", "undo", run.pk, "--json")
    assert (again.code, again.json["error"]["code"]) == (1, "already_undone")

    desk.cycle()
    shown_by_command = instep("connect", "undo", undoing.pk)
    assert shown_by_command.code == 0, shown_by_command.out
    assert "phone: 03 9000 0000 -> 03 9123 4567" in shown_by_command.out
    assert Organisation.objects.get(name="Acme").phone == "03 9000 0000", "nothing was written"
    done = instep("connect", "undo", undoing.pk, "--yes", "--json")
    assert (done.code, done.json["state"], done.json["counts"]) == (0, "applied", {"applied": 1})
    assert Organisation.objects.get(name="Acme").phone == "03 9123 4567"
    parted = Link.objects.get(kind="organisation", label="Acme")
    Link.objects.filter(pk=parted.pk).update(
        state="held", held_code="ignored", held_at=desk.rig.clock(), decision={"choice": "ignore", "undone": run.pk}
    )
    assert "On both sides, not linked" in desk.text(f"{desk.url('held')}?view=left_out")
    assert "Link the two again" in desk.text(f"{desk.url('held')}?view=left_out")
    journal = instep("connect", "journal", run.pk, "--json")
    assert [entry["undone_by"] for entry in journal.json["entries"]] == [None, None], "and so it stands again"


def test_a_worker_knows_how_to_plan_an_undo() -> None:
    code = "import django; django.setup(); from instep.base.tasks.registry import task_names; print(*task_names())"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ})
    assert "connect.undo" in told.stdout.split()
