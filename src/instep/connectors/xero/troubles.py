"""What an answer of Xero that is not a success means to us: one exception a case, with a sentence for the person."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import Any, Final

from instep.connect.protocols import BadReply, Gone, NeedsPerson, Rejected, RemoteTrouble, Reply, Request, TryLater
from instep.connectors.xero import wire
from instep.connectors.xero.maps import BY_TYPE

NOT_UNDERSTOOD: Final = "Xero gave an answer that cannot be understood, so nothing was taken from it."
_LONGEST_WAIT = 86_400
_LEFT: Final[Mapping[str, str]] = {"minute": "x-minlimit-remaining", "day": "x-daylimit-remaining"}
_TOKEN_ENDED = "Xero's access ended and was not taken again: sign in to Xero again. Until then everything waits."
_RIGHT_MISSING = (
    "The sign-in to Xero does not cover this. Sign in to Xero again, and allow everything that it asks about."
)
_NOT_CONNECTED = (
    "This Xero organisation is no longer connected: somebody disconnected it in Xero, or the person who signed in left "
    "it. Sign in to Xero again and choose the organisation."
)
_LIMITS: Final[Mapping[str, str]] = {
    "minute": "Xero asked for a pause, because it was called too often in a minute. It goes on by itself.",
    "day": (
        "All calls that Xero allows this organisation in a day are used up. It goes on by itself as soon as Xero lets "
        "us in again; until then nothing is lost."
    ),
    "appminute": "Xero asked for a pause, because this app is used much at the moment. It goes on by itself.",
    "concurrent": "Xero asked for a pause, because too many calls ran at once. It goes on by itself.",
}
_ADVICE: Final = (
    ("archived contact", "Restore the contact in Xero, or change the name and code here."),
    ("unique across all active contacts", "Link this client with that contact, or change one of the two names."),
    ("contact number", "Link this client with that contact, or change its code here."),
    ("# must be unique", "Look in Xero whether the document is there already, and link the two."),
    ("lock date", "Have the lock date moved in Xero; then it is sent again."),
    ("not subscribed to currency", "Add the currency in Xero; then it is sent again."),
    ("account code", "Choose another account for it in the value map."),
    ("taxtype code", "Choose another tax rate for it in the value map."),
)
_NESTED: Final = {"PhoneNumber": ("Phone", "Mobile"), "AddressLine": ("Address",), "Account code": ("AccountCode",)}


def trouble(request: Request, reply: Reply, remote_type: str, *, one: bool) -> RemoteTrouble:
    """The exception to raise for an answer other than 200. `one`: the path named a single record."""
    status, detail = reply.status, told(request, reply)
    if status == 401:
        missing = "AuthorizationUnsuccessful" in detail
        return NeedsPerson(_RIGHT_MISSING if missing else _TOKEN_ENDED, detail=detail)
    if status == 403:
        return NeedsPerson(_NOT_CONNECTED, detail=detail)
    if status in (404, 410) and one and "cannot be found" in detail:
        # Only Xero's own words count as "gone": a page of some machine on the way says nothing about the record.
        return _gone(request, detail)
    if status == 429:
        return pause(reply, detail)
    if status >= 500 or status == 408:
        return TryLater(
            "Xero has trouble of its own at the moment. It is tried again by itself.",
            detail=detail,
            after_seconds=retry_after(reply),
        )
    if status in (400, 413) and request.method != "GET":
        return _refused(request, reply, remote_type, detail)
    return BadReply(NOT_UNDERSTOOD, detail=detail)


def _gone(request: Request, detail: str) -> RemoteTrouble:
    if request.method == "PUT":
        return Rejected("The credit note is no longer in Xero, so nothing can be taken from it.", detail=detail)
    return Gone("This record is no longer in Xero.", detail=detail)


def _refused(request: Request, reply: Reply, remote_type: str, detail: str) -> RemoteTrouble:
    if reply.status == 413:
        return Rejected("This is more than Xero takes at once. Shorten its texts.", detail=detail)
    answer = _object(reply)
    if answer is None or "different request" in detail:
        # A key that was used for something else says nothing about what became of that.
        return BadReply(NOT_UNDERSTOOD, detail=detail)
    try:
        messages = [m for element in wire.rows(answer, "Elements") for m in messages_of(element)]
        messages = messages or [m for m in [wire.text(answer, "Message")] if m]
    except ValueError:
        messages = []
    return rejection(request, remote_type, messages, detail=detail)


def messages_of(element: Mapping[str, Any]) -> list[str]:
    """Xero's own words about one element, those of its lines and of its contact among them."""
    found = [m for row in wire.rows(element, "ValidationErrors") if (m := wire.text(row, "Message"))]
    for row in (*wire.rows(element, "LineItems"), wire.inner(element, "Contact"), *wire.rows(element, "Allocations")):
        found += [m for each in wire.rows(row, "ValidationErrors") if (m := wire.text(each, "Message"))]
    return list(dict.fromkeys(found))


def rejection(request: Request, remote_type: str, messages: Sequence[str], *, detail: str = "") -> Rejected:
    """What to mend, in our words, with what Xero says about it."""
    clean = [_shown(request, message) for message in messages]
    words = " ".join(f"“{message.rstrip('.')}”." for message in clean[:5])
    labels = ", ".join(_labels(remote_type, " ".join(clean)))
    said = f"Xero did not accept {labels or 'this'}" + (f": {words}" if words else ".")
    lower = words.casefold()
    advice = next((text for key, text in _ADVICE if key in lower), "Change it here and the record is sent again.")
    return Rejected(f"{said} {advice}", detail=detail or words[:1_000])


def _labels(remote_type: str, words: str) -> Iterable[str]:
    """Our names of the fields that Xero's words name."""
    if remote_type not in BY_TYPE:
        return ()
    record_map = BY_TYPE[remote_type]
    ours = {f.theirs: record_map.kind.field(f.ours).label for f in record_map.fields}
    named = [name for name in ours if re.search(rf"\b{name}\b", words)]
    named += [name for key, names in _NESTED.items() if key in words for name in names if name in ours]
    return dict.fromkeys(ours[name] for name in named)


def pause(reply: Reply, detail: str) -> TryLater:
    """A limit: the answer is empty, and which one it was stands in a header."""
    which = reply.headers.get("x-rate-limit-problem", "").strip().lower()
    return TryLater(
        _LIMITS.get(which, _LIMITS["minute"]),
        detail=f"{detail} {which}".strip(),
        after_seconds=retry_after(reply),
        untouched=True,
        limit=which or "minute",
    )


def calls_left(reply: Reply) -> dict[str, int]:
    """What an answer says is left of the organisation's limits."""
    left = {name: reply.headers.get(header, "").strip() for name, header in _LEFT.items()}
    return {name: int(text) for name, text in left.items() if text.isascii() and text.isdecimal() and len(text) < 10}


def told(request: Request, reply: Reply) -> str:
    """Status and the beginning of the answer on one line, without the token should the answer repeat it."""
    line = _shown(request, reply.body[:2_000].decode("utf-8", "replace"), most=1_000)
    return f"{reply.status} to {request.operation}: {line}"


def _shown(request: Request, text: str, *, most: int = 300) -> str:
    for name, value in request.headers:
        if name.lower() in ("authorization", "xero-tenant-id"):
            text = text.replace(value.removeprefix("Bearer "), "[hidden]")
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:most]


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


def _object(reply: Reply) -> Mapping[str, Any] | None:
    try:
        answer = wire.decode(reply.body)
    except ValueError:
        return None
    return answer if isinstance(answer, Mapping) else None
