"""Refusals: each is a type with a code, a status and one sentence that tells the person what to do."""

from __future__ import annotations

from typing import Any, ClassVar


class Refusal(Exception):
    """A business refusal. `code` is for machines, `sentence` for people, `status` for HTTP.

    Keyword arguments fill the sentence and stay readable in `facts`.
    """

    code: ClassVar[str] = "refused"
    sentence: ClassVar[str] = "This was refused."
    status: ClassVar[int] = 409

    def __init__(self, **facts: Any) -> None:
        self.facts = facts
        super().__init__(self.sentence.format(**facts))

    def __str__(self) -> str:
        return self.sentence.format(**self.facts)

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions are pickled with positional arguments, and ours has none: a task that keeps its error needs this.
        return _again, (type(self), self.facts)


def _again(kind: type[Refusal], facts: dict[str, Any]) -> Refusal:
    return kind(**facts)


class Caution(Refusal):
    """A warning that a person may accept: the action is tried again with this code among `accepted`."""

    code = "caution"
    status = 409


class NotAllowed(Refusal):
    """The actor lacks a permission."""

    code = "not_allowed"
    sentence = "You need the right to {right}. Ask an administrator of the firm for it."
    status = 403


class NotFound(Refusal):
    """No such record in this firm. Another firm's record answers the same."""

    code = "not_found"
    sentence = "There is no such {what} in this firm. It may have been removed; go back to the list."
    status = 404


class WrongState(Refusal):
    """A move that the state table does not allow."""

    code = "wrong_state"
    sentence = "This is {state}; from there it can become {allowed}, not {wanted}."
    status = 409


class StaleVersion(Refusal):
    """Somebody else changed the record since it was read."""

    code = "stale_version"
    sentence = "Somebody changed this {what} while you were editing. Look at the new values, then save again."
    status = 409


class BadValue(Refusal):
    """A value that a field cannot hold."""

    code = "bad_value"
    sentence = "{field}: {problem}"
    status = 422
