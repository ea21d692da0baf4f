"""Addresses of connections, previews, runs and what waits."""

from __future__ import annotations

from django.urls import path

from instep.web.connect import (
    adjust,
    endings,
    fields,
    health,
    inbox,
    joining,
    overview,
    preview,
    runs,
    sign_in,
    undo,
    waiting,
)
from instep.web.records.standing import set_solver
from instep.web.shell import health as top_bar
from instep.web.shell.palette import Command, Provider, offer, provide

app_name = "connect"
urlpatterns = [
    path("", overview.home, name="home"),
    path("new/<slug:provider>/", joining.new, name="new"),
    path("sign-in/<slug:provider>/", sign_in.start, name="sign_in"),
    path("back/", sign_in.back, name="back"),
    path("back/choose/", sign_in.choose, name="choose_account"),
    path("new/<slug:provider>/test/", joining.test, name="test"),
    path("<int:key>/", overview.overview, name="overview"),
    path("<int:key>/now/", overview.now, name="now"),
    path("<int:key>/sync/", overview.sync, name="sync"),
    path("<int:key>/pause/", overview.pause, name="pause"),
    path("<int:key>/start/", overview.start, name="start"),
    path("<int:key>/end/", overview.end, name="end"),
    path("<int:key>/preview/", preview.preview, name="preview"),
    path("<int:key>/preview/make/", preview.make, name="make_preview"),
    path("<int:key>/preview/progress/", preview.progress, name="preview_progress"),
    path("previews/<int:key>/approve/", preview.approve, name="approve"),
    path("previews/<int:key>/allow/", preview.allow, name="allow_removals"),
    path("previews/<int:key>/begun/", preview.begun, name="begun"),
    path("previews/<int:key>/rows/<int:no>/", preview.row, name="row"),
    path("<int:key>/runs/", runs.list_runs, name="runs"),
    path("runs/<int:key>/", runs.run, name="run"),
    path("runs/<int:key>/now/", runs.now, name="run_now"),
    path("runs/<int:key>/bar/", runs.bar, name="run_bar"),
    path("runs/<int:key>/journal.csv", runs.as_csv, name="journal"),
    path("runs/<int:key>/journal.json", runs.as_json, name="journal_json"),
    path("runs/<int:key>/undo/", undo.undo, name="undo"),
    path("runs/<int:key>/undo/make/", undo.start, name="undo_start"),
    path("runs/<int:key>/undo/progress/", undo.progress, name="undo_progress"),
    path("runs/<int:key>/undo/approve/", undo.approve, name="undo_approve"),
    path("<int:key>/held/", waiting.list_held, name="held"),
    path("held/<int:key>/decide/", waiting.decide_record, name="decide_held"),
    path("held/<int:key>/compare/<str:record>/", waiting.compare, name="compare"),
    path("<int:key>/conflicts/", waiting.list_conflicts, name="conflicts"),
    path("conflicts/<int:key>/decide/", waiting.decide_conflict, name="decide_conflict"),
    path("conflicts/", inbox.inbox, name="inbox"),
    path("conflicts/field/", inbox.decide_field, name="decide_field"),
    path("conflicts/<int:key>/take-back/", inbox.undo, name="take_back"),
    path("conflicts/<int:key>/put-back/", inbox.put_back, name="put_back"),
    path("<int:key>/fields/", fields.fields, name="fields"),
    path("<int:key>/fields/rule/", fields.rule, name="rule"),
    path("<int:key>/fields/version/", fields.version, name="map_version"),
    path("<int:key>/fields/join/", fields.join, name="join"),
    path("<int:key>/fields/join-all/", fields.join_all, name="join_all"),
    path("<int:key>/fields/part/", fields.part, name="part"),
    path("<int:key>/health/", health.health_page, name="health"),
    path("<int:key>/health/take-over/", health.take_over_here, name="take_over"),
    path("<int:key>/settings/", adjust.settings, name="settings"),
    path("<int:key>/settings/ends/", endings.set_rules, name="removal_rules"),
    path("<int:key>/settings/pace/", adjust.pace, name="pace"),
    path("<int:key>/settings/webhooks/", adjust.hint_key, name="hint_key"),
    path("<int:key>/settings/token/", joining.token, name="token"),
    path("<int:key>/settings/begins/", adjust.begins, name="begins"),
    path("<int:key>/settings/check/", joining.check, name="check"),
]

top_bar.set_provider(top_bar.Provider(health.dot, "connect:home", right="see connections"))
set_solver(health.settling_link)
provide(Provider("connections", health.find, label="Connections", right="see connections"))
offer(Command("What waits for me", "home:home", icon="question", right="see connections"))
offer(Command("Conflicts to decide", "connect:inbox", icon="swap", right="see connections"))
offer(Command("Connect another system", "connect:home", icon="link", right="manage connections"))
