"""The request as area pages see it: signed in, in one firm, with an actor and the firm's words."""

from __future__ import annotations

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from instep.base.identity.actor import Actor
from instep.base.identity.models import Firm, Membership, User
from instep.base.settings.vocabulary import Terms


class FirmRequest(HttpRequest):
    """What FirmMiddleware makes of a request before a page that needs sign-in is called."""

    user: User
    htmx: HtmxDetails
    actor: Actor
    firm: Firm
    membership: Membership
    memberships: list[Membership]
    terms: Terms
