"""A firm's settings, and the words of its vocabulary."""

from __future__ import annotations

import pytest

from instep.base.audit.models import AuditEntry
from instep.base.settings.declared import Setting, declare, declared_settings, get_setting, get_settings, set_setting
from instep.base.settings.models import FirmSetting
from instep.base.settings.vocabulary import PACKS, terms
from instep.kernel.errors import BadValue, NotAllowed
from tests.cast import Cast

HOURS = declare(Setting("test.hours", int, 8, "Hours a day", problem=lambda n: None if 0 < n < 25 else "1 to 24"))
OPEN = declare(Setting("test.open", bool, False, "Open on Sunday"))
MODE = declare(Setting("test.mode", str, "line", "Rounding", choices=("line", "document")))


@pytest.mark.django_db
def test_a_setting_has_its_default_until_somebody_with_the_right_changes_it(cast: Cast) -> None:
    assert get_settings(cast.firm, [HOURS, OPEN, MODE]) == {"test.hours": 8, "test.open": False, "test.mode": "line"}
    set_setting(HOURS, 7, by=cast.ada)
    set_setting(HOURS, 7, by=cast.ada)
    assert (get_setting(cast.firm, HOURS), get_setting(cast.other_firm, HOURS)) == (7, 8)
    entry = AuditEntry.objects.of(cast.firm).get(event="setting.changed")
    assert (entry.changes, entry.actor_name) == ({"test.hours": [8, 7]}, "Ada")
    for setting, value in [(HOURS, 0), (HOURS, True), (HOURS, "7"), (OPEN, 1), (MODE, "other"), (MODE, None)]:
        with pytest.raises(BadValue):
            set_setting(setting, value, by=cast.ada)
    with pytest.raises(NotAllowed):
        set_setting(HOURS, 6, by=cast.bo)
    assert {HOURS.key, OPEN.key, MODE.key} <= {each.key for each in declared_settings()}
    FirmSetting.objects.of(cast.firm).update(value="from an older release")
    assert get_setting(cast.firm, HOURS) == 8


def test_a_setting_is_declared_once_with_a_default_that_fits() -> None:
    assert declare(HOURS) is HOURS
    with pytest.raises(ValueError, match="twice"):
        declare(Setting("test.hours", int, 9, "Hours a day"))
    with pytest.raises(BadValue):
        declare(Setting("test.wrong", int, "9", "Wrong"))  # type: ignore[type-var]


@pytest.mark.django_db
def test_pages_speak_the_words_of_the_firm(cast: Cast) -> None:
    ours, theirs = terms(cast.firm), terms(cast.other_firm)
    assert [ours(term) for term in ("project", "job", "phase", "stage")] == [
        "project group",
        "project",
        "stage",
        "task",
    ]
    assert [theirs(term) for term in ("project", "job", "phase", "stage")] == ["project", "job", "phase", "stage"]
    assert (ours.title("job"), ours.title_plural("phase"), ours.plural("stage")) == ("Project", "Stages", "tasks")
    assert (ours.a("job"), ours.a("organisation"), theirs.counted(1, "job"), ours.counted(2, "job")) == (
        "a project",
        "an organisation",
        "1 job",
        "2 projects",
    )
    assert terms("a pack of an older release")("job") == "job"
    with pytest.raises(KeyError):
        ours("nonsense")
    # Within one pack no two terms share a word: a page could not say which it means.
    for pack in PACKS.values():
        assert len({singular for singular, _ in pack.values()}) == len(pack)
        assert set(pack) == ours.terms
