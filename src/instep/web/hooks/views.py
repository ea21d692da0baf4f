"""A remote says that something changed: checked by its signature, kept as hints, answered at once."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from instep.connect.actions.hints import Heard, take_hints

LARGEST = 256 * 1024
"""Bytes; a webhook names records, it does not carry them."""


@csrf_exempt
@login_not_required
def hook(request: HttpRequest, key: str) -> HttpResponse:
    """200 once the hints are kept, 401 where the signature does not fit, 404 where nobody knows the key.

    The connector's own secret is the only key to it; the body is read as it came, and no more of it than a webhook has.
    """
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    try:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return HttpResponse(status=400)
    if length > LARGEST:
        return HttpResponse(status=413)
    body = request.read(length)
    headers = {name.lower(): value for name, value in request.headers.items()}
    answer = {Heard.KEPT: 200, Heard.FORGED: 401, Heard.UNKNOWN: 404, Heard.NONSENSE: 400}
    return HttpResponse(status=answer[take_hints(key, headers, body, now=timezone.now())])
