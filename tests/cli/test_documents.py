"""`instep connect` with a package that asks first: groups, lists that are joined, rows that need a person."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from instep.billing.actions.claims import Claim
from instep.cli.connect.apply import numbers_of
from instep.cli.connect.plan import spans
from instep.cli.refusals import CannotStart
from tests.billing.conftest import aud, practice
from tests.cli.conftest import Said
from tests.connectors.conftest import sandbox_of
from tests.transfer.conftest import books
from tests.transfer.rig import Books

__all__ = ["books", "practice", "sandbox_of"]
pytestmark = pytest.mark.django_db(transaction=True)
Run = Callable[..., Said]


@pytest.fixture
def firm(books: Books) -> Books:
    """Two invoices over 110.00 and 220.00, a connection, and no list joined yet."""
    [phase] = books.stages(1000)
    for amount in (100, 200):
        books.practice.invoice(claims=[Claim(phase=phase.pk, amount=aud(amount))])
    books.connect(mapped=False)
    return books


@pytest.mark.capability("D-02", "D-05", "D-06", "D-07")
def test_documents_are_planned_mended_left_out_and_sent_by_command(instep: Run, firm: Books) -> None:
    number = firm.connection.pk
    planned = instep("connect", "plan", "--connection", number, "--json")
    assert planned.code == 1
    groups = {group["key"]: group for group in planned.json["groups"]}
    assert next(iter(groups)) == "invoices"
    assert len(groups) == 7
    assert groups["invoices"] == {**groups["invoices"], "count": 2, "errors": 2, "totals": {"AUD": 33_000}}
    refused = instep("connect", "apply", planned.json["plan"])
    assert refused.code == 1
    assert refused.err == "2 of the chosen rows still need you. Mend what they say, or leave them out.\n"
    shown = instep("connect", "plan", "--connection", number)
    assert [line.split() for line in shown.out.splitlines() if line.startswith("Invoices")] == [
        ["Invoices", "2", "2", "330.00", "AUD"]
    ]
    assert "has no counterpart in Xero" in shown.out
    assert "--leave-out 3-4" in shown.out

    listed = instep("connect", "map", number, "--json")
    assert listed.code == 1
    missing = {one["domain"]: [each["ours"] for each in one["unmapped"]] for one in listed.json["lists"]}
    assert missing == {"tax_code": ["GST", "none"], "account": ["sales"]}
    assert "OUTPUT (" in instep("connect", "map", number).out
    for domain, ours, theirs in (("account", "sales", "200"), ("tax_code", "GST", "OUTPUT")):
        instep("connect", "map", number, domain, ours, theirs)
    assert instep("connect", "map", number, "tax_code", "none", "BASEXCLUDED").code == 0
    assert instep("connect", "map", number).code == 0

    again = instep("connect", "plan", "--connection", number, "--json")
    assert again.code == 0
    first, second = (row for row in again.json["rows"] if row["kind"] == "invoice")
    assert instep("connect", "apply", again.json["plan"], "--leave-out", "99").code == 2
    sent = instep("connect", "apply", again.json["plan"], "--leave-out", second["no"], "--json")
    assert (sent.code, sent.json["state"], sent.json["rows"]["skipped"]) == (0, "applied", 1)
    assert [one["InvoiceNumber"] for one in firm.stored("invoices")] == [first["label"].split(" ")[0]]

    ran = instep("connect", "run", "--connection", number)
    assert ran.code == 1
    assert "waits for a preview" in ran.out
    status = instep("connect", "status", "--json")
    assert status.code == 1
    assert (status.json["connections"][0]["waiting"], status.json["connections"][0]["asks_first"]) == (1, True)
    rest = instep("connect", "plan", "--json").json
    assert instep("connect", "apply", rest["plan"]).code == 0
    assert len(firm.stored("invoices")) == 2
    assert instep("connect", "run").code == 0
    assert instep("connect", "status").code == 0
    assert "nothing to do" in instep("connect", "plan").out


def test_lists_are_joined_with_three_words_that_are_there(instep: Run, firm: Books) -> None:
    assert instep("connect", "map", firm.connection.pk, "account", "sales").code == 2
    assert "no such list" in instep("connect", "map", firm.connection.pk, "colour", "red", "rot").err
    assert instep("connect", "map", 12345).code == 2


def test_rows_are_named_by_numbers_and_spans() -> None:
    assert spans([9, 2, 5, 6, 7]) == "2,5-7,9"
    assert numbers_of(" 2, 5-7,9") == {2, 5, 6, 7, 9}
    for wrong in ("x", "5-2", "-3", "1-2-3"):
        with pytest.raises(CannotStart):
            numbers_of(wrong)
