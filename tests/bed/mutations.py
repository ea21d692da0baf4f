"""The engine with one of its mechanisms taken out (sync design, b.16): what the bed must notice at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from django.utils import timezone

from instep.connect import capability, cycle, intents, observe
from instep.connect.apply import checks, here, lost, recover, settle, there
from instep.connect.fieldmap import Way
from instep.connect.inbox import absent
from instep.connect.inbox.outbox import mark_dirty
from instep.connect.merge import Step, step_for
from instep.connect.models import Cursor, IntentState, Link
from instep.connect.plan import decide, make, meet
from instep.connect.protocols import Creation
from tests.bed.world import World

Prepare = Callable[[World], None]


def _leave(world: World) -> None:
    """The remote stays as it is."""


@contextmanager
def no_intent_log() -> Iterator[Prepare]:
    """What was sent before a death is not known afterwards."""

    def forget(sender: Any, **how: Any) -> frozenset[int]:
        for intent in intents.open_intents(sender.bench):
            intents.close(intent, IntentState.ABSENT)
            if intent.op_kind == "create_there":
                link = Link.objects.get(pk=intent.link_id)
                intents.release_link(link, code="retry", reason="", now=sender.book.clock())
                mark_dirty(link.firm_id, link.connection_id, link.kind, [link.local_id], now=sender.book.clock())
        return frozenset()

    with patch.object(cycle, "recover", forget):
        yield _leave


@contextmanager
def no_waiting_for_the_lag() -> Iterator[Prepare]:
    """What is not shown at once was never stored."""

    def at_once(bench: Any, intent: Any, pair: Any) -> Any:
        return intent.last_sent_at - timedelta(hours=1)

    with patch.object(recover, "_settled_after", at_once):
        yield _leave


@contextmanager
def new_key_per_attempt() -> Iterator[Prepare]:
    """What is sent again goes under another key."""
    right = lost.sealed_again

    def again(sender: Any, connector: Any, pair: Any, intent: Any) -> Any:
        envelope = right(sender, connector, pair, intent)
        if envelope is not None:
            creations = [Creation(o.intent.body, intents.mark_of(sender.bench, o.link)) for o in envelope.outs]
            envelope.request = connector.ask_creates(pair.remote_type, creations, key=f"{intent.envelope} again")
        return envelope

    with patch.object(lost, "sealed_again", again):
        yield _leave


@contextmanager
def window_judged_at_planning() -> Iterator[Prepare]:
    """Whether a key may still be used is judged when the cycle begins, and not when the request leaves."""
    right, keyed = lost.sealed_again, intents.still_keyed

    def again(sender: Any, *args: Any) -> Any:
        with patch.object(intents, "still_keyed", lambda i, window, now: keyed(i, window, now=sender.book.begun)):
            return right(sender, *args)

    with patch.object(lost, "sealed_again", again):
        yield _leave


@contextmanager
def unresolved_not_gated() -> Iterator[Prepare]:
    """A record whose write got no answer is planned like any other."""
    with patch.object(decide, "gated", lambda subject: False), patch.object(make, "gated", lambda subject: False):
        yield _leave


@contextmanager
def recovered_record_as_base() -> Iterator[Prepare]:
    """A record that was found again counts as it stands, whoever changed it meanwhile."""
    right = there.Sender._base

    def base(self: Any, *args: Any, recovered: bool, **how: Any) -> Any:
        return right(self, *args, recovered=False, **how)

    with patch.object(there.Sender, "_base", base):
        yield _leave


@contextmanager
def one_base() -> Iterator[Prepare]:
    """Both sides are compared with what ours was."""

    def agree(link: Any, base: Mapping[str, Sequence[Any]], phase: Any) -> None:
        settle.agree(link, {name: [pair[0], pair[0]] for name, pair in base.items()}, phase)

    with patch.object(there, "agree", agree), patch.object(here, "agree", agree):
        yield _leave


@contextmanager
def sent_value_as_base() -> Iterator[Prepare]:
    """What was sent counts as stored, whatever the answer says is."""
    right = there.Sender._base

    def base(self: Any, *args: Any, recovered: bool, record: Any, **how: Any) -> Any:
        return right(self, *args, recovered=True, record=_untouchable(record), **how)

    with patch.object(there.Sender, "_base", base):
        yield _leave


def _untouchable(record: Any) -> Any:
    return type(record)(record.type, record.id, record.fields)


@contextmanager
def no_overlap() -> Iterator[Prepare]:
    """A list begins where the last one ended."""
    with (
        patch.object(capability.Capability, "overlap", property(lambda self: 0)),
        patch.object(observe, "_begun", lambda bench, caller, page: caller.server_time or observe.NEVER),
    ):
        yield _leave


@contextmanager
def gone_when_not_shown() -> Iterator[Prepare]:
    """What a whole list does not show is no more."""
    with patch.object(absent, "_ask", lambda *args: []):
        yield _leave


@contextmanager
def offset_paging() -> Iterator[Prepare]:
    """Pages are counted, and shift when somebody works."""

    def shift(world: World) -> None:
        world.remote.offset_paging = True

    yield shift


@contextmanager
def cursor_saved_before_pages() -> Iterator[Prepare]:
    """The cursor moves when a list begins."""
    right = observe._since

    def since(cursor: Any, *args: Any) -> Any:
        found = right(cursor, *args)
        Cursor.objects.filter(pk=cursor.pk).update(since=timezone.now())
        return found

    with patch.object(observe, "_since", since):
        yield _leave


@contextmanager
def last_writer_wins() -> Iterator[Prepare]:
    """Where both sides changed a field ours goes there, and nobody is told."""

    def step(way: Way, **how: Any) -> Step:
        right = step_for(way, **how)
        return Step.GIVE if right is Step.CONFLICT else right

    with patch.object(meet, "step_for", step):
        yield _leave


@contextmanager
def no_precondition() -> Iterator[Prepare]:
    """An update goes out whatever became of the record since the plan was made."""
    with ExitStack() as stack:
        stack.enter_context(patch.object(checks.Standing, "_theirs_moved", lambda *args: ""))
        prepared: list[World] = []

        def unguarded(world: World) -> None:
            connector = world.stage.connector
            right = type(connector).ask_update

            def ask(remote_type: str, remote_id: str, fields: Any, *, version: str | None) -> Any:
                return right(connector, remote_type, remote_id, fields, version=None)

            stack.enter_context(patch.object(connector, "ask_update", ask))
            prepared.append(world)

        yield unguarded
