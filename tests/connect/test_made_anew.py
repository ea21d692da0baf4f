"""Records that come back under another id: made anew after they were gone, or merged into another one (b.6, I13)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from instep.connect.actions.decisions import decide_held
from instep.connect.capability import CreateHandle
from instep.connect.models import JournalEntry, Link, LinkState
from instep.connect.protocols import RemoteRecord
from instep.connectors.tinyplus.connector import TinyPlus
from instep.crm.actions.organisations import remove_organisation, update_organisation
from instep.crm.models import Organisation
from tests.connect.rig import Rig
from tests.connect.test_gone_and_previews import names
from tests.connect.test_removals import archived, delete, several, tomorrow

pytestmark = pytest.mark.django_db


@pytest.mark.capability("A-32")
@pytest.mark.parametrize(
    ("how", "choice"),
    [("held", "create"), ("put away", "link"), ("unlinked", "link"), ("same cycle", "link"), ("same cycle", "create")],
)
def test_a_record_made_anew_there_is_proposed_as_the_one_that_was_lost(rig: Rig, how: str, choice: str) -> None:
    acme, _beta, _gamma = several(rig, 3, here="archive" if how == "put away" else "ask")
    delete(rig, acme)
    if how != "same cycle":
        tomorrow(rig)
    if how == "unlinked":
        decide_held(rig.link("organisation", acme.pk).pk, by=rig.ada, choice="unlink")
        rig.settle()
    anew = str(rig.seed(companies=[{"name": "ORG 00", "mobile": "0412 345 678"}])["companies"][0])
    tomorrow(rig)
    rig.settle()

    theirs = Link.objects.get(remote_id=anew)
    assert theirs.held_code == "relink"
    assert Organisation.objects.count() == 3, "no second one is made"
    decide_held(theirs.pk, by=rig.ada, choice=choice, local_id=acme.pk if choice == "link" else None)
    rig.settle()

    theirs.refresh_from_db()
    assert (theirs.state, theirs.held_code in ("", "conflict", "archived_here")) == (LinkState.LIVE, True)
    assert (theirs.local_id == acme.pk) == (choice == "link")
    assert Organisation.objects.count() == (3 if choice == "link" else 4)
    if choice == "link" and how != "put away":
        assert Organisation.objects.get(pk=acme.pk).mobile == "0412 345 678"
    assert rig.cycle().rows == 0


@pytest.mark.capability("A-32")
def test_a_record_made_anew_here_is_proposed_as_the_one_that_was_removed(rig: Rig) -> None:
    acme, _beta = several(rig, 2)
    remove_organisation(acme.pk, by=rig.ada)
    rig.settle()
    there = Link.objects.get(held_code="gone_here").remote_id or ""
    anew = rig.organisation("Org 00")
    rig.settle()

    link = rig.link("organisation", anew.pk)
    assert link.held_code == "relink"
    assert names(rig) == ["Org 00", "Org 01"]
    decide_held(link.pk, by=rig.ada, choice="link", remote_id=there)
    rig.settle()
    assert rig.link("organisation", anew.pk).remote_id == there
    assert names(rig) == ["Org 00", "Org 01"]
    assert rig.cycle().rows == 0


class Merging:
    """tiny+ says nothing of merges; a remote that does says of a record which one stands for it now."""

    def __init__(self, patch: pytest.MonkeyPatch, *, marks: bool = True) -> None:
        self.into: dict[str, str] = {}
        self.marks = marks
        page, record = TinyPlus.read_page, TinyPlus.read_record

        def read_page(connector: TinyPlus, remote_type: str, request: Any, reply: Any) -> Any:
            found = page(connector, remote_type, request, reply)
            return replace(found, records=[self.told(r) for r in found.records])

        patch.setattr(TinyPlus, "read_page", read_page)
        patch.setattr(TinyPlus, "read_record", lambda c, kind, ask, reply: self.told(record(c, kind, ask, reply)))

    def told(self, r: RemoteRecord) -> RemoteRecord:
        marker = r.marker if self.marks else None
        into = self.into.get(r.id) if r.type == "companies" else None
        return RemoteRecord(r.type, r.id, r.fields, r.version, r.stamp, r.created, marker, r.url, into)


@pytest.mark.capability("A-33")
def test_a_link_goes_with_the_record_that_theirs_was_merged_into(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    merging = Merging(monkeypatch)
    acme, _beta = several(rig, 2)
    lee = rig.contact("Lee", "Wong", organisation=acme.pk)
    rig.settle()
    link = rig.link("organisation", acme.pk)
    survivor = str(rig.seed(companies=[{"name": "Org 00 Pty Ltd", "mobile": "0412 345 678"}])["companies"][0])
    merging.into[link.remote_id or ""] = survivor
    rig.edit("companies", link.remote_id or "", website="merged.example")
    rig.wait(60)
    rig.settle()

    moved = rig.link("organisation", acme.pk)
    assert (moved.pk, moved.remote_id, moved.held_code) == (link.pk, survivor, "")
    assert Organisation.objects.count() == 2, "the record that stands for it is not taken over as a new one"
    acme.refresh_from_db()
    assert (acme.name, acme.mobile) == ("Org 00 Pty Ltd", "0412 345 678")
    update_organisation(acme.pk, by=rig.ada, changes={"phone": "03 9123 4567"})
    rig.settle()
    assert rig.record("companies", "Org 00 Pty Ltd")["office_phone"] == "03 9123 4567"
    assert str(rig.record("contacts", "Lee Wong")["primary_company"]) in (survivor, link.remote_id)
    assert rig.link("contact", lee.pk).held_code == ""
    assert JournalEntry.objects.get(op="move").remote_id == survivor
    assert rig.cycle().rows == 0


@pytest.mark.capability("A-33")
def test_two_of_ours_whose_counterparts_were_merged_are_proposed_for_merging_here(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    merging = Merging(monkeypatch)
    acme, beta, _gamma = several(rig, 3)
    theirs, survivor = (rig.link("organisation", each.pk).remote_id or "" for each in (acme, beta))
    merging.into[theirs] = survivor
    rig.edit("companies", theirs, website="merged.example")
    rig.wait(60)
    rig.settle()

    link = rig.link("organisation", acme.pk)
    assert link.held_code == "merged_there"
    assert "“Org 01”" in link.held_reason
    assert "Merge the two records here" in link.held_reason
    assert rig.link("organisation", beta.pk).held_code == ""
    decide_held(link.pk, by=rig.ada, choice="archive")
    rig.settle()
    assert archived(acme, beta) == [True, False]
    assert rig.cycle().rows == 0


@pytest.mark.capability("A-33")
def test_a_merge_into_what_may_be_our_own_creation_waits_until_that_is_known(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    merging = Merging(monkeypatch, marks=False)
    numbers = {name: replace(c, handle=CreateHandle.NONE) for name, c in TinyPlus.capabilities.items()}
    monkeypatch.setattr(TinyPlus, "capabilities", numbers)
    acme, _beta = several(rig, 2)
    link = rig.link("organisation", acme.pk)
    survivor = str(rig.seed(companies=[{"name": "Org 00 Pty Ltd"}])["companies"][0])
    merging.into[link.remote_id or ""] = survivor
    rig.edit("companies", link.remote_id or "", website="merged.example")
    rig.organisation("Quite new")
    rig.faults({"call": 1, "operation": "create companies", "do": "status", "status": 503})
    rig.wait(10)
    with monkeypatch.context() as patch:
        patch.setattr("instep.connect.plan.again._in_doubt", lambda *_: True)
        rig.cycle()
    waiting = rig.link("organisation", acme.pk)
    assert (waiting.state, waiting.held_code) == (LinkState.MERGE_WAIT, "merge_wait")
    assert waiting.remote_id == link.remote_id

    rig.late += timedelta(seconds=60)
    rig.wait(60)
    rig.settle()
    moved = rig.link("organisation", acme.pk)
    assert (moved.state, moved.remote_id, moved.held_code) == (LinkState.LIVE, survivor, "")
    assert "Quite new" not in names(rig)  # nothing says that it was not made: somebody is asked
    assert Organisation.objects.count() == 3
