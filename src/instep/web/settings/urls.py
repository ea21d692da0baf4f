"""Addresses of the settings."""

from __future__ import annotations

from django.urls import path

from instep.web.settings import billing, firm, lists, numbers, people
from instep.web.settings.log import AuditLog
from instep.web.shell.palette import Command, offer

app_name = "settings"
urlpatterns = [
    path("", firm.firm, name="home"),
    path("billing/", billing.billing, name="billing"),
    path("words/", firm.words, name="words"),
    path("statuses/", lists.statuses, name="statuses"),
    path("statuses/new/", lists.new_status, name="new_status"),
    path("statuses/<int:key>/name/", lists.rename_status, name="rename_status"),
    path("statuses/<int:key>/move/<slug:way>/", lists.move_status, name="move_status"),
    path("statuses/<int:key>/default/", lists.default_status, name="default_status"),
    path("statuses/<int:key>/lock/", lists.lock, name="lock_status"),
    path("statuses/<int:key>/unlock/", lists.unlock, name="unlock_status"),
    path("statuses/<int:key>/retire/", lists.end_status, name="retire_status"),
    path("statuses/<int:key>/restore/", lists.bring_status_back, name="restore_status"),
    path("types/", lists.types, name="types"),
    path("types/new/", lists.new_type, name="new_type"),
    path("types/<int:key>/name/", lists.rename_type, name="rename_type"),
    path("types/<int:key>/retire/", lists.end_type, name="retire_type"),
    path("types/<int:key>/restore/", lists.bring_type_back, name="restore_type"),
    path("numbers/", numbers.numbers, name="numbers"),
    path("numbers/<slug:key>/", numbers.change, name="change_numbers"),
    path("numbers/<slug:key>/next/", numbers.next_number, name="next_number"),
    path("people/", people.people, name="people"),
    path("people/invite/", people.invite, name="invite"),
    path("people/<int:key>/role/", people.change_role, name="change_role"),
    path("people/<int:key>/password/", people.new_password, name="new_password"),
    path("people/<int:key>/end/", people.end, name="end_membership"),
    path("log/", AuditLog.as_view(), name="log"),
]

offer(Command("Invite a person", "settings:invite", icon="person", right="manage users"))
offer(Command("{job} statuses", "settings:statuses", icon="flag", right="see settings"))
offer(Command("Number formats", "settings:numbers", icon="settings", right="see settings"))
offer(Command("Audit log", "settings:log", icon="book", right="see history"))
