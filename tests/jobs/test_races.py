"""Two people at the same moment."""

from __future__ import annotations

import pytest

from instep.crm.actions.organisations import create_organisation
from instep.crm.actions.stages import demote_organisation
from instep.crm.errors import CodeTaken, OpenWorkLeft
from instep.crm.models import Organisation
from instep.crm.states import Stage
from instep.jobs.actions.jobs import create_job, update_job
from instep.jobs.errors import ClientNeeded
from instep.jobs.models import Job
from instep.kernel.errors import Refusal, StaleVersion
from tests.base.threads import together
from tests.jobs.conftest import Office

pytestmark = pytest.mark.django_db(transaction=True)


def result(work: object) -> object:
    """What came of it: the type of the refusal, or None."""
    try:
        work()  # type: ignore[operator]
    except Refusal as refusal:
        return type(refusal)
    return None


def test_a_client_does_not_step_down_while_it_gets_a_live_job(office: Office) -> None:
    bo, handler = office.cast.bo, office.hana.pk
    for turn in range(8):
        client = create_organisation(name=f"Client {turn}", stage="client", code=f"T{turn}", by=bo).sure()
        values = {"name": "Live", "client": client.pk, "status": "active", "handler": handler}
        works = [
            lambda values=values: create_job(by=bo, **values),
            lambda client=client: demote_organisation(client.pk, to=Stage.PROSPECT, by=bo),
        ]
        done = together(2, lambda number, works=works: result(works[number]))
        assert done in ([None, OpenWorkLeft], [ClientNeeded, None])
        client.refresh_from_db()
        assert (client.stage == Stage.CLIENT) == Job.objects.filter(client=client).exists()


def test_one_code_one_version_and_no_number_twice(office: Office) -> None:
    bo = office.cast.bo
    made = together(
        4, lambda n: result(lambda: create_organisation(name=f"Co {n}", stage="client", code="SAME", by=bo))
    )
    assert sorted(made, key=str) == sorted([None, CodeTaken, CodeTaken, CodeTaken], key=str)
    assert Organisation.objects.filter(code="SAME").count() == 1
    job = office.job()
    saved = together(
        3, lambda n: result(lambda: update_job(job.pk, by=bo, changes={"name": f"N{n}"}, expected_version=1))
    )
    assert sorted(saved, key=str) == sorted([None, StaleVersion, StaleVersion], key=str)
    together(4, lambda n: office.job(f"Job {n}"))
    assert sorted(Job.objects.values_list("number", flat=True)) == [f"J000{n}" for n in range(1, 6)]
