"""Access that ends by itself: renewed before it does, once when it did, and a person is asked when it cannot be."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from instep.base.notices.models import Notice
from instep.billing.actions.claims import Claim
from instep.connect.actions.connections import check_connection
from instep.connect.actions.signing_in import begin_sign_in, chosen_account, finish_sign_in
from instep.connect.errors import RemoteRefused, SyncBusy
from instep.connect.limits.lease import take
from instep.connect.models import Connection, ConnectionState, JournalEntry, Plan, PlanState
from instep.connect.secrets import open_, seal
from tests.cast import PASSWORD
from tests.connectors.xero_stage import APP, TENANT
from tests.transfer.rig import Books

pytestmark = pytest.mark.django_db


def secret(books: Books) -> dict[str, str]:
    return open_(Connection.objects.get(pk=books.connection.pk).sealed_secret)


def put(books: Books, **values: str) -> None:
    fresh = seal({**secret(books), **values})
    Connection.objects.filter(pk=books.connection.pk).update(sealed_secret=fresh)


def renewals(books: Books) -> int:
    """Token calls that the remote saw."""
    return sum(n for name, n in books.calls().items() if "token" in name)


@pytest.fixture
def ready(books: Books) -> Books:
    """Connected, with one invoice that waits."""
    [phase] = books.stages(1000)
    books.practice.invoice(claims=[Claim(phase=phase.pk)])
    books.connect()
    return books


@pytest.mark.capability("X-14")
def test_access_is_renewed_before_it_ends_and_the_new_one_is_kept(ready: Books) -> None:
    before = secret(ready)
    put(ready, expires_at=timezone.now().isoformat())
    assert ready.preview() is not None
    after = secret(ready)
    assert after["access_token"] != before["access_token"]
    assert after["refresh_token"] != before["refresh_token"]
    assert renewals(ready) == 1
    assert ready.preview() is not None
    assert renewals(ready) == 1


@pytest.mark.capability("X-14")
def test_an_access_that_ended_early_is_renewed_once_and_the_call_repeated(ready: Books) -> None:
    put(ready, access_token="tok-long-gone")
    ready.transfer()
    assert renewals(ready) == 1
    assert len(ready.stored("invoices")) == 1
    told = " ".join(JournalEntry.objects.values_list("detail", flat=True))
    assert secret(ready)["refresh_token"] not in told


@pytest.mark.capability("X-14")
def test_asking_who_answers_renews_an_access_that_ended_and_leaves_it_to_a_sync_that_runs(ready: Books) -> None:
    put(ready, access_token="tok-long-gone", expires_at=timezone.now().isoformat())
    key, by = ready.connection.pk, ready.practice.by
    assert check_connection(key, by=by).title == "Acme Architects"
    assert (renewals(ready), secret(ready)["access_token"] != "tok-long-gone") == (1, True)
    assert take(ready.connection, holder="w1", clock=timezone.now) is not None
    with pytest.raises(SyncBusy):
        check_connection(key, by=by)


@pytest.mark.capability("X-14")
def test_access_that_cannot_be_renewed_stops_the_connection_and_keeps_the_plan(ready: Books) -> None:
    plan = ready.preview()
    put(ready, access_token="tok-long-gone", refresh_token="ref-revoked")
    outcome = ready.send(plan)
    assert "sign in" in outcome.trouble.lower()
    connection = Connection.objects.get(pk=ready.connection.pk)
    assert connection.state == ConnectionState.NEEDS_PERSON
    assert ready.stored("invoices") == []
    kept = Plan.objects.get(pk=plan.pk) if plan is not None else None
    assert kept is not None
    assert kept.state in (PlanState.APPROVED, PlanState.APPLYING)

    ready.cycle()
    [notice] = Notice.objects.all()
    assert notice.user_id == ready.practice.cast.users["ada"].pk, "who may mend it is told, once"
    assert notice.sentence.startswith("Xero · Acme Architects: ")
    assert "sign in" in notice.sentence.lower()
    client = Client()
    client.login(email=ready.practice.cast.users["ada"].email, password=PASSWORD)
    assert client.get(notice.path).status_code == 200

    ready.access_again()
    ready.cycle()
    assert len(ready.stored("invoices")) == 1, "the approved plan goes on by itself"
    assert Notice.objects.count() == 1


@pytest.mark.capability("A-02")
def test_a_code_that_was_never_given_is_refused_with_a_sentence(books: Books) -> None:
    by, address = books.practice.by, books.stage.address
    back = "https://firm.example/back"
    going = begin_sign_in("xero", by=by, app=APP, address=address, back_to=back, state="s")
    assert going.url.startswith(address.split("/api.xro")[0])
    with pytest.raises(RemoteRefused, match="Xero"):
        finish_sign_in("xero", by=by, secret=going.secret, address=address, code="no", back_to=back, now=timezone.now())
    assert chosen_account("xero", going.secret, TENANT)["tenant_id"] == TENANT
