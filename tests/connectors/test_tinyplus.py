"""The tiny+ connector against the tiny+ sandbox: the contract, and what only tiny+ has."""

from __future__ import annotations

from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from instep.connect.fieldmap import Place
from instep.connect.protocols import BadReply, NeedsPerson, Rejected, TryLater
from instep.connect.transport import HttpTransport
from instep.connectors.tinyplus.connector import TinyPlus
from tests.connectors.contract import MARKER, ConnectorContract, Line
from tests.connectors.sandbox import Sandbox

TOKEN, READ_TOKEN = "tok-5e55a1f0", "tok-0n1yr3ad"
PHASES = ["On hold", "Pending invoice"]
TYPES = ["House", "Fit-out / interior"]


class TinyPlusStage:
    """The account "acme" with one team member who signs in."""

    secret = {"access_token": TOKEN}
    wrong_secret = {"access_token": "tok-w1thdrawn"}

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox, self.address = sandbox, sandbox.address + "/v2/"
        sandbox.seed(
            {
                "accounts": [
                    {
                        "key": "acme",
                        "name": "Acme Architects",
                        "phases": {"active": PHASES},
                        "project_types": TYPES,
                        "tokens": [{"token": TOKEN}, {"token": READ_TOKEN, "scope": "read"}],
                        "records": {"team-members": [{"name": "Ada Boss", "email": "ada@acme.example"}]},
                    }
                ]
            }
        )

    def seed(self, remote_type: str, count: int) -> list[str]:
        if count <= 0:
            return []
        rows = [{"name": f"Record {n}"} for n in range(count)]
        told = self.sandbox.seed({"accounts": [{"key": "acme", "records": {remote_type: rows}}]})
        return [str(i) for i in told["accounts"]["acme"]["records"][remote_type]]

    def edit(self, remote_type: str, remote_id: str, field: str, value: Any) -> None:
        self.do("update", remote_type, id=int(remote_id), fields={field: value})

    def delete(self, remote_type: str, remote_id: str) -> None:
        self.do("delete", remote_type, id=int(remote_id))

    def do(self, what: str, remote_type: str, **more: Any) -> Any:
        return self.sandbox.edit(do=what, account="acme", resource=remote_type, **more)


