"""Adding a phase to a job, changing one, moving one through its states."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from instep.base.settings.vocabulary import Terms
from instep.jobs.actions.phases import add_phase, change_phase_status, update_phase
from instep.jobs.errors import HandlerNeeded, OtherCurrency
from instep.jobs.models import Job, Phase
from instep.jobs.states import BY_DOCUMENT, PHASE_MOVES, FeeType, PhaseStatus
from instep.kernel.errors import NotFound
from instep.kernel.money import Money
from instep.kernel.records.kinds import FieldType
from instep.staff.models import StaffResource
from instep.web.components import values
from instep.web.jobs.page import percent_text
from instep.web.jobs.words import fee_type_word, phase_status_word
from instep.web.records.forms import ActPage, RecordForm
from instep.web.records.inputs import MoneyField, PercentField, PickerField
from instep.web.records.pages import done
from instep.web.shell.doors import action
from instep.web.shell.request import FirmRequest
from instep.web.shell.toasts import toast

# What each fee type takes beside the name and the handler (T-02).
TAKES = {
    FeeType.FIXED: ("fee",),
    FeeType.CAPPED: ("fee",),
    FeeType.PERCENT: ("percent", "contract"),
    FeeType.HOURLY: (),
    FeeType.NO_BILLING: (),
}


class PhaseForm(RecordForm):
    """A phase: what it is called and how it earns."""

    places = {HandlerNeeded: "handler", OtherCurrency: "fee"}

    name = forms.CharField(max_length=200, widget=forms.TextInput({"autocomplete": "off"}))
    fee_type = forms.ChoiceField()
    fee = MoneyField(required=False)
    percent = PercentField(required=False)
    contract = MoneyField(required=False)
    handler = PickerField("staff:pick", required=False)

    def dress(self, terms: Terms) -> None:
        said = {
            "name": _("Name"),
            "fee_type": _("How it earns"),
            "fee": _("Fee"),
            "percent": _("Percent"),
            "contract": _("Contract sum"),
            "handler": terms.title("handler"),
        }
        for name, field in self.fields.items():
            field.label = said[name]
        self.offer("fee_type", [(kind.value, fee_type_word(kind)) for kind in FeeType])
        self.fields["fee"].help_text = _("Without tax; the ceiling, where rates are capped.")
        self.fields["handler"].help_text = _("Empty: whoever has the whole %(job)s.") % {"job": terms("job")}
        self.lead("name")

    def name_of(self, field: str, key: int) -> str:
        found = StaffResource.objects.of(self.request.actor.firm_id).filter(pk=key).first()
        return found.name if found else ""

    def values(self) -> dict[str, Any]:
        """What the action takes: of the fee only what belongs to its type."""
        given = self.cleaned_data
        own = {name: given[name] for name in TAKES[FeeType(given["fee_type"])]}
        return {"name": given["name"], "fee_type": given["fee_type"], "handler": given["handler"], **own}


class PhasePage(ActPage):
    """What adding and changing share."""

    right = "edit jobs"
    form_class = PhaseForm
    record: Job

    def start(self) -> None:
        self.record = Job.objects.get_of(self.request.actor.firm_id, self.key, what="job")

    def fit(self, form: PhaseForm) -> None:
        for field in form.fields.values():
            if isinstance(field, MoneyField):
                field.currency = self.record.currency

    def saved(self, outcome: Any) -> HttpResponse:
        words = {"name": outcome.name, "phase": self.request.terms.title("phase")}
        toast(self.request, self.said() % words)
        return done(self.request, reverse("jobs:record", args=[self.key]))

    def said(self) -> str:
        """What was done, about %(phase)s %(name)s."""
        raise NotImplementedError


class AddPhase(PhasePage):
    """One more phase at the end (E-32)."""

    def said(self) -> str:
        return _("%(phase)s %(name)s added.")

    def save(self, form: PhaseForm) -> Any:
        return add_phase(self.key, by=self.request.actor, **form.values())

    def context(self) -> dict[str, Any]:
        words = {"phase": self.request.terms("phase"), "job": self.record.name}
        return {
            "heading": _("Add %(phase)s") % {"phase": self.request.terms.a("phase")},
            "button": _("Add the %(phase)s") % words,
            "url": reverse("jobs:record", args=[self.key]),
            "record_name": self.record.name,
        }


class ChangePhase(PhasePage):
    """Name, fee and handler of a phase; its number stays."""

    phase: Phase

    def said(self) -> str:
        return _("%(phase)s %(name)s changed.")

    def start(self) -> None:
        super().start()
        self.phase = phase_of(self.request, self.key, self.part)

    def initial(self) -> dict[str, Any]:
        phase = self.phase
        return {
            "name": phase.name,
            "fee_type": phase.fee_type,
            "fee": _typed(phase.fee_minor, phase.currency),
            "percent": "" if phase.percent is None else percent_text(phase.percent),
            "contract": _typed(phase.contract_minor, phase.currency),
            "handler": phase.handler_id,
        }

    def save(self, form: PhaseForm) -> Any:
        return update_phase(self.part, by=self.request.actor, changes=form.values())

    def context(self) -> dict[str, Any]:
        words = {"phase": self.request.terms("phase"), "name": f"{self.phase.number} {self.phase.name}"}
        return {
            "heading": _("Change %(phase)s %(name)s") % words,
            "button": _("Save the %(phase)s") % words,
            "url": reverse("jobs:record", args=[self.key]),
            "record_name": self.record.name,
        }


@action("edit jobs")
def move(request: FirmRequest, key: int, part: int) -> HttpResponse:
    """Another state of a phase, `to`; undo goes back where that move is allowed."""
    phase = phase_of(request, key, part)
    old, said = PhaseStatus(phase.status), request.GET.get("to", "")
    if said not in set(PhaseStatus):
        raise NotFound(what="state")
    change_phase_status(part, by=request.actor, to=PhaseStatus(said))
    words = {"name": phase.name, "state": phase_status_word(said), "was": phase_status_word(old)}
    may_return = old in PHASE_MOVES.allowed(PhaseStatus(said)) and old not in BY_DOCUMENT
    undo = reverse("jobs:phase_move", args=[key, part]) + f"?to={old}" if may_return else ""
    toast(request, _("%(name)s is now: %(state)s.") % words, undo_url=undo, undo_label=_("Back to %(was)s") % words)
    return done(request, reverse("jobs:record", args=[key]))


def phase_of(request: FirmRequest, job_id: int, phase_id: int) -> Phase:
    """A phase of this very job; NotFound otherwise."""
    return Phase.objects.filter(job=job_id).get_of(request.actor.firm_id, phase_id, what=request.terms("phase"))


def _typed(minor: int | None, currency: str) -> str:
    if minor is None:
        return ""
    return values.typed(FieldType.MONEY, Money.from_minor(minor, currency).as_json())
