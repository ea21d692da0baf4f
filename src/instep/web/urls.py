"""Addresses of all pages: one line an area, the shell last, so that an area may take the root."""

from __future__ import annotations

from django.urls import include, path

from instep.web.billing import urls as billing
from instep.web.connect import urls as connect
from instep.web.contacts import urls as contacts
from instep.web.home import urls as home
from instep.web.hooks import urls as hooks
from instep.web.jobs import urls as jobs
from instep.web.notices import urls as notices
from instep.web.organisations import urls as organisations
from instep.web.settings import urls as settings
from instep.web.shell import urls as shell
from instep.web.staff import urls as staff
from instep.web.styleguide import urls as styleguide
from instep.web.time import urls as time
from instep.web.transfer import urls as transfer

urlpatterns = [
    path("", include(home)),
    path("jobs/", include(jobs)),
    path("time/", include(time)),
    path("billing/", include(billing)),
    path("organisations/", include(organisations)),
    path("contacts/", include(contacts)),
    path("staff/", include(staff)),
    path("connections/", include(connect)),
    path("connections/", include(transfer)),
    path("notices/", include(notices)),
    path("settings/", include(settings)),
    path("hooks/", include(hooks)),
    path("styleguide/", include(styleguide)),
    path("", include(shell)),
]
