"""The refusals of a sandbox: each carries the HTTP status and the sentence that a client reads."""

from __future__ import annotations


class Refused(Exception):
    """A request that is answered with `status` and `sentence`; `headers` go along with the answer."""

    def __init__(self, status: int, sentence: str, headers: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
        self.headers = headers


class BadInput(Refused):
    """A body, script, seed or switch that cannot be taken; the sentence says what is wrong with it."""

    def __init__(self, sentence: str, status: int = 400) -> None:
        super().__init__(status, sentence)


class CannotStart(Exception):
    """The sandbox cannot start (port taken, file in use or not its own); the text is one sentence for a person."""
