"""Forms that make or move a record: sentences beside the field, and nothing typed is lost on a refusal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, cast

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views import View

from instep.base.settings.vocabulary import Terms
from instep.kernel.errors import BadValue, Caution, NotFound, Refusal
from instep.web.records.inputs import MoneyField, PickerField
from instep.web.records.pages import act
from instep.web.shell.refusals import problem_of
from instep.web.shell.request import FirmRequest

EMPTY = _("It cannot be empty.")


class RecordForm(forms.Form):
    """A form in the words of the request's firm."""

    use_required_attribute = False
    # What a refusal's field or type is called here, where that differs from its label in lower case.
    places: ClassVar[Mapping[str | type[Refusal], str]] = {}

    def __init__(self, request: FirmRequest, *args: Any, **kwargs: Any) -> None:
        self.request = request
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.error_messages["required"] = EMPTY
            if isinstance(field, MoneyField):
                field.currency = request.firm.currency
            if isinstance(field, PickerField):
                field.widget.text_of = lambda key, name=name: self.name_of(name, key)
        self.dress(request.terms)

    def dress(self, terms: Terms) -> None:
        """Put the firm's words on labels, and its own lists into choices."""

    def lead(self, name: str) -> None:
        """The field comes first: it has the focus and the whole line."""
        self.fields[name].widget.attrs |= {"autofocus": True, "data-wide": True}

    def focus_problem(self) -> None:
        """After a refusal the focus stands in the first field with a problem."""
        wrong = next((name for name in self.fields if name in self.errors), None)
        if wrong:
            for field in self.fields.values():
                field.widget.attrs.pop("autofocus", None)
            self.fields[wrong].widget.attrs["autofocus"] = True

    def offer(self, name: str, choices: Sequence[tuple[Any, Any]]) -> None:
        """Let the field take one of these (value, label) pairs."""
        cast(forms.ChoiceField, self.fields[name]).choices = choices

    def name_of(self, field: str, key: int) -> str:
        """What the record chosen in a picker is called; "" when the firm has none."""
        return ""

    def refuse(self, refusal: Refusal) -> None:
        """Show the refusal at the field it speaks of, else at the top."""
        said = str(refusal.facts.get("field", ""))
        place = self.places.get(type(refusal)) or self.places.get(said) or said.lower().replace(" ", "_")
        if place in self.fields:
            self.add_error(place, problem_of(refusal) if isinstance(refusal, BadValue) else str(refusal))
        else:
            said = str(refusal)
            # A document begins its sentence in lower case, as it stands within one.
            self.add_error(None, said[:1].upper() + said[1:] if "document" in refusal.facts else said)


class FormPage(View):
    """A page with a form over an action. A subclass says what it starts with, what it saves and what follows."""

    right: ClassVar[str]
    form_class: ClassVar[type[RecordForm]]
    template_name: ClassVar[str]

    request: FirmRequest
    key: int
    """the record it is about; 0 when one is being made"""
    part: int
    """the part of the record, such as a phase; 0 for none"""

    def start(self) -> None:
        """Load what the form is about; raises NotFound."""

    def initial(self) -> dict[str, Any]:
        """What stands in the form at first."""
        return {}

    def fit(self, form: Any) -> None:
        """Fit the form to the record it is about."""

    def save(self, form: Any) -> Any:
        """Call the action; its refusal goes into the form."""
        raise NotImplementedError

    def saved(self, outcome: Any) -> HttpResponse:
        """The answer when it is done."""
        raise NotImplementedError

    def context(self) -> dict[str, Any]:
        """More for the template."""
        return {}

    def get(self, request: FirmRequest, **keys: int) -> HttpResponse:
        self._enter(**keys)
        return self.answer(self._form(None))

    def post(self, request: FirmRequest, **keys: int) -> HttpResponse:
        self._enter(**keys)
        form = self._form(request.POST)
        if not form.is_valid():
            return self.answer(form, status=422)
        try:
            outcome = self.save(form)
        except NotFound:
            raise
        except Refusal as refusal:
            if not self.has_place:
                raise
            if not isinstance(refusal, Caution):
                form.refuse(refusal)
            return self.answer(form, status=409 if isinstance(refusal, Caution) else 422, refusal=refusal)
        return self.saved(outcome)

    @property
    def has_place(self) -> bool:
        """Whether the answer has a place to show the form again; without one a refusal is a toast."""
        return True

    def answer(self, form: RecordForm, *, status: int = 200, refusal: Refusal | None = None) -> HttpResponse:
        """The form, as it stands; `refusal` is what became of the last try."""
        form.focus_problem()
        context = {"form": form, **self.context(), **self.after(refusal)}
        return render(self.request, self.template_name, context, status=status)

    def after(self, refusal: Refusal | None) -> dict[str, Any]:
        """More for the template after a refusal that wants more than a sentence in the form."""
        return {}

    def _form(self, data: Any) -> Any:
        form = self.form_class(self.request, data, initial=self.initial())
        self.fit(form)
        return form

    def _enter(self, key: int = 0, part: int = 0) -> None:
        self.request.actor.must(self.right)
        self.key, self.part = key, part
        self.start()


class ActPage(FormPage):
    """A small form that stands beside the record it acts on."""

    template_name = "records/act.html"

    @property
    def has_place(self) -> bool:
        return not self.request.htmx or self.request.htmx.target == "act"

    def answer(self, form: RecordForm, *, status: int = 200, refusal: Refusal | None = None) -> HttpResponse:
        form.focus_problem()
        context = {"form": form, "act_url": self.request.get_full_path(), **self.context(), **self.after(refusal)}
        return act(self.request, self.template_name, context, status=status)
