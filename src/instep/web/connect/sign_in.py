"""Connecting by signing in at the remote: the app's own keys, off to its pages, back with a code, which account.

What is secret waits in the session, sealed, for ten minutes; nothing of it is sent to a page.
"""

from __future__ import annotations

import secrets
import time
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from instep.connect.actions.connections import connect_remote, replace_token
from instep.connect.actions.previews import request_preview
from instep.connect.actions.signing_in import begin_sign_in, chosen_account, finish_sign_in
from instep.connect.errors import RemoteRefused
from instep.connect.models import Connection
from instep.connect.protocols import Connector
from instep.connect.registry import connector_for
from instep.connect.secrets import open_, seal
from instep.connect.transport import checked_address
from instep.kernel.errors import BadValue, Refusal
from instep.web.connect.frame import PREVIEW, SETTINGS, url_of
from instep.web.shell.doors import action, form, page
from instep.web.shell.refusals import problem_of
from instep.web.shell.request import FirmRequest
from instep.web.shell.toasts import toast
from instep.web.shell.tones import Tone

WAITING = "connect.sign_in"
MINUTES = 10
CLIENT_ID, CLIENT_SECRET, ADDRESS = "client_id", "client_secret", "address"


@form("manage connections")
def start(request: FirmRequest, provider: str) -> HttpResponse:
    """The app's keys and the address; then off to the remote. `?again=KEY` signs an existing connection in anew."""
    connector = connector_for(provider)
    if request.method != "POST":
        return _page(request, connector)
    try:
        app, address = _typed(request, connector)
        state = secrets.token_urlsafe(24)
        going = begin_sign_in(provider, by=request.actor, app=app, address=address, back_to=_back_to(), state=state)
    except Refusal as refusal:
        return _page(request, connector, problem=_sentence(refusal), status=refusal.status)
    again = request.POST.get("again", "")
    request.session[WAITING] = {
        "firm": request.actor.firm_id,
        "provider": provider,
        "state": state,
        "address": address,
        "secret": seal(going.secret),
        "again": int(again) if again.isdecimal() else None,
        "until": int(time.time()) + MINUTES * 60,
    }
    if request.htmx:
        return HttpResponseClientRedirect(going.url)
    return render(request, "connect/sign_in_go.html", {"heading": connector.title, "url": going.url, "to": connector})


@page("manage connections")
def back(request: FirmRequest) -> HttpResponse:
    """Back from the remote with a code: exchanged at once, then the account is chosen, or taken where it is the one."""
    waiting = _waiting(request)
    said = request.GET
    if waiting is None or not _same(said.get("state", ""), waiting["state"]):
        # What waits goes on waiting: a forged address must not end it.
        toast(request, _("That sign-in is over or belongs to another page. Begin it once more."), tone=Tone.ASK)
        return redirect("connect:home")
    connector = connector_for(waiting["provider"])
    if "code" not in said:
        del request.session[WAITING]
        told = _("%(remote)s did not give access, so nothing was connected.") % {"remote": connector.title}
        return _page(request, connector, problem=told, status=422)
    try:
        secret, accounts = finish_sign_in(
            connector.key,
            by=request.actor,
            secret=open_(waiting["secret"]),
            address=waiting["address"],
            code=said["code"],
            back_to=_back_to(),
            now=timezone.now(),
        )
    except Refusal as refusal:
        del request.session[WAITING]
        return _page(request, connector, problem=_sentence(refusal), status=refusal.status)
    # The code was used: from now on only an account may be chosen.
    request.session[WAITING] = {**waiting, "state": secrets.token_urlsafe(24), "secret": seal(secret)}
    if len(accounts) == 1:
        return _take(request, connector, accounts[0].tenant)
    context = {"heading": _("Which account?"), "connector": connector, "accounts": accounts}
    return render(request, "connect/sign_in_choose.html", context)


@action("manage connections")
def choose(request: FirmRequest) -> HttpResponse:
    """The account that was chosen."""
    waiting = _waiting(request)
    if waiting is None:
        return redirect("connect:home")
    return _take(request, connector_for(waiting["provider"]), request.POST.get("tenant", ""))


def _take(request: FirmRequest, connector: Connector, tenant: str) -> HttpResponse:
    waiting = request.session.pop(WAITING)
    secret = chosen_account(connector.key, open_(waiting["secret"]), tenant)
    try:
        if waiting["again"] is not None:
            connection = replace_token(waiting["again"], by=request.actor, secret=secret)
            toast(request, _("Signed in again. %(title)s goes on.") % {"title": connection.title})
            return redirect(url_of(connection, SETTINGS))
        connection = connect_remote(
            request.actor.firm_id, by=request.actor, provider=connector.key, secret=secret, address=waiting["address"]
        )
    except Refusal as refusal:
        return _page(request, connector, problem=_sentence(refusal), status=refusal.status)
    return _connected(request, connection)


def _waiting(request: FirmRequest) -> dict[str, Any] | None:
    """The sign-in that was begun, in time and for the firm that is worked in now: somebody may have changed over to
    another one in a second window."""
    waiting: dict[str, Any] | None = request.session.get(WAITING)
    if waiting is None or waiting["until"] < time.time() or waiting["firm"] != request.actor.firm_id:
        return None
    return waiting


def _connected(request: FirmRequest, connection: Connection) -> HttpResponse:
    toast(request, _("Connected with %(title)s. Nothing was sent yet.") % {"title": connection.title})
    if request.actor.can("run connections"):
        request_preview(connection.pk, by=request.actor)
    return redirect(url_of(connection, PREVIEW))


def _back_to() -> str:
    return str(settings.SITE_ADDRESS).rstrip("/") + reverse("connect:back")


def _same(one: str, other: str) -> bool:
    return secrets.compare_digest(one.encode(), other.encode())


def _typed(request: FirmRequest, connector: Connector) -> tuple[dict[str, str], str]:
    app = {name: request.POST.get(name, "").strip() for name in (CLIENT_ID, CLIENT_SECRET)}
    for name, label in ((CLIENT_ID, _("Client id")), (CLIENT_SECRET, _("Client secret"))):
        if not app[name]:
            raise BadValue(field=label, problem=_("copy it from the app's page at %(r)s") % {"r": connector.title})
    return app, checked_address(request.POST.get(ADDRESS, "").strip() or connector.address)


def _sentence(refusal: Refusal) -> str:
    return str(refusal.facts["reason"]) if isinstance(refusal, RemoteRefused) else problem_of(refusal)


def _page(request: FirmRequest, connector: Connector, *, problem: str = "", status: int = 200) -> HttpResponse:
    context: dict[str, Any] = {
        "heading": _("Connect %(remote)s") % {"remote": connector.title},
        "connector": connector,
        "address": request.POST.get(ADDRESS, "") or request.GET.get(ADDRESS, "") or connector.address,
        "client_id": request.POST.get(CLIENT_ID, "") or request.GET.get(CLIENT_ID, ""),
        "again": request.POST.get("again", "") or request.GET.get("again", ""),
        "problem": problem,
        "back_to": _back_to(),
    }
    return render(request, "connect/sign_in.html", context, status=status)
