"""What an answer of tiny+ that is not a success means to us: one exception a status, with a sentence for the person."""

from __future__ import annotations

import json
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from instep.connect.protocols import BadReply, Gone, NeedsPerson, Rejected, RemoteTrouble, Reply, Request, TryLater
from instep.connectors.tinyplus.auth import SIGN_IN_AGAIN, token_of
from instep.connectors.tinyplus.maps import BY_TYPE

_LONGEST_WAIT = 86_400
_NOT_LET_IN = {
    401: SIGN_IN_AGAIN,
    403: "tiny+ does not allow this with the present sign-in. Sign in again as somebody who may change these records.",
}
_FLATTENED = {"record_status": "status", "phase": "status", "first_name": "name", "last_name": "name"}


def trouble(request: Request, reply: Reply, remote_type: str, *, one: bool) -> RemoteTrouble:
    """The exception to raise for an answer other than 200 and 201. `one`: the request named a single record."""
    detail = told(request, reply)
    status = reply.status
    if status in _NOT_LET_IN:
        return NeedsPerson(_NOT_LET_IN[status], detail=detail)
    if status in (404, 410) and one and isinstance(_object(reply), Mapping):
        # Only tiny+'s own words count as "gone": a page of some machine on the way says nothing about the record.
        return Gone("This record is no longer in tiny+.", detail=detail)
    if status in (400, 422) and request.method != "GET":
        return Rejected(_refusal(request, reply, remote_type), detail=detail)
    if status == 429:
        return TryLater(
            "tiny+ asked for a pause, because it was called too often. It goes on by itself.",
            detail=detail,
            after_seconds=retry_after(reply),
            untouched=True,
            limit="calls",
        )
    if status >= 500 or status == 408:
        return TryLater(
            "tiny+ has trouble of its own at the moment. It is tried again by itself.",
            detail=detail,
            after_seconds=retry_after(reply),
        )
    return BadReply("tiny+ gave an answer that cannot be understood, so nothing was taken from it.", detail=detail)


def told(request: Request, reply: Reply) -> str:
    """Status and the beginning of the answer on one line, without the token should the answer repeat it."""
    text = reply.body[:2_000].decode("utf-8", "replace")
    token = token_of(request)
    if token:
        text = text.replace(token, "[hidden]").replace(json.dumps(token)[1:-1], "[hidden]")
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return f"{reply.status} to {request.operation}: {line[:1_000]}"


def retry_after(reply: Reply) -> int | None:
    """Seconds to wait, 0 to a day; a date counts from the answer's own. None when the answer does not say."""
    given = reply.headers.get("retry-after", "").strip()
    if given.isascii() and given.isdecimal():
        return min(int(given[:9]), _LONGEST_WAIT)
    try:
        until, now = parsedate_to_datetime(given), parsedate_to_datetime(reply.headers.get("date", ""))
        return min(max(0, int((until - now).total_seconds())), _LONGEST_WAIT)
    except (TypeError, ValueError):
        return None


def _object(reply: Reply) -> Any:
    try:
        return json.loads(reply.body)
    except (ValueError, RecursionError):
        return None


def _refusal(request: Request, reply: Reply, remote_type: str) -> str:
    """What to mend, field by field, in our words, with what tiny+ says about each."""
    answer = _object(reply)
    errors = answer.get("errors") if isinstance(answer, Mapping) else None
    if not isinstance(errors, Mapping) or not errors:
        return f"tiny+ did not accept this{_says(request, answer, 'message')}. Change the record and it is sent again."
    if remote_type == "team-members" and set(errors) == {"email"} and request.method == "PATCH":
        return (
            "tiny+ does not change the email of an active team member. "
            "Change it in tiny+ itself, or put back the former email here."
        )
    labels = {f.theirs: m.kind.field(f.ours).label for m in [BY_TYPE[remote_type]] for f in m.fields}
    said: dict[str, str] = {}
    for name in errors:
        label = labels.get(_FLATTENED.get(name, name), str(name)[:40])
        said.setdefault(label, _says(request, errors, name))
    fields = "; ".join(f"{label}{words}" for label, words in said.items())
    return f"tiny+ did not accept {fields}. Change it here and the record is sent again."


def _says(request: Request, source: Any, key: str) -> str:
    words = source.get(key) if isinstance(source, Mapping) else None
    if isinstance(words, list):
        words = " ".join(w for w in words if isinstance(w, str))
    if not isinstance(words, str) or not words.strip():
        return ""
    token = token_of(request)
    clean = " ".join("".join(c if c.isprintable() else " " for c in words).split())
    clean = clean.replace(token, "[hidden]") if token else clean
    return f" (it says: “{clean.rstrip('.')[:200]}”)"
