"""The page of a job: status, phases and fees, parties, fields, history."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from instep.jobs.actions.jobs import create_job
from instep.jobs.models import Job, JobParty, Phase
from instep.kernel.money import Money
from tests.web.records.world import World

HTMX = {"HX-Request": "true"}
BESIDE = {"HX-Request": "true", "HX-Target": "act"}


def toast_of(answer: Any) -> dict[str, Any]:
    """The last toast that an answer to htmx brings."""
    return json.loads(answer.headers["HX-Trigger"])["toast"]["toasts"][-1]


def moves(client: Client, job: Job) -> list[str]:
    """The statuses that the page offers."""
    return [move.name for move in client.get(f"/jobs/{job.pk}/").context["moves"]]


# --- status ----------------------------------------------------------------------------------------------------------


@pytest.mark.capability("T-01")
def test_only_the_moves_that_are_allowed_are_offered(world: World, ada: Client) -> None:
    assert moves(ada, world.job) == [
        *("Proposal", "Won", "Pending invoice", "On hold", "Lost", "Cancelled", "Complete"),
    ]
    proposal = create_job(by=world.cast.ada, name="Walk", client=world.prospect.pk, handler=world.handler.pk).sure()
    assert moves(ada, proposal) == ["Won", "Active", "On hold", "Lost", "Cancelled"]
    page = ada.get(f"/jobs/{world.job.pk}/").content.decode()
    assert "Active: takes time and invoices" in page


@pytest.mark.capability("T-01")
def test_a_status_changes_by_one_press_and_goes_back_by_undo(world: World, ada: Client) -> None:
    done = ada.post(f"/jobs/{world.job.pk}/status/?to=on_hold", headers=BESIDE)
    assert done.status_code == 204
    assert toast_of(done)["text"] == "Library refurbishment is now: On hold."
    undo = toast_of(done)["action"]
    assert undo["label"] == "Back to Active"
    assert ada.post(undo["url"], headers=HTMX).status_code == 204
    world.job.refresh_from_db()
    assert world.job.status.key == "active"
    assert "Status: On hold → Active" in ada.get(f"/jobs/{world.job.pk}/").content.decode()


@pytest.mark.capability("T-01")
def test_what_is_lost_says_why_first(world: World, ada: Client) -> None:
    address = f"/jobs/{world.job.pk}/status/?to=lost"
    assert "takes neither time nor invoices" in ada.get(address, headers=BESIDE).content.decode()
    silent = ada.post(address, {"reason": " "}, headers=BESIDE)
    assert silent.status_code == 422
    assert "It cannot be empty." in silent.content.decode()
    assert ada.post(address, {"reason": "Went to a friend"}, headers=BESIDE).status_code == 204
    page = ada.get(f"/jobs/{world.job.pk}/").content.decode()
    assert "Why it was closed" in page
    assert "Went to a friend" in page


@pytest.mark.capability("E-13", "E-36")
def test_live_work_for_a_prospect_is_refused_with_the_step_that_clears_the_way(world: World, ada: Client) -> None:
    job = create_job(by=world.cast.ada, name="Walk", client=world.prospect.pk, handler=world.handler.pk).sure()
    refused = ada.post(f"/jobs/{job.pk}/status/?to=active", headers=BESIDE)
    assert refused.status_code == 422
    said = refused.content.decode()
    assert "Merri Creek Trust is a prospect, not a client." in said
    assert f'hx-get="/organisations/{world.prospect.pk}/promote/"' in said
    assert "Make Merri Creek Trust a client" in said
    ada.post(f"/organisations/{world.prospect.pk}/promote/", {"client_code": "MCT"}, headers=BESIDE)
    assert ada.post(f"/jobs/{job.pk}/status/?to=active", headers=BESIDE).status_code == 204
    assert Phase.objects.get(job=job).status == "live"


def test_going_live_offers_no_way_back_that_would_lose_something(world: World, ada: Client) -> None:
    job = create_job(by=world.cast.ada, name="Walk", client=world.client.pk).sure()
    assert "action" not in toast_of(ada.post(f"/jobs/{job.pk}/status/?to=active", headers=HTMX))


def test_a_status_that_cannot_be_is_a_sentence_or_a_404(world: World, ada: Client) -> None:
    proposal = create_job(by=world.cast.ada, name="Walk", client=world.client.pk).sure()
    refused = ada.post(f"/jobs/{proposal.pk}/status/?to=complete", headers=HTMX)
    assert refused.status_code == 409
    assert "This is proposal" in toast_of(refused)["text"]
    assert ada.post(f"/jobs/{proposal.pk}/status/?to=heaven", headers=HTMX).status_code == 404


# --- phases and fees -------------------------------------------------------------------------------------------------


@pytest.mark.capability("T-02", "A-14", "E-32")
def test_phases_of_every_fee_type_are_added_and_make_the_fee(world: World, ada: Client) -> None:
    address = f"/jobs/{world.job.pk}/phases/new/"
    assert "Add a stage" in ada.get(address, headers=BESIDE).content.decode()
    rows = [
        {"name": "Design", "fee_type": "percent", "percent": "7.5 %", "contract": "$200,000", "fee": "99"},
        {"name": "Documents", "fee_type": "capped", "fee": "24 000.50", "handler": world.handler.pk},
        {"name": "On site", "fee_type": "hourly", "fee": "12"},
        {"name": "Model", "fee_type": "no_billing"},
    ]
    for row in rows:
        assert ada.post(address, row, headers=BESIDE).status_code == 204
    page = ada.get(f"/jobs/{world.job.pk}/").content.decode()
    for said in ("Fixed fee", "Percent of contract", "7.5 % of $200,000.00", "15,000.00", "Capped rates", "24,000.50"):
        assert said in page
    assert "$49,000.50" in page
    assert "Fee: $25,000.00 → $49,000.50" in page  # in the history
    assert Phase.objects.get(job=world.job, name="On site").fee_minor is None


def test_a_refused_phase_keeps_what_was_typed(world: World, ada: Client) -> None:
    address = f"/jobs/{world.job.pk}/phases/new/"
    for given, place in (
        ({"name": "", "fee_type": "fixed", "fee": "12"}, "name"),
        ({"name": "A", "fee_type": "fixed", "fee": "a lot"}, "fee"),
        ({"name": "A", "fee_type": "fixed", "fee": "-5"}, "fee"),
        ({"name": "A", "fee_type": "percent", "percent": "much"}, "percent"),
        ({"name": "A", "fee_type": "percent", "percent": "7.12345", "contract": "1"}, "percent"),
        ({"name": "A", "fee_type": "fixed", "handler": "999999"}, "handler"),
    ):
        refused = ada.post(address, given, headers=BESIDE)
        assert refused.status_code == 422
        assert refused.context["form"].errors.keys() == {place}, given
        if "fee" in given:
            assert f'value="{given["fee"]}"' in refused.content.decode()
    assert Phase.objects.filter(job=world.job).count() == 1


@pytest.mark.capability("T-02")
def test_a_phase_is_changed_and_moved_through_its_states(world: World, ada: Client) -> None:
    phase = world.phase
    address = f"/jobs/{world.job.pk}/phases/{phase.pk}/"
    form = ada.get(address, headers=BESIDE).content.decode()
    assert 'value="10,000.00"' in form
    given = {"name": "Concept", "fee_type": "fixed", "fee": "12,500"}
    assert toast_of(ada.post(address, given, headers=BESIDE))["text"] == "Stage Concept changed."
    phase.refresh_from_db()
    assert (phase.name, phase.fee) == ("Concept", Money.from_minor(12_500_00, "AUD"))
    moved = ada.post(f"{address}move/?to=complete", headers=HTMX)
    assert toast_of(moved)["text"] == "Concept is now: Complete."
    assert ada.post(toast_of(moved)["action"]["url"], headers=HTMX).status_code == 204
    phase.refresh_from_db()
    assert phase.status == "live"
    closed = ada.post(f"{address}move/?to=closed", headers=HTMX)
    assert closed.status_code == 409
    assert "Only a final invoice closes this" in toast_of(closed)["text"]
    assert ada.post(f"{address}move/?to=nowhere", headers=HTMX).status_code == 404


def test_a_phase_of_another_job_is_not_found_under_this_one(world: World, ada: Client) -> None:
    other = create_job(by=world.cast.ada, name="Walk", client=world.client.pk).sure()
    for address in (f"/jobs/{other.pk}/phases/{world.phase.pk}/", f"/jobs/{other.pk}/phases/{world.phase.pk}/move/"):
        assert ada.post(f"{address}?to=complete", {"name": "X", "fee_type": "fixed"}).status_code == 404
    assert ada.post(f"/jobs/{other.pk}/parties/{world.party.pk}/remove/").status_code == 404


# --- parties ---------------------------------------------------------------------------------------------------------


def test_parties_are_added_once_a_role_taken_away_and_put_back(world: World, ada: Client) -> None:
    page = ada.get(f"/jobs/{world.job.pk}/").content.decode()
    assert "Beam Engineers" in page
    assert "BE-17" in page
    address = f"/jobs/{world.job.pk}/parties/new/"
    given = {"organisation": world.engineer.pk, "role": "consultant"}
    twice = ada.post(address, given, headers=BESIDE)
    assert twice.status_code == 422
    assert "Beam Engineers already is consultant" in twice.content.decode()
    given |= {"role": "supplier", "reference": "S-1"}
    assert ada.post(address, given, headers=BESIDE).status_code == 204
    gone = ada.post(_consultant(world), headers=HTMX)
    assert JobParty.objects.filter(job=world.job).count() == 1
    assert ada.post(toast_of(gone)["action"]["url"], headers=HTMX).status_code == 204
    kept = JobParty.objects.filter(job=world.job).order_by("role").values_list("role", "reference")
    assert list(kept) == [("consultant", "BE-17"), ("supplier", "S-1")]


def _consultant(world: World) -> str:
    party = JobParty.objects.get(job=world.job, role="consultant")
    return f"/jobs/{world.job.pk}/parties/{party.pk}/remove/"


# --- fields ----------------------------------------------------------------------------------------------------------


def test_fields_of_every_type_are_edited_in_place(world: World, ada: Client) -> None:
    def save(name: str, **given: Any) -> Any:
        version = Job.objects.get(pk=world.job.pk).version
        return ada.post(f"/jobs/{world.job.pk}/field/{name}/", {"version": version, **given}, headers=HTMX)

    assert save("name", value="Reading rooms").status_code == 200
    assert save("starts_on", value="2026-03-31").status_code == 200
    assert save("client", value=world.prospect.pk).status_code == 409  # live work needs a client
    assert save("handler", value="").status_code == 422
    assert save("ends_on", value="2026-01-01").status_code == 422
    assert save("ends_on", value="soon").status_code == 422
    assert save("scope", value="Two rooms\nNo façade").status_code == 200
    assert save("number", value="").status_code == 422
    assert save("number", value="2231").status_code == 200
    page = ada.get(f"/jobs/{world.job.pk}/").content.decode()
    for said in ("Reading rooms", "31 Mar 2026", "No façade", "2231"):
        assert said in page


def test_a_number_is_for_who_may_change_numbers(world: World, ada: Client) -> None:
    assert "/field/number/?edit=1" in ada.get(f"/jobs/{world.job.pk}/").content.decode()


@pytest.mark.capability("E-23", "E-32")
def test_a_new_job_copies_the_clients_handler_and_begins_with_one_phase(world: World, ada: Client) -> None:
    form = ada.get(f"/jobs/new/?client={world.client.pk}")
    assert 'value="City of Yarra"' in form.content.decode()
    given = {"name": "Depot roof", "client": world.client.pk, "status": "active", "fee": "$5,500"}
    answer = ada.post("/jobs/new/", given, follow=True)
    made = Job.objects.get(name="Depot roof")
    assert answer.redirect_chain == [(f"/jobs/{made.pk}/", 302)]
    assert made.handler == world.handler
    assert Phase.objects.get(job=made).fee == Money.from_minor(5_500_00, "AUD")
    assert f"Created {made.number} Depot roof." in answer.content.decode()


@pytest.mark.capability("E-13", "E-28", "E-36")
def test_a_new_job_that_the_clients_stage_forbids_keeps_everything_and_offers_the_step(
    world: World, ada: Client
) -> None:
    given = {"name": "Walk", "client": world.prospect.pk, "status": "active", "fee": "12", "handler": world.handler.pk}
    refused = ada.post("/jobs/new/", given)
    assert refused.status_code == 422
    said = refused.content.decode()
    for kept in ('value="Walk"', 'value="Merri Creek Trust"', 'value="12"', 'value="Dimitra Pappas"'):
        assert kept in said
    assert "Make Merri Creek Trust a client" in said
    given["client"] = world.lead.pk
    given["status"] = "proposal"
    lead = ada.post("/jobs/new/", given).content.decode()
    assert "an opportunity needs a prospect or a client" in lead
    assert f"/organisations/{world.lead.pk}/step-up/?to=prospect" in lead
    assert not Job.objects.filter(name="Walk").exists()


def test_a_job_without_client_or_handler_is_refused_at_the_field(world: World, ada: Client) -> None:
    page = ada.post("/jobs/new/", {"name": "Walk", "status": "proposal"})
    assert page.context["form"].errors.keys() == {"client"}
    page = ada.post("/jobs/new/", {"name": "Walk", "client": world.prospect.pk, "status": "proposal"})
    assert page.context["form"].errors.keys() == {"handler"}
    page = ada.post("/jobs/new/", {"name": "Walk", "client": 999999, "status": "proposal"})
    assert page.context["form"].errors.keys() == {"client"}
    page = ada.post("/jobs/new/", {"name": "Walk", "client": world.client.pk, "status": "lost"})
    assert page.context["form"].errors.keys() == {"close_reason"}


def test_a_finished_job_is_archived_and_brought_back(world: World, ada: Client) -> None:
    address = f"/jobs/{world.job.pk}/archive/"
    early = ada.post(address, headers=HTMX)
    assert early.status_code == 409
    assert "Complete or close it first" in toast_of(early)["text"]
    ada.post(f"/jobs/{world.job.pk}/status/?to=complete", headers=HTMX)
    archived = ada.post(address, headers=HTMX)
    assert toast_of(archived)["text"] == "Library refurbishment is archived."
    page = ada.get(f"/jobs/{world.job.pk}/").content.decode()
    assert "Bring back" in page
    assert "Change status" not in page
    assert ada.post(toast_of(archived)["action"]["url"], headers=HTMX).status_code == 204
    world.job.refresh_from_db()
    assert world.job.archived_at is None
