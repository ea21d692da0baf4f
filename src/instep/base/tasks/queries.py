"""Questions about tasks."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Max, QuerySet

from instep.base.tasks.models import Executor, Task
from instep.base.tasks.states import LIVE


def task_of(firm: Any, pk: Any) -> Task:
    """The firm's task with this id; NotFound otherwise."""
    return Task.objects.get_of(firm, pk, what="task")


def tasks_of(firm: Any) -> QuerySet[Task]:
    """The firm's tasks, newest first."""
    return Task.objects.of(firm).order_by("-id")


def live_tasks(firm: Any, name: str | None = None) -> QuerySet[Task]:
    """The firm's queued and running tasks, oldest first."""
    rows = Task.objects.of(firm).filter(state__in=LIVE).order_by("id")
    return rows if name is None else rows.filter(name=name)


def worker_seen_at() -> dt.datetime | None:
    """When any worker last said that it lives; None when there never was one. Without a worker nothing moves."""
    return Executor.objects.aggregate(last=Max("beat_at"))["last"]
