"""The doors of pages: what a view needs before it is called, and the request it may then count on."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from instep.web.shell.request import FirmRequest

P = ParamSpec("P")
View = Callable[Concatenate[FirmRequest, P], HttpResponse]
Door = Callable[Concatenate[HttpRequest, P], HttpResponse]


def page(right: str = "") -> Callable[[View[P]], Door[P]]:
    """A page that is looked at. `right` is what the actor must have (NotAllowed otherwise), "" for every member."""
    return _door(right, ("GET", "HEAD"))


def action(right: str = "") -> Callable[[View[P]], Door[P]]:
    """A view that changes something: POST alone."""
    return _door(right, ("POST",))


def form(right: str = "") -> Callable[[View[P]], Door[P]]:
    """A page with a form, or a field edited in place: looked at and posted to."""
    return _door(right, ("GET", "HEAD", "POST"))


def _door(right: str, methods: tuple[str, ...]) -> Callable[[View[P]], Door[P]]:
    def behind(view: View[P]) -> Door[P]:
        @wraps(view)
        def door(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if request.method not in methods:
                return HttpResponseNotAllowed(methods)
            known = cast(Any, request)
            if right:
                known.actor.must(right)
            return view(known, *args, **kwargs)

        return door

    return behind
