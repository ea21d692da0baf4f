"""A small world to look at: a client with its people and work, a prospect, a lead, and how they stand with tiny+."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils import timezone

from instep.connect.models import Connection, Link, LinkState, Pair
from instep.crm.actions.contacts import create_contact
from instep.crm.actions.organisations import create_organisation
from instep.crm.models import Contact, Organisation
from instep.crm.states import Stage
from instep.jobs.actions.jobs import create_job
from instep.jobs.actions.parts import Party
from instep.jobs.actions.statuses import create_default_statuses
from instep.jobs.models import Job, JobParty, Phase
from instep.kernel.money import Money
from instep.staff.actions.resources import create_staff
from instep.staff.models import StaffResource
from tests.cast import Cast

KINDS = {"staff": "team-members", "organisation": "companies", "contact": "contacts", "job": "projects"}


@dataclass(frozen=True)
class World:
    """Records of Banksia & Bell."""

    cast: Cast
    handler: StaffResource
    client: Organisation
    prospect: Organisation
    lead: Organisation
    engineer: Organisation
    contact: Contact
    job: Job

    @property
    def phase(self) -> Phase:
        """The first phase of the job."""
        return Phase.objects.get(job=self.job, number=1)

    @property
    def party(self) -> JobParty:
        """The engineer at the job."""
        return JobParty.objects.get(job=self.job)


def build_world(cast: Cast) -> World:
    """All of it, made through actions."""
    create_default_statuses(cast.firm, by=cast.system)
    create_default_statuses(cast.other_firm, by=cast.odo)
    ada = cast.ada
    handler = create_staff(by=ada, first_name="Dimitra", last_name="Pappas", email="dimitra@bb.example").sure()
    client = create_organisation(
        by=ada, name="City of Yarra", stage=Stage.CLIENT, code="YARRA", default_handler=handler.pk, phone="03 9205 5555"
    ).sure()
    prospect = create_organisation(by=ada, name="Merri Creek Trust", stage=Stage.PROSPECT).sure()
    lead = create_organisation(by=ada, name="Bowls Club", stage=Stage.LEAD).sure()
    engineer = create_organisation(by=ada, name="Beam Engineers", stage=Stage.NONE, is_supplier=True).sure()
    contact = create_contact(
        by=ada, first_name="Mary Jane", last_name="O'Neil", email="mj@yarra.example", organisation=client.pk
    ).sure()
    job = create_job(
        by=ada,
        name="Library refurbishment",
        client=client.pk,
        status="active",
        fee=Money.from_minor(10_000_00, "AUD"),
        parties=[Party(engineer.pk, "consultant", "BE-17")],
    ).sure()
    return World(cast, handler, client, prospect, lead, engineer, contact, job)


def connect(cast: Cast) -> Connection:
    """A connection to tiny+ that carries all four kinds."""
    connection = Connection.objects.create(
        firm=cast.firm,
        provider="tinyplus",
        key="t1",
        tenant="1",
        title="tiny+",
        address="http://127.0.0.1:1",
        state="active",
        created_at=timezone.now(),
    )
    for rank, (kind, remote_type) in enumerate(KINDS.items()):
        Pair.objects.create(firm=cast.firm, connection=connection, kind=kind, remote_type=remote_type, rank=rank)
    return connection


def link(connection: Connection, kind: str, record_id: int, **changes: object) -> Link:
    """A record of ours as the engine leaves it when it is linked."""
    given: dict[str, object] = {
        "state": LinkState.LIVE,
        "remote_id": f"{kind}-{record_id}",
        "app_url": f"https://tiny.example/{KINDS[kind]}/{record_id}",
        "in_step_at": timezone.now() - dt.timedelta(minutes=3),
    }
    return Link.objects.create(
        firm=connection.firm,
        connection=connection,
        pair=Pair.objects.get(connection=connection, kind=kind),
        kind=kind,
        local_id=record_id,
        remote_type=KINDS[kind],
        **{**given, **changes},
    )
