"""Background work: asked for in a transaction, run once, taken up again after a kill."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, transaction
from django.utils import timezone

from instep.base.audit.models import AuditEntry
from instep.base.identity.actor import Actor
from instep.base.tasks.actions import cancel_task, enqueue, retry_task
from instep.base.tasks.execution import MOST_TRIES, RunningTask, claim, execute, give_back, sweep
from instep.base.tasks.models import Executor, Task
from instep.base.tasks.queries import live_tasks, task_of
from instep.base.tasks.registry import TaskContext, function_of, task
from instep.base.tasks.runner import ExecutorTaken, Runner, purge, run_inline
from instep.base.tasks.states import TaskState
from instep.kernel.errors import BadValue, NotFound, WrongState
from tests.base.threads import together
from tests.cast import Cast

ROOT = Path(__file__).parents[2]


@task("add")
def _add(context: TaskContext) -> dict[str, Any]:
    context.progress(1, 2, "half way")
    return {"sum": context.arguments["a"] + context.arguments["b"], "by": context.by.name}


@task("refuse")
def _refuse(context: TaskContext) -> None:
    raise BadValue(field="row 3", problem="has no name")


@task("break")
def _break(context: TaskContext) -> None:
    raise ZeroDivisionError("secret token 123")


@task("busy")
def _busy(context: TaskContext) -> None:
    raise OperationalError("database is locked")


@pytest.mark.django_db
def test_a_task_is_done_once_with_the_rights_of_who_asked(cast: Cast) -> None:
    row = enqueue(cast.firm, "add", {"a": 1, "b": 2}, cast.cy)
    done = run_inline(row)
    assert (done.state, done.result, done.message, done.total_count) == ("done", {"sum": 3, "by": "Cy"}, "half way", 2)
    assert run_inline(done).attempt == 1
    for asker in (cast.cy, Actor.connection(cast.firm, 3, "tiny+"), cast.system):
        context = RunningTask(enqueue(cast.firm, "add", {}, asker), lambda: False)
        assert context.by == asker
    with pytest.raises(NotFound):
        run_inline(enqueue(None, "add", {"a": 1, "b": 1}, None))


@pytest.mark.django_db
def test_a_key_makes_asking_twice_one_task(cast: Cast) -> None:
    first = enqueue(cast.firm, "add", {"a": 1}, cast.ada, key="import:7")
    assert enqueue(cast.firm, "add", {"a": 2}, cast.bo, key="import:7") == first
    assert enqueue(cast.other_firm, "add", {}, cast.odo, key="import:7") != first
    system = enqueue(None, "add", {}, None, key="daily")
    assert enqueue(None, "add", {}, None, key="daily") == system
    with pytest.raises(NotFound):
        enqueue(cast.firm, "add", {}, cast.odo)
    with pytest.raises(TypeError):
        enqueue(cast.firm, "add", {"day": dt.date(2026, 1, 1)}, cast.ada)
    with pytest.raises(NotFound):
        task_of(cast.other_firm, first.pk)
    assert list(live_tasks(cast.firm)) == [first]


@pytest.mark.django_db
def test_a_task_asked_for_in_a_transaction_that_fails_is_never_there(cast: Cast) -> None:
    with transaction.atomic():
        enqueue(cast.firm, "add", {}, cast.ada)
        transaction.set_rollback(True)
    assert not Task.objects.exists()


@pytest.mark.django_db
def test_what_went_wrong_is_told_without_its_secrets(cast: Cast, caplog: pytest.LogCaptureFixture) -> None:
    refused = run_inline(enqueue(cast.firm, "refuse", {}, cast.ada), reraise=False)
    assert (refused.state, refused.error_code, refused.error) == ("failed", "bad_value", "row 3: has no name")
    broken = run_inline(enqueue(cast.firm, "break", {}, cast.ada), reraise=False)
    assert (broken.state, broken.error_code) == ("failed", "fault")
    assert "ZeroDivisionError" in broken.error
    assert "123" not in broken.error
    assert "secret token 123" in caplog.text
    unknown = run_inline(enqueue(cast.firm, "nobody does this", {}, cast.ada))
    assert unknown.error_code == "unknown_task"
    with pytest.raises(ZeroDivisionError):
        run_inline(enqueue(cast.firm, "break", {}, cast.ada))
    again = retry_task(broken, by=cast.ada)
    assert (again.state, again.error, again.tries) == ("queued", "", 0)


@pytest.mark.django_db
def test_a_busy_database_only_delays_a_task_but_not_for_ever(cast: Cast) -> None:
    row = enqueue(cast.firm, "busy", {}, cast.ada)
    states = [run_inline(row, reraise=False).state for _ in range(MOST_TRIES)]
    assert states == ["queued"] * (MOST_TRIES - 1) + ["failed"]


@pytest.mark.django_db
def test_a_task_ends_at_its_next_step_when_it_is_cancelled_or_the_worker_stops(cast: Cast) -> None:
    reached: list[str] = []

    @task("cancelled on the way")
    def _cancelled(context: TaskContext) -> None:
        cancel_task(Task.objects.get(pk=context.task_id), by=cast.bo)
        try:
            context.progress(1, 1)
            reached.append("behind")
        except Exception:
            reached.append("swallowed")

    row = run_inline(enqueue(cast.firm, "cancelled on the way", {}, cast.ada))
    assert (row.state, row.message, reached) == ("cancelled", "Cancelled by Bo", [])
    with pytest.raises(WrongState):
        cancel_task(row, by=cast.ada)
    with pytest.raises(NotFound):
        retry_task(row, by=cast.odo)

    enqueue(cast.firm, "add", {"a": 1, "b": 1}, cast.ada)
    [claimed] = claim("w1", 4, timezone.now())
    with pytest.raises(WrongState):
        retry_task(claimed, by=cast.ada)
    execute(claimed.pk, claimed.attempt, lambda: True)
    claimed.refresh_from_db()
    assert (claimed.state, claimed.tries, claimed.attempt) == ("queued", 0, 1)


@pytest.mark.django_db
def test_who_lost_the_claim_writes_nothing(cast: Cast) -> None:
    row = enqueue(cast.firm, "add", {"a": 1, "b": 1}, cast.ada)
    [first] = claim("w1", 1, timezone.now())
    assert claim("w2", 1, timezone.now()) == []
    give_back("w1", [(row.pk, 1)], timezone.now())
    assert claim("w2", 1, timezone.now()) == []
    give_back("w1", (), timezone.now())
    [second] = claim("w2", 1, timezone.now())
    execute(first.pk, first.attempt)
    row.refresh_from_db()
    assert (row.state, row.executor, row.attempt) == ("running", "w2", 2)
    execute(second.pk, second.attempt)
    row.refresh_from_db()
    assert row.state == TaskState.DONE


@pytest.mark.django_db(transaction=True)
def test_executors_that_claim_at_the_same_moment_never_get_one_task_twice(cast: Cast) -> None:
    rows = [enqueue(cast.firm, "add", {}, cast.ada) for _ in range(40)]

    def work(number: int) -> list[int]:
        taken: list[int] = []
        while found := claim(f"w{number}", 3, timezone.now()):
            taken.extend(row.pk for row in found)
        return taken

    taken = [pk for taken_by_one in together(4, work) for pk in taken_by_one]
    assert sorted(taken) == [row.pk for row in rows]
    assert set(Task.objects.values_list("attempt", flat=True)) == {1}


@pytest.mark.django_db
def test_tasks_of_a_silent_executor_are_queued_again_and_given_up_in_the_end(cast: Cast) -> None:
    now = timezone.now()
    Executor.objects.create(name="silent", session="a", beat_at=now - dt.timedelta(seconds=61))
    Executor.objects.create(name="lively", session="b", beat_at=now - dt.timedelta(seconds=59))
    rows = {name: enqueue(cast.firm, "add", {}, cast.ada) for name in ("silent", "lively", "never heard of")}
    for name in rows:
        claim(name, 1, now)
    assert sweep(now) == 2
    states = {name: Task.objects.get(pk=row.pk).state for name, row in rows.items()}
    assert states == {"silent": "queued", "lively": "running", "never heard of": "queued"}
    assert sweep(now) == 0
    for _ in range(MOST_TRIES):
        claim("silent", 9, now)
        sweep(now)
    lost = Task.objects.get(pk=rows["silent"].pk)
    assert (lost.state, lost.error_code) == ("failed", "worker_lost")
    Task.objects.filter(pk=lost.pk).update(finished_at=now - dt.timedelta(days=91))
    assert purge(now) == 1


def test_a_name_belongs_to_one_function() -> None:
    with pytest.raises(ValueError, match="two functions"):
        task("add")(_refuse)
    assert task("add")(_add) is _add
    assert function_of("add") is _add


def _wait(what: Callable[[], bool], seconds: float = 45) -> float:
    start = time.monotonic()
    while not what():
        assert time.monotonic() - start < seconds, "it never happened"
        time.sleep(0.02)
    return time.monotonic() - start


def _notes(row: Task) -> list[str]:
    rows = AuditEntry.objects.of(row.firm_id).filter(event="step.taken", record_id=row.pk)
    return list(rows.order_by("id").values_list("note", flat=True))


@pytest.fixture
def workers() -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """Start a worker process by executor name and wait until it is ready; all are killed at the end."""
    started: list[subprocess.Popen[str]] = []

    def start(executor: str) -> subprocess.Popen[str]:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), *sys.path])}
        command = [
            sys.executable,
            "-W",
            "error::DeprecationWarning:instep",
            str(Path(__file__).parent / "worker_process.py"),
        ]
        process = subprocess.Popen([*command, executor], env=environment, stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


@pytest.mark.django_db(transaction=True)
def test_a_killed_worker_goes_on_where_it_was_and_another_takes_over_from_one_that_stays_away(
    cast: Cast, workers: Callable[[str], subprocess.Popen[str]]
) -> None:
    row = enqueue(cast.firm, "eight steps", {}, cast.ada)
    first = workers("w1")
    _wait(lambda: len(_notes(row)) >= 2)
    first.kill()
    first.wait()
    assert Task.objects.get(pk=row.pk).state == "running"
    before = len(_notes(row))
    second = workers("w1")
    took = _wait(lambda: len(_notes(row)) > before)
    assert took < 20  # at once: without it the sweep would take a minute
    second.kill()
    second.wait()
    third = workers("w2")
    sweep(timezone.now() + dt.timedelta(minutes=2))
    _wait(lambda: Task.objects.get(pk=row.pk).state == "done")
    assert [note.split()[0] for note in _notes(row)] == [str(step) for step in range(8)]
    assert len({note.split()[1] for note in _notes(row)}) == 3
    done = Task.objects.get(pk=row.pk)
    assert (done.attempt, done.executor, done.result) == (3, "w2", {"steps": 8})

    # A worker that is told to end puts its work back, and ends by itself.
    other = enqueue(cast.firm, "eight steps", {}, cast.ada)
    _wait(lambda: len(_notes(other)) >= 1)
    third.terminate()
    assert third.wait(timeout=15) == 0
    other.refresh_from_db()
    assert (other.state, other.executor) == ("queued", "")


@pytest.mark.django_db(transaction=True)
def test_a_runner_does_many_tasks_with_few_hands_and_gives_way_to_its_successor(cast: Cast) -> None:
    now = timezone.now()
    runner = Runner("w1", limit=3, now=now)
    try:
        rows = [enqueue(cast.firm, "add", {"a": n, "b": n}, cast.ada) for n in range(12)]
        assert runner.poll_once(now) == 3
        _wait(lambda: runner.poll_once(now) == 0 and not live_tasks(cast.firm).exists())
        assert [Task.objects.get(pk=row.pk).result["sum"] for row in rows] == [2 * n for n in range(12)]
        runner.poll_once(now + dt.timedelta(days=2))
        Executor.objects.filter(name="w1").update(session="somebody else")
        with pytest.raises(ExecutorTaken):
            runner.poll_once(now + dt.timedelta(days=3))
    finally:
        runner.close()
