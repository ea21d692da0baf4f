"""An office at work: statuses, a handler, and organisations at every stage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from instep.crm.actions.organisations import create_organisation
from instep.crm.models import Organisation
from instep.crm.states import Stage
from instep.jobs.actions.jobs import create_job
from instep.jobs.actions.statuses import create_default_statuses
from instep.jobs.models import Job, JobStatus
from instep.staff.actions.resources import create_staff
from instep.staff.models import StaffResource
from tests.cast import Cast


@dataclass(frozen=True)
class Office:
    """Banksia & Bell with Hana, who handles, and an organisation at each stage."""

    cast: Cast
    hana: StaffResource
    at: dict[Stage, Organisation]
    statuses: dict[str, JobStatus]

    @property
    def client(self) -> Organisation:
        """The organisation that is a client; Hana is its default handler."""
        return self.at[Stage.CLIENT]

    def job(self, name: str = "Library", **values: Any) -> Job:
        """A job of the client, made by Bo."""
        return create_job(by=self.cast.bo, **{"name": name, "client": self.client.pk, **values}).sure()


@pytest.fixture
def office(cast: Cast) -> Office:
    """The office, ready for work."""
    statuses = create_default_statuses(cast.firm, by=cast.ada)
    hana = create_staff(first_name="Hana", last_name="Lee", by=cast.bo).sure()
    at = {
        stage: create_organisation(
            name=f"{stage.value.title()} Co",
            stage=stage,
            code="CLI" if stage is Stage.CLIENT else "",
            default_handler=hana.pk,
            by=cast.bo,
        ).sure()
        for stage in Stage
    }
    return Office(cast, hana, at, {status.key: status for status in statuses})
