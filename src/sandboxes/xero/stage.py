"""What the control door may do with this sandbox."""

from __future__ import annotations

from collections.abc import Mapping

from sandboxes.kit.errors import BadInput, Refused
from sandboxes.xero import accounts, contacts, documents, payments, render
from sandboxes.xero.books import Books
from sandboxes.xero.desk import Desk
from sandboxes.xero.seed import person, plant, read_settings
from sandboxes.xero.store import Record
from sandboxes.xero.world import World
from sandboxes.xero.writing import KINDS


class Stage:
    """The world, as the control door of the kit wants it."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.calls = world.calls
        self.clock = world.clock
        self.faults = world.faults

    def reset(self) -> None:
        """Everything as at the start, without organisations and apps."""
        self._world.reset()

    def move_clock(self, *, offset: object = None, advance: object = None) -> None:
        """Move the clock."""
        self._world.move_clock(offset=offset, advance=advance)

    def set_switches(self, values: object) -> None:
        """Turn switches."""
        self._world.set_switches(values)

    def read_switches(self) -> dict[str, object]:
        """Every switch with its value."""
        return dict(self._world.switches.all())

    def set_hooks(self, wanted: object) -> dict[str, object]:
        """Say where webhooks go: {"url", "key"}; with "intent", ask first what Xero asks. Raises BadInput."""
        if not isinstance(wanted, dict) or set(wanted) - {"url", "key", "intent"}:
            raise BadInput("A JSON object with url, key and intent was expected.")
        self._world.set_hooks(wanted)
        asked = {"intent": self._world.hooks.intent()} if wanted.get("intent") else {}
        return self._world.hooks.read() | asked

    def read_hooks(self) -> dict[str, object]:
        """Where they go, and how the last ones were answered."""
        return self._world.hooks.read()

    def seed(self, seed: object) -> dict[str, object]:
        """Plant a seed."""
        with self._world.lock:
            return plant(self._world, seed)

    def records(self, wanted: Mapping[str, str]) -> object:
        """All records of one kind of one organisation, whole, in the order in which they were made."""
        if set(wanted) != {"organisation", "kind"} or wanted["kind"] not in render.BY_KIND:
            raise BadInput(f"Give organisation, and kind: one of {', '.join(render.BY_KIND)}.")
        with self._world.lock:
            books = self._world.find(wanted["organisation"])
            draw = render.BY_KIND[wanted["kind"]]
            return {"records": [draw(books, row, True, 4) for row in books[wanted["kind"]].values()]}

    def edit(self, edit: object) -> dict[str, object]:
        """What a person does on a page: `do` is save, delete (a payment, an allocation) or settings. Raises Refused."""
        if not isinstance(edit, dict):
            raise BadInput("An edit is a JSON object.")
        with self._world.lock, self._world.log.unit():
            books = self._world.find(str(edit.get("organisation")))
            desk = self._world.desk(books, person(books), decimals=4)
            fields = edit.get("fields", {})
            if not isinstance(fields, dict):
                raise BadInput("fields: a JSON object was expected.")
            return self._edited(books, desk, edit, fields)

    def _edited(self, books: Books, desk: Desk, wanted: Record, fields: Record) -> dict[str, object]:
        kind, number = str(wanted.get("kind", "")), wanted.get("id")
        do = wanted.get("do", "save")
        if do == "settings":
            books.save_settings(**read_settings(fields))
            return render.organisation(books)
        if number is not None and number not in books.tables.get(kind, books.tables["contacts"]).rows:
            raise Refused(404, f"There is no {number} here.")
        if do == "delete" and kind == "payments":
            return render.payment(books, payments.delete(desk, str(number)), True, 4)
        if do == "delete" and kind == "creditnotes":
            return render.allocation(books, payments.take_back(desk, str(number), str(fields.get("AllocationID"))))
        if do == "allocate" and kind == "creditnotes":
            return render.allocation(books, payments.allocate(desk, str(number), fields)[1])
        if do != "save" or kind not in KINDS:
            raise BadInput("do is save, allocate, delete or settings, and kind a kind of record.")
        return render.BY_KIND[kind](books, self._saved(desk, kind, number, fields), True, 4)

    def _saved(self, desk: Desk, kind: str, number: object, fields: Record) -> Record:
        known = None if number is None else str(number)
        if kind == "contacts":
            return contacts.save(desk, fields, create=known is None, number=known, person=True)
        if kind in ("invoices", "creditnotes"):
            form = documents.INVOICE if kind == "invoices" else documents.CREDIT
            return documents.save(desk, form, fields, create=known is None, number=known)
        id_field = {"accounts": "AccountID", "items": "ItemID", "taxrates": "TaxType"}.get(kind)
        sent = fields if known is None or id_field is None else fields | {id_field: known}
        if kind == "accounts" and known is not None:
            return accounts.save_account(desk, fields, number=known)
        return KINDS[kind].save(desk, sent, known is None)
