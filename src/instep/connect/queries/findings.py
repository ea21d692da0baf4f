"""What the health of a connection comes to: one sentence for each finding, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from instep.connect.models import ConnectionState
from instep.connect.queries.health import Facts
from instep.connect.registry import connector_for

LATE_EDIT = timedelta(minutes=10)
LATE_ANSWER = timedelta(minutes=15)
LATE_LOOK = timedelta(minutes=5)
CLOCKS_DIFFER = timedelta(seconds=60)
SLOW_MS = 5 * 60_000
LOW = 10
"""Of a hundred calls of a day."""
WORKER_QUIET = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Finding:
    """`person`: it does not go away by itself."""

    code: str
    sentence: str
    todo: str
    person: bool = True


def findings(facts: Facts, *, now: datetime, worker_seen: datetime | None) -> list[Finding]:
    """Everything that is not as it should be, what needs a person first. Pure: no query."""
    connection = facts.connection
    if connection.state == ConnectionState.DISCONNECTED:
        return []
    found = [*_authority(facts), *_standing(facts, now=now), *_waiting(facts, now=now)]
    if connection.state == ConnectionState.ACTIVE and not facts.copy:
        found += _pace(facts, now=now, worker_seen=worker_seen)
    return sorted(found, key=lambda each: not each.person)


def _authority(facts: Facts) -> Iterator[Finding]:
    connection = facts.connection
    if facts.copy:
        yield Finding(
            "read_only_copy",
            "This database is a copy of another installation's, so this connection only looks.",
            "If this installation is the real one now, say so on the connection's health page.",
        )
    if facts.unreadable:
        yield Finding(
            "secrets_unreadable",
            "Its stored sign-in does not open with the keys of this installation.",
            "Put the key back that sealed it (INSTEP_BOX_KEYS), or sign in again on its settings page.",
        )
    if connection.state == ConnectionState.NEEDS_PERSON:
        yield Finding("needs_person", connection.trouble, "Sign in again, or give it another token, in its settings.")


def _standing(facts: Facts, *, now: datetime) -> Iterator[Finding]:
    connection = facts.connection
    if connection.state == ConnectionState.SETUP:
        yield Finding("not_linked", "Nothing is linked yet.", "Make a preview and let it go when it is right.", False)
    if connection.state == ConnectionState.PAUSED:
        yield Finding("paused", "It is paused; changes are collected.", "Resume it on its page.", False)
    if not facts.adopted:
        yield Finding(
            "new_epoch",
            "The database went back in time; nothing is written before everything there was read once more.",
            "Nothing: the next look does it. Then look at its preview.",
            False,
        )
    elif connection.review and connection.state == ConnectionState.ACTIVE:
        why = {"restored": "the database was restored", "map": "its field map was changed"}
        yield Finding(
            "review",
            f"Nothing is written: {why.get(connection.review, 'it was switched off for a while')}, so what waits is "
            "shown first.",
            "Look at its preview and let it go.",
        )
    if connection.resume_at is not None and connection.resume_at > now:
        yield Finding(
            "waits", connection.trouble, f"Nothing: it goes on at {connection.resume_at:%H:%M:%S} UTC.", False
        )
    elif connection.trouble and connection.state == ConnectionState.ACTIVE:
        yield Finding("trouble", connection.trouble, "Nothing, unless it stays: it is tried again by itself.", False)


def _waiting(facts: Facts, *, now: datetime) -> Iterator[Finding]:
    found = facts.card
    if found.held:
        records = "1 record is" if found.held == 1 else f"{found.held} records are"
        yield Finding("held", f"{records} held until somebody decides.", "Settle them on the page of held records.")
    if found.conflicts:
        fields = "1 field was" if found.conflicts == 1 else f"{found.conflicts} fields were"
        yield Finding("conflicts", f"{fields} changed on both sides.", "Choose in the inbox of conflicts.")
    if facts.open_intents and facts.intents_since is not None and now - facts.intents_since > LATE_ANSWER:
        yield Finding(
            "no_answer",
            f"{facts.open_intents} writes got no answer, the first {_ago(now - facts.intents_since)} ago.",
            "They are looked up with every look and never sent twice. If this stays, look whether the remote can be "
            "read at all.",
        )
    waits_here = found.unsent and not _seen_first(facts)
    if waits_here and found.unsent_since is not None and now - found.unsent_since > LATE_EDIT:
        yield Finding(
            "late_edit",
            f"{found.unsent} edits of ours are not there yet, the oldest from {_ago(now - found.unsent_since)} ago.",
            "See above what keeps it; if nothing does, restart the worker and read its log.",
        )


def _seen_first(facts: Facts) -> bool:
    """Whether what waits is to wait: for a person, for a time that the remote named, or because it does not run."""
    connection = facts.connection
    stands = connection.state != ConnectionState.ACTIVE or facts.copy or connection.review or not facts.adopted
    return bool(stands or connection.resume_at or connector_for(connection.provider).asks_first)


def _pace(facts: Facts, *, now: datetime, worker_seen: datetime | None) -> Iterator[Finding]:
    connection = facts.connection
    gone = worker_seen is None or now - worker_seen > WORKER_QUIET
    if gone:
        since = f"for {_ago(now - worker_seen)}" if worker_seen is not None else "yet"
        yield Finding("no_worker", f"No worker has shown a sign of life {since}.", "Start one with `instep worker`.")
    due = connection.resume_at or connection.next_poll_at
    if not gone and due is not None and now - due > LATE_LOOK + timedelta(seconds=3 * connection.poll_seconds):
        sentence = f"It should have looked {_ago(now - due)} ago and has not."
        yield Finding("late_look", sentence, "Restart the worker and read its log.")
    if facts.holder and facts.lease_until is not None and now - facts.lease_until > WORKER_QUIET:
        sentence = f"The worker {facts.holder} died {_ago(now - facts.lease_until)} ago in the middle of its work."
        yield Finding("died", sentence, "Nothing: the next one finishes it.", False)
    for budget in facts.budgets:
        if budget.name == "day" and budget.left * 100 < budget.whole * LOW:
            yield Finding(
                "budget",
                f"Only {budget.left:,} of {budget.whole:,} calls of this day are left.",
                "Let it look less often (settings), or wait: what people ask for goes first.",
                False,
            )
    if facts.clock_ahead is not None and abs(facts.clock_ahead) > CLOCKS_DIFFER:
        word = "ahead of" if facts.clock_ahead > timedelta() else "behind"
        sentence = f"The clock of this machine is {_ago(abs(facts.clock_ahead))} {word} the remote's."
        yield Finding("clock", sentence, "Set it by a time server (NTP).")
    for side, lag in facts.lag.items():
        if lag.most > SLOW_MS:
            where = "there" if side == "there" else "here"
            sentence = f"One of twenty edits took {_ago(timedelta(milliseconds=lag.most))} or more to arrive {where}."
            yield Finding("slow", sentence, "Look at its runs for what kept it.", False)


def _ago(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    for size, word in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= 2 * size:
            return f"{seconds // size} {word}s"
    return f"{seconds} seconds"
