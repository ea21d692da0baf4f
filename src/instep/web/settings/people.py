"""People: who may sign in, with which role; a one-time password is shown once and kept nowhere."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from instep.base.firms.actions.members import end_membership, grant_membership
from instep.base.firms.actions.users import create_user, reset_password
from instep.base.identity.actor import Actor
from instep.base.identity.models import Membership, User, UserManager
from instep.base.identity.permissions import RIGHTS, ROLE_RIGHTS, MembershipKind, Role
from instep.base.identity.queries import members_of
from instep.kernel.errors import Refusal
from instep.web.settings.frame import PEOPLE, frame
from instep.web.shell.doors import action, form, page
from instep.web.shell.refusals import refuse_form
from instep.web.shell.request import FirmRequest
from instep.web.shell.toasts import toast

ROLES: dict[Role, tuple[Any, Any]] = {
    Role.OWNER: (gettext_lazy("Owner"), gettext_lazy("Everything, and who the owners are.")),
    Role.ADMINISTRATOR: (gettext_lazy("Administrator"), gettext_lazy("Everything but the owners.")),
    Role.MANAGER: (gettext_lazy("Manager"), gettext_lazy("All records, numbers, imports, and running connections.")),
    Role.STAFF: (gettext_lazy("Staff"), gettext_lazy("Sees all records and changes contacts.")),
    Role.BOOKKEEPER: (
        gettext_lazy("Bookkeeper"),
        gettext_lazy("Organisations and contacts, and running connections."),
    ),
    Role.SUPPORT: (gettext_lazy("Support"), gettext_lazy("Looks at everything for a time and changes nothing.")),
    Role.BOOTSTRAP: (
        gettext_lazy("First administrator"),
        gettext_lazy("Sets the house up: users, settings, tools. No part in the firm's work."),
    ),
}
# Given by hand on this page; support comes with an end date and the first administrator from the command line.
GIVEN = (Role.OWNER, Role.ADMINISTRATOR, Role.MANAGER, Role.STAFF, Role.BOOKKEEPER)


class InviteForm(forms.Form):
    """Somebody new."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    email = forms.CharField(label=gettext_lazy("Email"), max_length=254)
    role = forms.ChoiceField(label=gettext_lazy("Role"))

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].widget.input_type = "email"  # type: ignore[attr-defined]
        choices = [(role.value, ROLES[role][0]) for role in roles_to_give(actor)]
        chosen: Any = self.fields["role"]
        chosen.choices, chosen.initial = choices, Role.STAFF.value


def roles_to_give(actor: Actor) -> list[Role]:
    """The roles that this person can give."""
    return [role for role in GIVEN if role is not Role.OWNER or actor.can("appoint owners")]


@page("see settings")
def people(request: FirmRequest) -> HttpResponse:
    """Everybody who may sign in to the firm."""
    return _page(request)


@form("manage users")
def invite(request: FirmRequest) -> HttpResponse:
    """Make a user with a one-time password and give the role; a user from elsewhere gets the role alone."""
    made = InviteForm(request.actor, request.POST or None)
    if request.method != "POST":
        return _page(request, made)
    if not made.is_valid():
        return _page(request, made, status=422)
    said = made.cleaned_data
    known = User.objects.filter(email=UserManager.normalize_email(said["email"])).first()
    try:
        with transaction.atomic():
            user = known or create_user(email=said["email"], name=said["name"], by=request.actor)
            grant_membership(user, by=request.actor, role=said["role"])
            password = "" if known else reset_password(user, by=request.actor)
    except Refusal as refusal:
        refuse_form(made, refusal)
        return _page(request, made, status=refusal.status)
    if known:
        toast(request, _("%(name)s has the role now and signs in with the password they have.") % {"name": user.name})
        return redirect("settings:people")
    return _once(request, user, password)


@action("manage users")
def new_password(request: FirmRequest, key: int) -> HttpResponse:
    """A one-time password, shown on this page alone."""
    membership = _membership(request, key)
    return _once(request, membership.user, reset_password(membership.user, by=request.actor))


@action("manage users")
def change_role(request: FirmRequest, key: int) -> HttpResponse:
    """End the role and give another, both or neither."""
    membership = _membership(request, key)
    wanted = request.POST.get("role", "")
    if wanted != membership.role:
        with transaction.atomic():
            end_membership(membership, by=request.actor)
            grant_membership(membership.user, by=request.actor, role=wanted)
        toast(request, _("%(name)s has another role now.") % {"name": membership.user.name})
    return redirect("settings:people")


@action("manage users")
def end(request: FirmRequest, key: int) -> HttpResponse:
    """End the membership at once."""
    membership = _membership(request, key)
    end_membership(membership, by=request.actor)
    said = _("%(name)s can no longer sign in to %(firm)s. What they did stays.")
    toast(request, said % {"name": membership.user.name, "firm": request.firm.name})
    return redirect("settings:people")


def _membership(request: FirmRequest, key: int) -> Membership:
    return Membership.objects.select_related("user").get_of(request.actor.firm_id, key, what="member")


def _once(request: FirmRequest, user: User, password: str) -> HttpResponse:
    """The page with the password in it: rendered as the answer, never stored, never sent again."""
    response = _page(request, once={"name": user.name, "email": user.email, "password": password})
    response["Cache-Control"] = "no-store"
    return response


def _page(
    request: FirmRequest, made: InviteForm | None = None, *, once: dict[str, str] | None = None, status: int = 200
) -> HttpResponse:
    members = list(members_of(request.firm))
    context = frame(request, PEOPLE) | {
        "members": [_member(request, row) for row in members],
        "may_manage": request.actor.can("manage users"),
        "invite": made or InviteForm(request.actor),
        "inviting": made is not None,
        "once": once,
        "roles": [_role(role) for role in ROLES],
        "roles_to_give": [(role.value, ROLES[role][0]) for role in roles_to_give(request.actor)],
    }
    response = render(request, "settings/people.html", context, status=status)
    patch_cache_control(response, private=True, no_cache=True)
    return response


def _member(request: FirmRequest, row: Membership) -> dict[str, Any]:
    role = Role(row.role) if row.role in set(Role) else None
    mine = row.user_id == request.user.pk
    owner = role is Role.OWNER
    may = request.actor.can("manage users") and (not owner or request.actor.can("appoint owners"))
    return {
        "row": row,
        "role": ROLES[role][0] if role in ROLES else row.role,
        "mine": mine,
        "may_change": may and not mine and row.kind == MembershipKind.STAFF and role is not Role.BOOTSTRAP,
        "may_reset": may and not mine,
        "may_end": may and not mine,
        "waits": row.user.must_change_password,
    }


def _role(role: Role) -> dict[str, Any]:
    name, sentence = ROLES[role]
    rights = ROLE_RIGHTS[role]
    return {"name": name, "sentence": sentence, "rights": [RIGHTS[right] for right in RIGHTS if right in rights]}
