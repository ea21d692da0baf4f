"""A person at the pages of connections, with a worker who works when told."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.test import Client
from django.urls import reverse

from instep.base.tasks.models import Task
from instep.base.tasks.runner import run_inline
from instep.connect.models import Connection
from tests.connect.rig import TOKEN, Rig

HTMX = {"HX-Request": "true"}


@dataclass
class Desk:
    """`ada` may do everything; `as_user` opens another browser."""

    rig: Rig
    as_user: Callable[[str], Client]
    ada: Client = field(init=False)

    def __post_init__(self) -> None:
        self.ada = self.as_user("ada")

    @property
    def address(self) -> str:
        """Of the sandbox, as a person types it."""
        return f"{self.rig.address}/v2/"

    def connect(self, **typed: str) -> Any:
        """Fill in the form and press Connect."""
        said = {"token": TOKEN, "address": self.address, **typed}
        return self.ada.post(reverse("connect:new", args=["tinyplus"]), said)

    @property
    def connection(self) -> Connection:
        return Connection.objects.order_by("-id")[0]

    def url(self, name: str, *more: Any) -> str:
        """A page of the connection."""
        return reverse(f"connect:{name}", args=[self.connection.pk, *more])

    def work(self) -> None:
        """The worker does what is queued."""
        for task in Task.objects.filter(state="queued").order_by("id"):
            run_inline(task, reraise=False)

    def cycle(self) -> None:
        """The worker runs the connection until it is at rest."""
        self.rig.connection = self.connection
        self.rig.settle()

    def linked(self) -> None:
        """Connected, previewed, approved and at rest."""
        self.connect()
        self.work()
        plan = self.ada.get(self.url("preview")).context["plan"]
        if plan is None:
            self.ada.post(self.url("start"))
        else:
            self.ada.post(reverse("connect:approve", args=[plan.pk]))
        self.cycle()

    def text(self, url: str, client: Client | None = None, **how: Any) -> str:
        """What a person reads on a page."""
        answer = (client or self.ada).get(url, **how)
        assert answer.status_code == 200, (url, answer.status_code)
        return readable(answer)


def readable(answer: Any) -> str:
    """The words of a page, without its shell and its tags."""
    text = answer.content.decode()
    text = text.split("<main", 1)[-1].partition(">")[2] if "<main" in text else text
    text = re.sub(r"</?(ins|del)>", "", text.split("</main>", 1)[0])
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())
