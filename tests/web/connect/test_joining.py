"""Connecting: who answers is shown first, every refusal stands at its field, the token is never seen again."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.urls import reverse

from instep.base.audit.models import AuditEntry
from instep.connect.models import Connection, Link
from instep.connect.transport import HttpTransport
from tests.connect.rig import TOKEN
from tests.web.connect.desk import HTMX, Desk, readable

pytestmark = pytest.mark.django_db


def test_the_account_that_answers_is_shown_before_anything_is_stored(desk: Desk) -> None:
    answer = desk.ada.post(
        reverse("connect:test", args=["tinyplus"]), {"token": TOKEN, "address": desk.address}, headers=HTMX
    )

    assert answer.status_code == 200
    assert "The account “banksia” answers" in readable(answer)
    assert not Connection.objects.exists()


def test_connecting_links_nothing_and_leads_to_the_preview(desk: Desk) -> None:
    answer = desk.connect()

    assert answer.url == desk.url("preview")
    assert desk.connection.state == "setup"
    assert not Link.objects.exists()


@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        ({"token": ""}, "problem-token", "Paste the access token of tiny+."),
        ({"token": "wrong"}, "problem-token", "tiny+ does not accept this token."),
        ({"address": "http://example.com/"}, "problem-address", "over plain http anybody on the way can read"),
        ({"address": "http://127.0.0.1:9/v2/"}, "problem-address", "127.0.0.1:9 cannot be reached."),
    ],
)
@pytest.mark.parametrize("door", ["new", "test"])
def test_a_refusal_stands_at_its_field_and_the_typed_address_stays_without_the_token(
    desk: Desk, door: str, typed: dict[str, str], field: str, sentence: str
) -> None:
    said = {"token": TOKEN, "address": desk.address, **typed}

    page = desk.ada.post(reverse(f"connect:{door}", args=["tinyplus"]), said)
    part = desk.ada.post(reverse(f"connect:{door}", args=["tinyplus"]), said, headers=HTMX)

    for answer in (page, part):
        text = answer.content.decode()
        assert answer.status_code == 422
        assert sentence in text.split(f'id="{field}"', 1)[1].split('id="', 1)[0]
        assert said["token"] == "" or said["token"] not in text
    assert said["address"] in page.content.decode()
    assert not Connection.objects.exists()


@pytest.mark.capability("X-22")
def test_the_token_is_on_no_page_and_in_no_file_or_log(desk: Desk) -> None:
    desk.rig.organisation("Acme")
    desk.linked()
    names = ("overview", "preview", "runs", "held", "conflicts", "fields", "settings")
    run = desk.ada.get(desk.url("runs")).context["runs"][0]["run"]
    pages = [desk.url(name) for name in names] + [reverse("connect:run", args=[run.pk]), "/settings/log/", "/"]

    for url in pages:
        assert TOKEN not in desk.ada.get(url).content.decode(), url
    journal = desk.ada.get(reverse("connect:journal", args=[run.pk]))
    assert TOKEN not in b"".join(journal.streaming_content).decode()
    assert not [entry for entry in AuditEntry.objects.all() if TOKEN in str(entry.changes) + entry.note]
    assert TOKEN not in desk.connection.sealed_secret


def test_an_account_that_is_connected_already_is_said_so(desk: Desk) -> None:
    desk.connect()

    answer = desk.connect()

    assert answer.status_code == 409
    assert "is connected already. Open that connection instead." in readable(answer)


def test_a_remote_that_does_not_answer_in_time_ends_in_a_sentence(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("instep.web.connect.joining.transport_to", lambda address: HttpTransport(address, 0.2))
    desk.rig.faults({"do": "delay", "seconds": 0.6, "operation": "*"})

    answer = desk.ada.post(reverse("connect:test", args=["tinyplus"]), {"token": TOKEN, "address": desk.address})
    desk.rig.faults()

    assert answer.status_code == 422
    assert "did not answer within 0.2 seconds." in readable(answer)


@pytest.mark.django_db(transaction=True)
def test_no_call_leaves_from_inside_a_transaction(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    inside: list[bool] = []
    send = HttpTransport.send

    def watched(self: HttpTransport, request: Any) -> Any:
        inside.append(connection.in_atomic_block)
        return send(self, request)

    monkeypatch.setattr(HttpTransport, "send", watched)

    desk.linked()
    desk.ada.post(desk.url("check"))
    desk.ada.post(desk.url("token"), {"token": TOKEN})

    assert len(inside) > 6
    assert not any(inside)


@pytest.mark.capability("X-14")
def test_an_ended_token_is_replaced_and_everything_goes_on(desk: Desk) -> None:
    desk.linked()
    desk.rig.faults({"every": 1, "operation": "*", "do": "status", "status": 401})
    desk.rig.cycle()
    assert desk.connection.state == "needs_person"

    assert "Replace the token" in desk.text("/")
    refused = desk.ada.post(desk.url("token"), {"token": "wrong"}, headers=HTMX)
    assert refused.status_code == 422
    assert "does not accept this token" in readable(refused)
    desk.rig.faults()
    desk.ada.post(desk.url("token"), {"token": TOKEN})

    assert desk.connection.state == "active"
    assert "Everything is in step" in desk.text("/")


def test_a_connector_that_is_not_there_is_no_page(desk: Desk) -> None:
    assert desk.ada.get("/connections/new/elsewhere/").status_code == 404
