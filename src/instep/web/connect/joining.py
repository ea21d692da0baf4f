"""Connecting a remote: which account answers is shown before anything is stored, and every refusal beside its field."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from instep.connect.actions.connections import check_connection, connect_remote, replace_token, who_answers
from instep.connect.actions.previews import request_preview
from instep.connect.errors import AlreadyConnected, RemoteRefused, TenantChanged
from instep.connect.protocols import Connector, Identity, NeedsPerson, SignsIn
from instep.connect.registry import connector_for, transport_to
from instep.connect.transport import UnsafeAddress, checked_address
from instep.kernel.errors import BadValue, Refusal
from instep.web.connect.frame import PREVIEW, SETTINGS, url_of
from instep.web.shell.doors import action, form
from instep.web.shell.refusals import problem_of
from instep.web.shell.request import FirmRequest
from instep.web.shell.toasts import toast

# The one secret that a person pastes. It is read, used and never sent back to a page.
TOKEN = "access_token"
ADDRESS_FIELD, TOKEN_FIELD = "address", "token"


@form("manage connections")
def new(request: FirmRequest, provider: str) -> HttpResponse:
    """The page that connects an account: token, address, Test, Connect."""
    connector = connector_for(provider)
    if isinstance(connector, SignsIn):
        return redirect("connect:sign_in", provider)
    if request.method != "POST":
        return _page(request, connector)
    try:
        secret, address = _typed(request, connector)
        connection = connect_remote(
            request.actor.firm_id, by=request.actor, provider=provider, secret=secret, address=address
        )
    except Refusal as refusal:
        return _refused(request, connector, refusal)
    toast(request, _("Connected with %(title)s. Nothing is linked yet.") % {"title": connection.title})
    if request.actor.can("run connections"):
        request_preview(connection.pk, by=request.actor)
    url = url_of(connection, PREVIEW)
    return HttpResponseClientRedirect(url) if request.htmx else redirect(url)


@action("manage connections")
def test(request: FirmRequest, provider: str) -> HttpResponse:
    """Ask which account the token opens; nothing is stored."""
    connector = connector_for(provider)
    try:
        secret, address = _typed(request, connector)
        identity = who_answers(connector, transport_to(address), secret)
    except Refusal as refusal:
        return _refused(request, connector, refusal)
    if request.htmx:
        return _parts(request, connector, {}, identity=identity)
    return _page(request, connector, identity=identity)


@action("manage connections")
def check(request: FirmRequest, key: int) -> HttpResponse:
    """Ask the remote who it is with the stored token; nothing changes."""
    identity = check_connection(key, by=request.actor)
    toast(request, _("The account “%(title)s” answers.") % {"title": identity.title})
    return HttpResponse(status=204) if request.htmx else redirect("connect:settings", key)


@action("manage connections")
def token(request: FirmRequest, key: int) -> HttpResponse:
    """Give the connection a new token; what waited goes on."""
    try:
        connection = replace_token(key, by=request.actor, secret={TOKEN: request.POST.get(TOKEN_FIELD, "").strip()})
    except (RemoteRefused, TenantChanged, BadValue) as refusal:
        context = {"problem": _sentence(refusal)[1], "id": "problem-token"}
        if request.htmx:
            return render(request, "connect/problem.html", context, status=refusal.status)
        raise
    toast(request, _("The new token works. %(title)s goes on.") % {"title": connection.title})
    url = url_of(connection, SETTINGS)
    return HttpResponseClientRedirect(url) if request.htmx else redirect(url)


def _typed(request: FirmRequest, connector: Connector) -> tuple[dict[str, str], str]:
    """What was typed, checked before anything leaves. Raises BadValue, UnsafeAddress."""
    said = request.POST.get(TOKEN_FIELD, "").strip()
    if not said:
        raise BadValue(field="Token", problem=_("paste the access token of %(r)s") % {"r": connector.title})
    return {TOKEN: said}, checked_address(request.POST.get(ADDRESS_FIELD, "").strip() or connector.address)


def _sentence(refusal: Refusal) -> tuple[str, str]:
    """(field, sentence) of a refusal: what the token is to blame for stands at the token."""
    if isinstance(refusal, RemoteRefused):
        facts = refusal.facts
        if isinstance(refusal.__cause__, NeedsPerson):
            said = _("%(remote)s does not accept this token. Copy it again from %(remote)s and paste it here.")
            return TOKEN_FIELD, said % facts
        return ADDRESS_FIELD, str(facts["reason"]).replace(" It is tried again by itself.", "")
    if isinstance(refusal, UnsafeAddress):
        return ADDRESS_FIELD, str(refusal)
    if isinstance(refusal, BadValue | TenantChanged):
        return TOKEN_FIELD, problem_of(refusal)
    return "", str(refusal)


def _refused(request: FirmRequest, connector: Connector, refusal: Refusal) -> HttpResponse:
    name, sentence = _sentence(refusal)
    more: dict[str, Any] = {"known": isinstance(refusal, AlreadyConnected)}
    if request.htmx:
        return _parts(request, connector, {name: sentence}, status=refusal.status, **more)
    return _page(request, connector, problems={name: sentence}, status=refusal.status, **more)


def _parts(
    request: FirmRequest,
    connector: Connector,
    problems: dict[str, str],
    *,
    identity: Identity | None = None,
    status: int = 200,
    known: bool = False,
) -> HttpResponse:
    """The answer and what stands at the fields; the form itself stays, with the token in it."""
    context = {
        "connector": connector,
        "identity": identity,
        "address_problem": problems.get(ADDRESS_FIELD, ""),
        "token_problem": problems.get(TOKEN_FIELD, ""),
        "problem": problems.get("", ""),
        "known": known,
    }
    return render(request, "connect/new_answer.html", context, status=status)


def _page(
    request: FirmRequest,
    connector: Connector,
    *,
    problems: dict[str, str] | None = None,
    identity: Identity | None = None,
    status: int = 200,
    known: bool = False,
) -> HttpResponse:
    said = problems or {}
    context = {
        "heading": _("Connect %(remote)s") % {"remote": connector.title},
        "connector": connector,
        "address": request.POST.get(ADDRESS_FIELD, "") or connector.address,
        "identity": identity,
        "address_problem": said.get(ADDRESS_FIELD, ""),
        "token_problem": said.get(TOKEN_FIELD, ""),
        "problem": said.get("", ""),
        "known": known,
        "again": request.method == "POST",
        "records": [m.kind.key for m in sorted(connector.maps.values(), key=lambda m: m.rank)],
    }
    return render(request, "connect/new.html", context, status=status)
