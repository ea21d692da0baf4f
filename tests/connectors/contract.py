"""What every connector promises, tried over the real wire against the sandbox of its remote.

A connector's test subclasses `ConnectorContract` and says how its remote's stage is set (`RemoteStage`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import islice
from typing import Any, ClassVar, Protocol

import pytest

from instep.connect.capability import pages
from instep.connect.fieldmap import Choice, Field, Place, RecordMap, Reference
from instep.connect.protocols import (
    BadReply,
    Connector,
    Gone,
    NeedsPerson,
    Rejected,
    RemoteRecord,
    RemoteTrouble,
    Reply,
    Request,
    TryLater,
)
from instep.connect.translate import canon_ours, canon_theirs
from instep.connect.transport import HttpTransport
from instep.kernel.records.kinds import FieldType, samples
from tests.connectors.sandbox import Sandbox

PLACE = Place()
MARKER = "instep:contract:1"
AWKWARD = ("Grüße – 東京 🏗️ “quotes” \\ / % & + ; <b>", "'; DROP TABLE x; --", "0", "{}", "null", "é" * 30)


class RemoteStage(Protocol):
    """One account of the remote, as a test may set it."""

    address: str
    """Where the connector is pointed to."""
    secret: Mapping[str, str]
    wrong_secret: Mapping[str, str]

    def seed(self, remote_type: str, count: int) -> list[str]:
        """Add that many records; their ids in order."""
        ...

    def edit(self, remote_type: str, remote_id: str, field: str, value: Any) -> None:
        """A person changes one text field there."""
        ...

    def delete(self, remote_type: str, remote_id: str) -> None: ...


class Line:
    """A connector on its wire: asks, signs, sends and reads as the engine does."""

    def __init__(self, connector: Connector, transport: HttpTransport, secret: Mapping[str, str]) -> None:
        self.connector, self.transport, self.secret = connector, transport, secret
        self.last: Reply | None = None

    def send(self, request: Request) -> Reply:
        assert not any(value in repr(request) for value in self.secret.values())
        self.last = self.transport.send(self.connector.sign(request, self.secret))
        return self.last

    def create(self, remote_type: str, fields: Mapping[str, Any], marker: str = MARKER) -> RemoteRecord:
        request = self.connector.ask_create(remote_type, fields, marker=marker)
        return self.connector.read_record(remote_type, request, self.send(request))

    def update(self, record: RemoteRecord, fields: Mapping[str, Any]) -> RemoteRecord:
        request = self.connector.ask_update(record.type, record.id, fields, version=record.version)
        return self.connector.read_record(record.type, request, self.send(request))

    def read(self, remote_type: str, remote_id: str) -> RemoteRecord:
        request = self.connector.ask_record(remote_type, remote_id)
        return self.connector.read_record(remote_type, request, self.send(request))

    def pages(self, remote_type: str, since: datetime | None = None) -> Iterator[list[RemoteRecord]]:
        after = None
        while True:
            request = self.connector.ask_page(remote_type, since=since, after=after)
            page = self.connector.read_page(remote_type, request, self.send(request))
            yield list(page.records)
            after = page.next_after
            if after is None:
                return

    def all(self, remote_type: str, since: datetime | None = None) -> list[RemoteRecord]:
        return [r for page in islice(self.pages(remote_type, since), 50) for r in page]


class ConnectorContract:
    """Subclass it as TestX with the four things below."""

    connector: ClassVar[Connector]
    sandbox_name: ClassVar[str]
    choices: ClassVar[Mapping[str, Sequence[str]]] = {}
    """Remote values that each domain's list has on the stage."""
    in_order: ClassVar[bool] = True
    """Lists come in the order in which records were made, so that a new one never moves an old one to a later page."""

    def set_stage(self, sandbox: Sandbox) -> RemoteStage:
        """An empty account on a sandbox that was reset."""
        raise NotImplementedError

    @pytest.fixture
    def sandbox(self, sandbox_of: Callable[[str], Sandbox]) -> Sandbox:
        running = sandbox_of(self.sandbox_name)
        running.reset()
        return running

    @pytest.fixture
    def stage(self, sandbox: Sandbox) -> RemoteStage:
        return self.set_stage(sandbox)

    @pytest.fixture
    def line(self, stage: RemoteStage) -> Iterator[Line]:
        with HttpTransport(stage.address, timeout_seconds=5) as transport:
            yield Line(self.connector, transport, stage.secret)

    @pytest.fixture(params=["staff", "organisation", "contact", "job"])
    def record_map(self, request: pytest.FixtureRequest) -> RecordMap:
        if request.param not in self.connector.maps:
            pytest.skip(f"{self.connector.title} has no {request.param}")
        return self.connector.maps[request.param]

    def plainest(self, record_map: RecordMap, label: str = "Contract") -> dict[str, Any]:
        """The fewest fields of theirs that make a record."""
        return {
            f.theirs: record_map.lens(f).to_theirs(_required(record_map, f, label), known=None, place=PLACE)
            for f in record_map.fields
            if record_map.kind.field(f.ours).required
        }

    def operation(self, word: str, remote_type: str) -> str:
        """What the sandbox calls a call of this kind: list, read, create or update."""
        return f"{word} {remote_type}"

    def once_more(self, record_map: RecordMap, sent: Mapping[str, Any]) -> Mapping[str, Any]:
        """The same values for another record, where the remote wants some of them to be unique."""
        return sent

    def in_their_order(self, ids: Sequence[str]) -> list[str]:
        """As they came where the remote's order is promised, else sorted."""
        return list(ids) if self.in_order else sorted(ids)

    def values_of(self, record_map: RecordMap, f: Field, line: Line) -> list[Any]:
        """Values of theirs to try in a field, with their own plain and awkward ones."""
        if isinstance(f.lens, Choice):
            return list(self.choices[f.lens.domain])
        if isinstance(f.lens, Reference):
            target = self.connector.maps[f.lens.kind]
            made = [line.create(target.remote_type, self.plainest(target, f"Target {n}"), f"t{n}") for n in (1, 2)]
            return [record.id for record in made]
        type_ = record_map.kind.field(f.ours).type
        ours = list(samples(type_))
        if type_ in (FieldType.TEXT, FieldType.MULTILINE):
            ours += AWKWARD
        theirs = [record_map.lens(f).to_theirs(value, known=None, place=PLACE) for value in ours]
        if f.max_length is not None:
            theirs = [t for t in theirs if t is None or len(t) <= f.max_length]
            if type_ in (FieldType.TEXT, FieldType.MULTILINE):
                theirs.append("x" * (f.max_length - 1) + "é")
        if record_map.kind.field(f.ours).required:
            theirs = [t for t in theirs if canon_theirs(record_map, f, t, PLACE) is not None]
        return theirs

    def assert_same(self, record_map: RecordMap, f: Field, found: RemoteRecord, sent: Any) -> None:
        assert f.theirs in found.fields, f"{f.theirs} is not shown"
        shown = found.fields[f.theirs]
        assert canon_theirs(record_map, f, shown, PLACE) == canon_theirs(record_map, f, sent, PLACE), f.theirs
        if not isinstance(f.lens, Choice | Reference):
            lens = record_map.lens(f)
            assert canon_ours(record_map, f, lens.to_ours(shown, known=None, place=PLACE), PLACE) == canon_ours(
                record_map, f, lens.to_ours(sent, known=None, place=PLACE), PLACE
            )

    # --- who it is ---------------------------------------------------------------------------------------------------

    def test_it_says_which_account_answers_and_always_the_same(self, line: Line) -> None:
        told = [self.connector.read_identity(line.send(self.connector.ask_identity())) for _ in range(2)]

        assert told[0] == told[1]
        assert told[0].tenant
        assert told[0].title

    def test_every_answer_tells_the_servers_time(self, line: Line, record_map: RecordMap) -> None:
        list(line.pages(record_map.remote_type))

        assert line.last is not None
        assert parsedate_to_datetime(line.last.headers["date"]).tzinfo is not None

    # --- fields ------------------------------------------------------------------------------------------------------

    @pytest.mark.capability("A-17", "A-18", "A-22", "A-23", "A-24", "X-12")
    def test_every_mapped_field_keeps_every_value_through_create_and_update(
        self, line: Line, record_map: RecordMap
    ) -> None:
        tried = {f.ours: self.values_of(record_map, f, line) for f in record_map.fields}
        old = line.create(record_map.remote_type, self.plainest(record_map))
        for turn in range(max(len(values) for values in tried.values())):
            values = {f.theirs: tried[f.ours][turn % len(tried[f.ours])] for f in record_map.fields}
            for write in (
                lambda sent: line.create(record_map.remote_type, sent, f"{MARKER}:{turn}"),  # noqa: B023
                lambda sent: line.update(old, sent),
            ):
                sent = self.once_more(record_map, values)
                stored = write(sent)
                again = line.read(record_map.remote_type, stored.id)
                assert again.fields == stored.fields, "the answer to a write is what is stored"
                for f in record_map.fields:
                    self.assert_same(record_map, f, again, sent[f.theirs])

    def test_an_update_changes_its_field_and_no_other_and_can_empty_it(self, line: Line, record_map: RecordMap) -> None:
        full = {f.theirs: self.values_of(record_map, f, line)[-1] for f in record_map.fields}
        record = line.create(record_map.remote_type, full)
        before = line.read(record_map.remote_type, record.id)
        for f in record_map.fields:
            for value in [full[f.theirs]] if record_map.kind.field(f.ours).required else [None, full[f.theirs]]:
                if isinstance(f.lens, Choice) and value is None:
                    continue
                line.update(record, {f.theirs: value})
                now = line.read(record_map.remote_type, record.id)
                self.assert_same(record_map, f, now, value)
                others = {n: v for n, v in now.fields.items() if n != f.theirs}
                assert others == {n: v for n, v in before.fields.items() if n != f.theirs}, f.theirs

    def test_a_text_that_is_too_long_is_refused_and_the_field_is_named(self, line: Line, record_map: RecordMap) -> None:
        for f in record_map.fields:
            if f.max_length is None:
                continue
            with pytest.raises(Rejected) as caught:
                line.create(
                    record_map.remote_type,
                    self.plainest(record_map) | {f.theirs: "x" * (f.max_length + 1)},
                )
            assert record_map.kind.field(f.ours).label in caught.value.sentence
        assert not any(r.marker == MARKER for r in line.all(record_map.remote_type)), "nothing was stored"

    @pytest.mark.capability("A-18")
    def test_a_record_that_we_made_is_found_again_by_its_mark(self, line: Line, record_map: RecordMap) -> None:
        made = line.create(record_map.remote_type, self.plainest(record_map))
        line.update(made, self.plainest(record_map, "Another"))

        assert [r.id for r in line.all(record_map.remote_type) if r.marker == MARKER] == [made.id]
        assert line.read(record_map.remote_type, made.id).url

    # --- lists -------------------------------------------------------------------------------------------------------

    def test_a_list_is_read_whole_with_the_fewest_calls(
        self, line: Line, stage: RemoteStage, sandbox: Sandbox, record_map: RecordMap
    ) -> None:
        remote_type = record_map.remote_type
        capability = self.connector.capabilities[remote_type]
        there = [r.id for r in line.all(remote_type)]
        most = capability.page_max
        for count in (0, 1, most, most + 1, 3 * most):
            there += stage.seed(remote_type, count - len(there))
            before = sum(sandbox.calls().values())

            assert self.in_their_order([r.id for r in line.all(remote_type)]) == self.in_their_order(there)
            assert sum(sandbox.calls().values()) - before == pages(len(there), capability)

    def test_nothing_is_missed_while_people_edit_between_the_pages(
        self, line: Line, stage: RemoteStage, record_map: RecordMap
    ) -> None:
        remote_type = record_map.remote_type
        text = next(f.theirs for f in record_map.fields if record_map.kind.field(f.ours).required)
        stage.seed(remote_type, 2 * self.connector.capabilities[remote_type].page_max + 5)
        there = [r.id for r in line.all(remote_type)]
        gone, found = set[str](), list[str]()
        for page in line.pages(remote_type):
            found += [r.id for r in page]
            ahead = [i for i in there if i not in gone and i not in found]
            for remote_id in (page[0].id, *ahead[-1:]):
                stage.edit(remote_type, remote_id, text, f"Changed after {len(found)}")
            for remote_id in (page[1].id, *ahead[:1]):
                stage.delete(remote_type, remote_id)
                gone.add(remote_id)
            stage.seed(remote_type, 1)

        assert not self.in_order or len(found) == len(set(found))
        assert set(there) - gone <= set(found)

    def test_only_what_changed_since_a_stamp_comes(
        self, line: Line, stage: RemoteStage, sandbox: Sandbox, record_map: RecordMap
    ) -> None:
        remote_type = record_map.remote_type
        text = next(f.theirs for f in record_map.fields if record_map.kind.field(f.ours).required)
        first, second, _ = stage.seed(remote_type, 3)
        sandbox.advance(60)
        stage.edit(remote_type, second, text, "Changed later")
        changed = line.read(remote_type, second)
        assert changed.stamp is not None
        since = changed.stamp - timedelta(seconds=self.connector.capabilities[remote_type].overlap)

        assert [r.id for r in line.all(remote_type, since=since)] == [second]
        sandbox.advance(60)
        stage.edit(remote_type, first, text, "Changed last")
        assert first in [r.id for r in line.all(remote_type, since=changed.stamp)][: 1 if self.in_order else 2]
        sandbox.advance(3600)
        assert line.all(remote_type, since=changed.stamp + timedelta(seconds=3000)) == []

    # --- troubles ----------------------------------------------------------------------------------------------------

    def work(self, line: Line, record: RemoteRecord, record_map: RecordMap) -> dict[str, Callable[[], Any]]:
        """One of each call, by the first word of its operation."""
        return {
            "list": lambda: line.all(record_map.remote_type),
            "read": lambda: line.read(record_map.remote_type, record.id),
            "create": lambda: line.create(record_map.remote_type, self.plainest(record_map)),
            "update": lambda: line.update(record, self.plainest(record_map, "Another")),
        }

    FAULTS: ClassVar[Mapping[str, tuple[Mapping[str, Any], type[RemoteTrouble] | tuple[type[RemoteTrouble], ...]]]] = {
        "limit": ({"do": "status", "status": 429, "headers": {"Retry-After": "26"}}, TryLater),
        "server error": ({"do": "status", "status": 500}, TryLater),
        "unavailable": ({"do": "status", "status": 503}, TryLater),
        "html": ({"do": "html"}, BadReply),
        "truncated": ({"do": "truncate"}, (BadReply, TryLater)),
        "dropped before": ({"do": "drop_before"}, TryLater),
        "dropped after": ({"do": "drop_after"}, TryLater),
    }

    @pytest.mark.parametrize("fault", FAULTS)
    def test_whatever_goes_wrong_on_the_way_is_named_by_what_to_do_next(
        self, line: Line, stage: RemoteStage, sandbox: Sandbox, record_map: RecordMap, fault: str
    ) -> None:
        script, kinds = self.FAULTS[fault]
        record = line.read(record_map.remote_type, stage.seed(record_map.remote_type, 1)[0])
        for word, call in self.work(line, record, record_map).items():
            sandbox.faults({**script, "operation": self.operation(word, record_map.remote_type), "times": 1})
            with pytest.raises(RemoteTrouble) as caught:
                call()

            assert isinstance(caught.value, kinds), f"{word}: {caught.value!r}"
            assert not any(secret in caught.value.sentence + caught.value.detail for secret in stage.secret.values())
            assert getattr(caught.value, "untouched", False) == (fault == "limit")
            if fault == "limit":
                assert getattr(caught.value, "after_seconds", None) == 26
            call()  # once it is over, the same call goes through

    def test_what_was_created_without_an_answer_is_there_under_its_mark_and_what_was_not_is_not(
        self, line: Line, sandbox: Sandbox, record_map: RecordMap
    ) -> None:
        operation = self.operation("create", record_map.remote_type)
        for turn, (do, there) in enumerate({"drop_before": 0, "drop_after": 1, "truncate": 1, "html": 0}.items()):
            sandbox.faults({"do": do, "operation": operation, "times": 1})
            with pytest.raises((TryLater, BadReply)):
                line.create(record_map.remote_type, self.plainest(record_map), f"{MARKER}:{turn}")

            found = [r for r in line.all(record_map.remote_type) if r.marker == f"{MARKER}:{turn}"]
            assert len(found) == there, do

    def test_an_answer_that_comes_too_late_leaves_the_outcome_open(
        self, stage: RemoteStage, line: Line, sandbox: Sandbox, record_map: RecordMap
    ) -> None:
        operation, before = self.operation("create", record_map.remote_type), len(line.all(record_map.remote_type))
        sandbox.faults({"do": "delay", "seconds": 0.4, "operation": operation, "times": 1})
        with HttpTransport(stage.address, timeout_seconds=0.15) as hasty, pytest.raises(TryLater) as caught:
            Line(self.connector, hasty, stage.secret).create(record_map.remote_type, self.plainest(record_map))

        assert not caught.value.untouched
        assert any(len(line.all(record_map.remote_type)) > before for _ in range(5_000)), "it takes effect all the same"

    def test_an_ended_token_asks_for_a_person_and_is_not_repeated(
        self, stage: RemoteStage, line: Line, record_map: RecordMap
    ) -> None:
        record = line.read(record_map.remote_type, stage.seed(record_map.remote_type, 1)[0])
        for call in self.work(Line(self.connector, line.transport, stage.wrong_secret), record, record_map).values():
            with pytest.raises(NeedsPerson) as caught:
                call()

            assert not any(s in f"{caught.value!r}{caught.value.detail}" for s in stage.wrong_secret.values())

    def test_a_record_that_was_removed_is_gone_and_no_longer_listed(
        self, line: Line, stage: RemoteStage, record_map: RecordMap
    ) -> None:
        remote_type = record_map.remote_type
        kept, removed = stage.seed(remote_type, 2)
        record = line.read(remote_type, removed)
        stage.delete(remote_type, removed)

        with pytest.raises(Gone):
            line.read(remote_type, removed)
        with pytest.raises(Gone):
            line.update(record, self.plainest(record_map, "Another"))
        assert removed not in [r.id for r in line.all(remote_type)]
        assert line.read(remote_type, kept).id == kept


def _required(record_map: RecordMap, f: Field, label: str) -> Any:
    if record_map.kind.field(f.ours).type is FieldType.NAME:
        return {"first": label, "last": "Person"}
    return label
