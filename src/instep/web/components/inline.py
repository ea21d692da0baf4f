"""Fields edited in place: declared once a kind, shown with their owners, saved one at a time by an action."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django_htmx.http import trigger_client_event

from instep.base.identity.actor import Actor
from instep.base.ownership.models import FieldOwner
from instep.base.ownership.owners import owners_of
from instep.base.records.outcomes import Outcome
from instep.kernel.errors import BadValue, Caution, NotFound, Refusal, StaleVersion
from instep.kernel.records.kinds import FieldType, RecordField
from instep.web.components import values
from instep.web.components.formats import Form
from instep.web.shell.refusals import accepted, problem_of, refusal_response
from instep.web.shell.request import FirmRequest

Choices = Callable[[FirmRequest, Any], Sequence[tuple[str, Any]]]


@dataclass(frozen=True)
class EditField:
    """One field of a record's page.

    `label`, or `term` of the vocabulary. `choices` gives (value, label) pairs for a choice or a short reference;
    `picker` names the URL that answers a long one (see `picker_options`). `why` tells, of a field that is not edited
    here, what makes it. `right` is what editing needs, beside the record's own.
    """

    name: str
    type: FieldType = FieldType.TEXT
    label: Any = ""
    term: str = ""
    required: bool = False
    max_length: int | None = None
    choices: Choices | None = None
    picker: str = ""
    editable: bool = True
    why: Any = ""
    right: str = ""
    help: Any = ""

    @classmethod
    def of(cls, source: RecordField, **changes: Any) -> EditField:
        """From the shared record words, so that type, length and need are said once."""
        made = cls(source.name, source.type, source.label, required=source.required, max_length=source.max_length)
        return replace(made, **changes)


@dataclass(frozen=True)
class ShownField:
    """One field as the template prints it."""

    id: str
    name: str
    label: str
    input: str
    html: Any
    typed: str
    parts: Mapping[str, str]
    editable: bool
    url: str
    version: int
    owner: FieldOwner | None = None
    why: str = ""
    href: str = ""
    required: bool = False
    max_length: int | None = None
    choices: Sequence[tuple[str, Any]] = ()
    picker_url: str = ""
    help: str = ""
    travels: str = ""
    state: str = ""
    problem: str = ""
    warning: str = ""
    current: Any = ""

    @property
    def chosen(self) -> str:
        """The text of a reference in its picker."""
        return str(self.html)


@dataclass(frozen=True)
class FieldEdit:
    """What `save` is asked to do: pass it on to the action. `value` is the JSON value of the field's type."""

    record: Any
    name: str
    value: Any
    by: Actor
    expected_version: int | None
    accepted: frozenset[str]


