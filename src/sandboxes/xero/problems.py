"""The refusals of Xero's API, each with the body that the fact sheet tells."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from sandboxes.kit.errors import Refused
from sandboxes.kit.messages import Response
from sandboxes.xero.wire import encode

ZERO = "00000000-0000-0000-0000-000000000000"


class Invalid(Refused):
    """A record breaks rules; `messages` are the sentences that a client reads."""

    def __init__(self, *messages: str) -> None:
        super().__init__(400, " ".join(messages))
        self.messages = list(messages)


class Answered(Refused):
    """A call that is refused with a ready answer."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status, response.body.decode())
        self.response = response


def answer(value: object, status: int = 200) -> Response:
    """A JSON answer with amounts as they are stored."""
    return Response(status, encode(value).encode())


def numbered(number: int, kind: str, message: str) -> Answered:
    """400 with one of Xero's error numbers."""
    return Answered(answer({"ErrorNumber": number, "Type": kind, "Message": message}, 400))


def post_data(message: str) -> Answered:
    """The body is of no shape that could be read."""
    return numbered(14, "PostDataInvalidException", message)


def query(message: str) -> Answered:
    """A parameter cannot be read."""
    return numbered(16, "QueryParseException", message)


def no_data() -> Answered:
    """The body holds no element."""
    return numbered(17, "NoDataProcessedException", "No data has been processed for this endpoint.")


def validation(elements: list[dict[str, object]], message: str = "A validation exception occurred") -> Response:
    """400 with the elements that broke rules."""
    body = {"ErrorNumber": 10, "Type": "ValidationException", "Message": message, "Elements": elements}
    return answer(body, 400)


def broken(sent: Mapping[str, object], id_field: str, known: str | None, messages: list[str]) -> dict[str, object]:
    """An element as it was sent, with its id and what is wrong with it."""
    errors = [{"Message": message} for message in messages]
    return {**sent, id_field: known or ZERO, "ValidationErrors": errors}


def unauthorized(detail: str) -> Answered:
    """401 as it was recorded."""
    body: dict[str, object] = {"Title": "Unauthorized", "Status": 401, "Detail": detail, "Instance": str(uuid.uuid4())}
    if detail == "AuthorizationUnsuccessful":
        body |= {"Extensions": {}, "Type": None}
    return Answered(answer(body, 401))


def forbidden() -> Answered:
    """403 for a tenant that is not this token's; in lower case, as it was recorded."""
    body = {
        "title": "Forbidden",
        "status": 403,
        "detail": "AuthenticationUnsuccessful",
        "instance": str(uuid.uuid4()),
    }
    return Answered(answer(body, 403))


def not_found() -> Answered:
    """404 as it was recorded: text, not JSON."""
    text = b"The resource you're looking for cannot be found"
    return Answered(Response(404, text, kind="text/html; charset=utf-8"))
