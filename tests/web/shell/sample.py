"""A small area over staff resources, built with the kit alone: what the tests of the kit walk through."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import include, path

from instep.base.records.outcomes import Outcome
from instep.kernel.errors import Caution, Refusal
from instep.kernel.records.kinds import FieldType
from instep.kernel.records.staff import STAFF as WORDS
from instep.staff.actions.resources import create_staff, update_staff
from instep.staff.models import StaffResource
from instep.staff.queries import staff_by_id, staff_list
from instep.web.components.columns import Column
from instep.web.components.inline import EditField, FieldEdit, RecordFields, picker_options
from instep.web.components.lists import Filter, ListView, SavedView
from instep.web.notices import urls as notices
from instep.web.shell import urls as shell
from instep.web.shell.doors import action, form, page
from instep.web.shell.palette import Found, Provider
from instep.web.shell.refusals import accepted, refuse_form
from instep.web.shell.request import FirmRequest
from instep.web.shell.toasts import toast
from instep.web.styleguide import urls as styleguide


class TooLate(Refusal):
    """A refusal."""

    code = "too_late"
    sentence = "{name} has left already. Choose somebody else."


class AreYouSure(Caution):
    """A caution."""

    code = "are_you_sure"
    sentence = "{name} handles 3 jobs. Deactivate anyway?"


class StaffList(ListView):
    """Staff by name."""

    term = "staff"
    right = "see staff"
    record_url_name = "staff:record"
    default_sort = "name"
    size = 3
    columns = (
        Column("name", "Name", sort="sort_name", primary=True),
        Column("job_title", "Job title", sort="job_title"),
        Column("email", "Email", low=True),
    )
    views = (SavedView("", "Active", {"active": "yes"}), SavedView("all", "All", {}))
    filters = (Filter("active", "Active", lambda request: [("yes", "Yes"), ("no", "No")]),)

    def rows(self) -> QuerySet[StaffResource]:
        active = {"yes": True, "no": False}.get(self.chosen("active"))
        return staff_list(self.request.actor.firm_id, search=self.text, active=active)


def _read(person: StaffResource) -> dict[str, Any]:
    return {
        "name": {"first": person.first_name, "last": person.last_name},
        "email": person.email,
        "phone": person.phone,
        "active": person.active,
    }


def _save(edit: FieldEdit) -> Outcome[StaffResource]:
    changes = {edit.name: edit.value}
    if edit.name == "name":
        changes = {"first_name": (edit.value or {}).get("first"), "last_name": (edit.value or {}).get("last")}
    return update_staff(edit.record.pk, by=edit.by, changes=changes, expected_version=edit.expected_version)


FIELDS = RecordFields(
    kind="staff",
    url_name="staff:field",
    right="edit staff",
    read=_read,
    save=_save,
    fields=(
        EditField.of(WORDS.field("name")),
        EditField.of(WORDS.field("email")),
        EditField.of(WORDS.field("phone")),
        EditField("active", FieldType.FLAG, "Active"),
    ),
)


@page("see staff")
def record(request: FirmRequest, key: int) -> HttpResponse:
    """One person."""
    person = staff_by_id(request.actor.firm_id, key)
    context = {"heading": person.name, "fields": FIELDS.show(request, person)}
    return render(request, "sample_record.html", context)


@form("see staff")
def field(request: FirmRequest, key: int, name: str) -> HttpResponse:
    """One field of a person."""
    return FIELDS.answer(request, staff_by_id(request.actor.firm_id, key), name)


class PersonForm(forms.Form):
    """A new person."""

    first_name = forms.CharField(label="First name")
    email = forms.CharField(label="Email", required=False)


@form("edit staff")
def new(request: FirmRequest) -> HttpResponse:
    """Make a person."""
    made = PersonForm(request.POST or None)
    if request.method == "POST" and made.is_valid():
        try:
            create_staff(by=request.actor, **made.cleaned_data)
        except Refusal as refusal:
            refuse_form(made, refusal)
        else:
            toast(request, "Made.")
            return redirect("staff:list")
    return render(request, "sample_form.html", {"heading": "New person", "form": made})


@action("edit staff")
def deactivate(request: FirmRequest, key: int) -> HttpResponse:
    """A caution first, then a refusal for one of them."""
    person = staff_by_id(request.actor.firm_id, key)
    if person.first_name == "Gone":
        raise TooLate(name=person.name)
    if AreYouSure.code not in accepted(request):
        raise AreYouSure(name=person.name)
    toast(request, f"{person.name} is inactive.", undo_url="/staff/undo/", undo_label="Bring back")
    return HttpResponse(status=204)


@page()
def pick(request: FirmRequest) -> HttpResponse:
    """A picker's options."""
    found = staff_list(request.actor.firm_id, search=request.GET.get("q", ""))[:10]
    return picker_options(request, [(each.pk, each.name, each.job_title) for each in found])


def broken(request: Any) -> HttpResponse:
    """A fault of ours."""
    raise RuntimeError("broken")


def _find(actor: Any, text: str) -> list[Found]:
    found = staff_list(actor.firm_id, search=text)[:6]
    return [Found(each.name, f"/staff/{each.pk}/", each.job_title, "person") for each in found]


STAFF = Provider("staff", _find, term="staff", right="see staff")

staff = (
    [
        path("", StaffList.as_view(), name="list"),
        path("new/", new, name="new"),
        path("pick/", pick, name="pick"),
        path("broken/", broken, name="broken"),
        path("<int:key>/", record, name="record"),
        path("<int:key>/deactivate/", deactivate, name="deactivate"),
        path("<int:key>/field/<slug:name>/", field, name="field"),
    ],
    "staff",
)
urlpatterns = [
    path("accounts/", include("instep.web.shell.accounts")),
    path("notices/", include(notices)),
    path("staff/", include(staff)),
    path("styleguide/", include(styleguide)),
    path("", include(shell)),
]