@dataclass(frozen=True)
class RecordFields:
    """The fields of one kind of record.

    `kind` as ownership knows it. `url_name` answers for one field, with the record's key and the field's name. `read`
    gives {field: JSON value} of a record; `labels` what a reference reads as, and where it leads, where that is not
    among the choices. `save` calls the action and returns its Outcome, or the record. `right` is what editing needs.
    `travels` tells of a record how its fields go to other systems, in a sentence each.
    """

    kind: str
    url_name: str
    fields: Sequence[EditField]
    read: Callable[[Any], Mapping[str, Any]]
    save: Callable[[FieldEdit], Any]
    right: str = ""
    labels: Callable[[Any], Mapping[str, tuple[str, str]]] = field(default=lambda record: {})
    travels: Callable[[Any], Mapping[str, str]] = field(default=lambda record: {})

    def show(
        self,
        request: FirmRequest,
        record: Any,
        names: Sequence[str] = (),
        *,
        travels: Mapping[str, str] | None = None,
    ) -> list[ShownField]:
        """The fields, or those of `names` in that order, for the fields component. One query for the owners; a page
        that knows how the fields travel hands it in."""
        owners = owners_of(request.actor.firm_id, self.kind, [record.pk])[record.pk]
        stored, labels = self.read(record), self.labels(record)
        ways = self.travels(record) if travels is None else travels
        wanted = [self._field(name) for name in names] if names else self.fields
        shown = [
            self._shown(request, record, each, value=stored.get(each.name), labels=labels, owners=owners)
            for each in wanted
        ]
        return [replace(each, travels=ways.get(each.name, "")) for each in shown]

    def answer(self, request: FirmRequest, record: Any, name: str) -> HttpResponse:
        """The whole view of one field: shown (GET), to be edited (GET with `edit`), saved (POST).

        A refusal comes back in the field with its status: a newer version shows what it is now and takes the next
        save; a Caution asks in a dialog.
        """
        wanted = self._field(name)
        if request.method == "POST":
            return self._saved(request, record, wanted)
        if "edit" not in request.GET:
            return self._render(request, self.show(request, record, [name])[0], edit=False)
        self._must(request, wanted)
        return self._render(request, self.show(request, record, [name])[0], edit=True)

    def _saved(self, request: FirmRequest, record: Any, wanted: EditField) -> HttpResponse:
        self._must(request, wanted)
        label = self._label(request, wanted)
        version = request.POST.get("version", "")
        try:
            value = values.read(wanted.type, request.POST, label=label, currency=request.firm.currency)
            if wanted.required and value is None:
                raise BadValue(field=label, problem="it cannot be empty")
            expected = int(version) if version.isdecimal() else None
            outcome = self.save(FieldEdit(record, wanted.name, value, request.actor, expected, accepted(request)))
        except Caution as caution:
            return refusal_response(request, caution)
        except Refusal as refusal:
            return self._refused(request, record, wanted, refusal)
        record = outcome.record if isinstance(outcome, Outcome) else outcome
        warnings = outcome.warnings if isinstance(outcome, Outcome) else ()
        said = " ".join(str(warning) for warning in warnings)
        shown = replace(self.show(request, record, [wanted.name])[0], state="saved", warning=said)
        response = self._render(request, shown, edit=False)
        return trigger_client_event(response, "record:changed", {"kind": self.kind, "id": record.pk})

    def _refused(self, request: FirmRequest, record: Any, wanted: EditField, refusal: Refusal) -> HttpResponse:
        stale = isinstance(refusal, StaleVersion)
        if stale:
            record.refresh_from_db()
        shown = self.show(request, record, [wanted.name])[0]
        parts = {part: request.POST.get(part, "") for part in ("first", "last")}
        typed = request.POST.get("value", "")
        refused = replace(
            shown,
            typed=typed,
            parts=parts,
            state="stale" if stale else "refused",
            problem=problem_of(refusal, typed),
            current=shown.html if stale else "",
        )
        return self._render(request, refused, edit=True, status=refusal.status)

    def _render(self, request: FirmRequest, shown: ShownField, *, edit: bool, status: int = 200) -> HttpResponse:
        template = "components/inline_edit.html" if edit and shown.editable else "components/inline_field.html"
        return render(request, template, {"field": shown}, status=status)

    def _field(self, name: str) -> EditField:
        found = next((each for each in self.fields if each.name == name), None)
        if found is None:
            raise NotFound(what="field")
        return found

    def _must(self, request: FirmRequest, wanted: EditField) -> None:
        if right := wanted.right or self.right:
            request.actor.must(right)

    def _label(self, request: FirmRequest, each: EditField) -> str:
        return request.terms.title(each.term) if each.term else str(each.label)

    def _shown(
        self,
        request: FirmRequest,
        record: Any,
        each: EditField,
        *,
        value: Any,
        labels: Mapping[str, tuple[str, str]],
        owners: Mapping[str, FieldOwner],
    ) -> ShownField:
        owner = owners.get(each.name)
        choices = each.choices(request, record) if each.choices else ()
        form = Form.of(request.firm)
        label, link = labels.get(each.name, ("", ""))
        right = each.right or self.right
        name = value if isinstance(value, dict) and each.type is FieldType.NAME else {}
        return ShownField(
            id=f"field-{self.kind}-{record.pk}-{each.name}",
            name=each.name,
            label=self._label(request, each),
            input="picker" if each.picker else "choice" if choices else each.type.value,
            html=label or values.show(each.type, value, form, choices),
            typed=values.typed(each.type, value),
            parts={"first": name.get("first", ""), "last": name.get("last", "")},
            editable=each.editable and owner is None and (not right or request.actor.can(right)),
            url=reverse(self.url_name, args=[record.pk, each.name]),
            version=getattr(record, "version", 0),
            owner=owner,
            why=str(each.why),
            href=link or values.href(each.type, value),
            required=each.required,
            max_length=each.max_length,
            choices=choices,
            picker_url=reverse(each.picker) if each.picker else "",
            help=str(each.help),
        )


def picker_options(request: FirmRequest, found: Sequence[tuple[Any, str, str]]) -> HttpResponse:
    """The answer of a picker's URL to `q`: (key, text, detail) lines, ten at most."""
    return render(request, "components/picker_options.html", {"found": found[:10]})
