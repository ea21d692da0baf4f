"""The metered door: every call to a remote's API is counted here and may be struck by a fault."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from sandboxes.kit.calls import Calls
from sandboxes.kit.clock import Clock
from sandboxes.kit.faults import Do, Fault, Faults
from sandboxes.kit.messages import Delivery, Handler, Request, Response, json_response

_PAGE = b"<!doctype html><html lang=en><title>One moment</title><h1>One moment</h1><p>The service is busy.</p></html>"


def plain_failure(request: Request, fault: Fault) -> Response:
    """A scripted status as most remotes would tell it: the script's body, else JSON with its message."""
    if fault.body is not None:
        return Response(fault.status, fault.body.encode(), headers=fault.headers)
    return json_response({"message": fault.message}, fault.status, fault.headers)


class Meter:
    """Wraps the handler of an API.

    `operation_of` names the operation of a request in the words of scripts; `fail` makes the answer of a scripted
    status, for a remote that has its own form of errors.
    """

    def __init__(
        self,
        handler: Handler,
        operation_of: Callable[[Request], str],
        calls: Calls,
        faults: Faults,
        clock: Clock,
        *,
        fail: Callable[[Request, Fault], Response] = plain_failure,
    ) -> None:
        self._handler = handler
        self._fail = fail
        self._operation_of = operation_of
        self._calls = calls
        self._faults = faults
        self._clock = clock

    def __call__(self, request: Request) -> Response:
        """Count, let the fault strike, answer."""
        operation = self._operation_of(request)
        call = self._calls.begin(operation, request.method, request.path, request.query, self._clock.now())
        trouble = self._faults.next(operation)
        call.faults = trouble.names
        if trouble.seconds:
            time.sleep(trouble.seconds)
        request.normalise = trouble.normalise
        fault = trouble.fault
        if fault is None:
            response = self._handler(request)
        elif fault.do is Do.STATUS:
            response = self._fail(request, fault)
        elif fault.do is Do.HTML:
            response = Response(200, _PAGE, kind="text/html; charset=utf-8", headers=fault.headers)
        elif fault.do is Do.DROP_BEFORE:
            response = Response(0, delivery=Delivery.NOTHING)
        elif fault.do is Do.DROP_AFTER:
            self._handler(request)
            response = Response(0, delivery=Delivery.NOTHING)
        else:
            response = replace(self._handler(request), delivery=Delivery.HALF)
        call.status = response.status
        return response