class TestTinyPlus(ConnectorContract):
    connector = TinyPlus()
    sandbox_name = "tinyplus"
    choices = {
        "job_status": [theirs for _, theirs in TinyPlus.values["job_status"]],
        "job_type": TYPES,
    }

    def set_stage(self, sandbox: Sandbox) -> TinyPlusStage:
        return TinyPlusStage(sandbox)

    # --- what only tiny+ has -----------------------------------------------------------------------------------------

    def stored(self, sandbox: Sandbox, remote_type: str, remote_id: str) -> dict[str, Any]:
        records = sandbox.ask("records", account="acme", resource=remote_type)["records"]
        return next(r for r in records if r["id"] == int(remote_id))

    @pytest.mark.parametrize("switches", [{"limit_max": 50}, {"limit_max": 33}, {"bounds_inclusive": True}])
    def test_no_record_is_missed_where_pages_are_cut_or_bounds_include(
        self, line: Line, stage: TinyPlusStage, sandbox: Sandbox, switches: dict[str, Any]
    ) -> None:
        sandbox.switches(**switches, unknown_filter="refuse")
        there: list[str] = []
        for count in (0, 14, 15, 33, 34, 50, 51, 66, 100, 101, 199, 200):
            there += stage.seed("companies", count - len(there))

            assert [r.id for r in line.all("companies")] == there, count

    def test_what_we_make_says_where_it_comes_from_and_staff_begin_as_ghosts(
        self, line: Line, sandbox: Sandbox
    ) -> None:
        company = line.create("companies", {"name": "Acme"})
        member = line.create("team-members", {"name": "Ann Lee", "email": "ann@acme.example"})
        line.update(member, {"email": "ann.lee@acme.example"})

        told = self.stored(sandbox, "companies", company.id)
        assert (told["is_synced"], told["sync_origin"], told["remote_id"]) == (True, "Instep", MARKER)
        ghost = self.stored(sandbox, "team-members", member.id)
        assert (ghost["record_status"], ghost["email"]) == ("ghost", "ann.lee@acme.example")

    @pytest.mark.capability("A-28")
    def test_the_email_of_a_member_who_signs_in_is_not_ours_to_change(self, line: Line) -> None:
        ada = line.all("team-members")[0]

        with pytest.raises(Rejected, match="active team member"):
            line.update(ada, {"email": "other@acme.example"})

    @pytest.mark.capability("A-35")
    def test_a_status_and_its_phase_travel_as_one(self, line: Line, stage: TinyPlusStage, sandbox: Sandbox) -> None:
        job = line.create("projects", {"name": "House", "status": "active/On hold"})
        assert self.stored(sandbox, "projects", job.id)["phase"] == "On hold"

        for status in ("active", "active/Pending invoice", "completed", "proposed"):
            assert line.update(job, {"status": status}).fields["status"] == status
        stage.do("update", "projects", id=int(job.id), fields={"record_status": "active", "phase": "On hold"})
        assert line.read("projects", job.id).fields["status"] == "active/On hold"

        sandbox.switches(won_enabled=False)
        for refused in ("won", "active/Unheard of", "sleeping"):
            with pytest.raises(Rejected, match="Status"):
                line.update(job, {"status": refused})
        assert line.read("projects", job.id).fields["status"] == "active/On hold"

    @pytest.mark.capability("A-22")
    def test_a_contacts_two_names_arrive_as_two(self, line: Line, stage: TinyPlusStage, sandbox: Sandbox) -> None:
        lens = self.connector.maps["contact"].lens(self.connector.maps["contact"].field("name"))
        place = Place()
        for name in (("Maria", "Garcia Lopez"), ("Mary Jane", "O'Neil"), ("Jan", "van der Berg")):
            ours = {"first": name[0], "last": name[1]}
            made = line.create("contacts", {"name": lens.to_theirs(ours, known=None, place=place)}, ours["last"])
            told = self.stored(sandbox, "contacts", made.id)

            assert (told["first_name"], told["last_name"]) == name
            assert told["name"] == " ".join(name)
            assert lens.to_ours(made.fields["name"], known=None, place=place) == ours
        stage.edit("contacts", made.id, "name", "Johan van der Berg")
        changed = line.read("contacts", made.id).fields["name"]
        assert lens.to_ours(changed, known=ours, place=place) == {"first": "Johan", "last": "van der Berg"}

    @pytest.mark.capability("A-14")
    @pytest.mark.parametrize("fee", ["15500.00", "0.01", "0.10", "-3.30", "1234567890.12"])
    def test_a_fee_is_the_same_to_the_cent(self, line: Line, fee: str) -> None:
        job = line.create("projects", {"name": "House", "fee_value": fee})

        assert job.fields["fee_value"] == fee
        assert line.read("projects", job.id).fields["fee_value"] == fee

    @pytest.mark.parametrize(
        ("fields", "label"),
        [
            ({"client_company": "4711"}, "Client"),
            ({"assigned_user": "4711"}, "Handler"),
            ({"project_type": "Castle"}, "Type"),
            ({"fee_value": "1.005"}, "Fee"),
        ],
    )
    def test_a_value_that_tiny_does_not_know_is_refused_by_name(
        self, line: Line, fields: dict[str, str], label: str
    ) -> None:
        with pytest.raises(Rejected, match=label):
            line.create("projects", {"name": "House", **fields})
        assert line.all("projects") == []

    def test_a_token_that_may_only_read_reads_and_asks_for_a_person_to_write(
        self, line: Line, stage: TinyPlusStage
    ) -> None:
        line.secret = {"access_token": READ_TOKEN}

        assert len(line.all("team-members")) == 1
        with pytest.raises(NeedsPerson, match="does not allow"):
            line.create("companies", {"name": "Acme"})

    @pytest.mark.parametrize("told", [True, False])
    def test_a_limit_pauses_for_as_long_as_it_says(self, line: Line, sandbox: Sandbox, told: bool) -> None:
        sandbox.switches(per_minute=3, retry_after_header=told)
        for _ in range(3):
            line.all("companies")
        with pytest.raises(TryLater) as caught:
            line.all("companies")

        assert caught.value.untouched
        assert (caught.value.after_seconds is not None) == told
        sandbox.advance((caught.value.after_seconds or 59) + 1)
        assert line.all("companies") == []

    @pytest.mark.parametrize(("zone", "hours"), [("Australia/Brisbane", 10), ("UTC", 0)])
    def test_stamps_are_in_the_clock_of_the_account_which_any_write_shows(
        self, line: Line, sandbox: Sandbox, zone: str, hours: int
    ) -> None:
        sandbox.switches(zone=zone)
        made = line.create("companies", {"name": "Acme"})
        assert line.last is not None
        assert made.stamp is not None
        answered = parsedate_to_datetime(line.last.headers["date"]).replace(tzinfo=None)

        assert abs(made.stamp - answered - timedelta(hours=hours)) < timedelta(seconds=3)

    def test_another_kind_of_server_is_found_out(self, sandbox: Sandbox, stage: TinyPlusStage) -> None:
        with HttpTransport(sandbox.address + "/app/") as elsewhere, pytest.raises((BadReply, NeedsPerson)):
            Line(self.connector, elsewhere, stage.secret).all("companies")
