"""`instep import contracts`: previewed, repeatable, and clear about what it could not read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from instep.cli.demo.check.generated import write_register
from instep.crm.models import Organisation
from instep.jobs.actions.statuses import create_default_statuses
from instep.jobs.models import Job
from instep.staff.actions.resources import create_staff
from tests.cast import Cast
from tests.cli.conftest import Said

pytestmark = pytest.mark.django_db
Run = Callable[..., Said]


@pytest.fixture
def register(cast: Cast, tmp_path: Path) -> Path:
    """A generated register of 24 contracts; the firm has statuses and somebody who can handle jobs."""
    create_default_statuses(cast.firm, by=cast.ada)
    create_staff(by=cast.ada, first_name="Hana", last_name="Lee", email="hana@banksia.example")
    write_register(tmp_path / "register.csv", organisations=20, jobs=24, seed=3)
    return tmp_path / "register.csv"


def test_a_preview_writes_nothing_then_the_import_does_and_a_second_one_changes_nothing(
    instep: Run, cast: Cast, register: Path
) -> None:
    line = ("import", "contracts", register, "--firm", cast.firm.key, "--json")
    planned = instep(*line, "--preview")
    assert (planned.code, planned.json["ok"]) == (1, False)
    assert "handler" in planned.json["obstacle"]
    assert planned.json["jobs"] == {"created": 24, "updated": 0, "unchanged": 0, "refused": 0}
    assert not Job.objects.exists()
    assert instep(*line).code == 1  # nobody would handle the jobs

    done = instep(*line, "--handler", "Hana@Banksia.example")
    assert done.code == 0
    assert done.json["jobs"] == planned.json["jobs"]
    assert done.json["organisations"] == planned.json["organisations"]
    assert (done.json["preview"], done.json["refused"]) == (False, [])
    assert Job.objects.of(cast.firm).count() == 24
    assert Organisation.objects.of(cast.firm).count() == done.json["organisations"]["created"]

    again = instep(*line)
    assert again.code == 0
    assert again.json["jobs"] == {"created": 0, "updated": 0, "unchanged": 24, "refused": 0}
    shown = instep(*line[:-1])
    assert "unchanged" in shown.out


def test_rows_that_cannot_be_read_are_told_with_line_and_reason(instep: Run, cast: Cast, register: Path) -> None:
    with register.open("a", encoding="utf-8") as file:
        file.write(
            "X1,,No amount,Roads Agency,Contract,No,Current,2025-01-01,2025-02-01,lots,Somebody,https://x.example/1,False\n"
        )
    line = ("import", "contracts", register, "--firm", cast.firm.key, "--handler", "hana@banksia.example")
    told = instep(*line)
    assert told.code == 1
    assert "amount" in told.err
    assert "Line " in told.err
    answer = instep(*line, "--json").json
    assert answer["ok"] is False
    assert [set(row) for row in answer["refused"]] == [{"line", "reason"}]
    assert answer["jobs"]["unchanged"] == 24


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (None, "no_such_file"),
        (b"", "empty_file"),
        (b"\xff\xfe\x00", "wrong_encoding"),
        (b"a,b,c\n1,2,3\n", "wrong_columns"),
        (b'contract_number,"broken\n', "wrong_columns"),
    ],
)
def test_a_broken_file_is_one_sentence(
    instep: Run, cast: Cast, tmp_path: Path, content: bytes | None, code: str
) -> None:
    path = tmp_path / "broken.csv"
    if content is not None:
        path.write_bytes(content)
    said = instep("import", "contracts", path, "--firm", cast.firm.key, "--json")
    assert said.code == 1
    assert said.json["error"]["code"] in (code, "malformed_csv")
    assert said.err.count("\n") == 1


def test_an_unknown_firm_or_handler_cannot_start(instep: Run, cast: Cast, register: Path) -> None:
    said = instep("import", "contracts", register, "--firm", "nowhere")
    assert said.code == 2
    assert cast.firm.key in said.err
    assert instep("import", "contracts", register, "--firm", cast.firm.key, "--handler", "nobody@x.example").code == 2
