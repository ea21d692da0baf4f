"""Which field of ours is which field of Xero, which way each travels, and how two records are known to be the same.

What Xero nests is flattened into one word here, so that the engine compares one value: the billing address is
"Address", the two telephones are "Phone" and "Mobile", a contact inside a document is its id, an amount carries its
currency ("1550.00 AUD"). `contacts.py` and `documents.py` take them apart again when they write.
"""

from __future__ import annotations

from collections.abc import Mapping

from instep.connect.fieldmap import Choice, Field, Mark, MatchRule, RecordMap, Reference, Rows, Way
from instep.connectors.xero.lenses import AddressLens, EmailLens, MoneyLens, WordLens
from instep.kernel.records.credit_note import CREDIT_ALLOCATION, CREDIT_NOTE
from instep.kernel.records.invoice import INVOICE
from instep.kernel.records.item import ITEM
from instep.kernel.records.organisation import ORGANISATION
from instep.kernel.records.payment import PAYMENT

# The marks are those of the fact sheet, docs/reference/remotes/xero.md; a field without one is assumed.
DOCUMENTED = Mark.DOCUMENTED
MONEY = MoneyLens()
AMOUNTS = WordLens((("exclusive", "Exclusive"), ("inclusive", "Inclusive"), ("no_tax", "NoTax")))
STATES = WordLens((("live", "AUTHORISED"), ("removed", "DELETED")))

ORGANISATION_MAP = RecordMap(
    kind=ORGANISATION,
    remote_type="contacts",
    rank=0,
    creates_here=False,
    fields=(
        Field("name", "Name", Way.PUSH, max_length=255, mark=DOCUMENTED),
        Field(
            "code",
            "ContactNumber",
            Way.PUSH,
            max_length=50,
            note="Xero shows it to nobody; it is how a client is known again.",
            mark=DOCUMENTED,
        ),
        Field(
            "email",
            "EmailAddress",
            Way.PUSH,
            lens=EmailLens(),
            max_length=255,
            note="An address that cannot be one is left out; the client goes without it.",
            mark=DOCUMENTED,
        ),
        Field("tax_number", "TaxNumber", Way.PUSH, max_length=50, mark=DOCUMENTED),
        Field("phone", "Phone", Way.PUSH, max_length=50, mark=DOCUMENTED),
        Field("mobile", "Mobile", Way.PUSH, max_length=50, mark=DOCUMENTED),
        Field(
            "address",
            "Address",
            Way.PUSH,
            lens=AddressLens(),
            note="Goes to the billing address, the one that Xero prints. Lines beyond the fourth follow in the fourth.",
            mark=DOCUMENTED,
        ),
    ),
    needs_there=("name", "code"),
    put_away=(("ContactStatus", "ARCHIVED"),),
    along=True,
    scope="invoiced",  # a ledger has no use for leads
    match=(
        # Both together are one client (D-11). One of them alone may be a namesake, or a number of somebody else's
        # making: writing our details over it would be a loss, so a person confirms (D-12).
        MatchRule("code", "ContactNumber", strong=True, also=(("name", "Name"),)),
        MatchRule("name", "Name", strong=False),
        MatchRule("code", "ContactNumber", strong=False),
    ),
)

ITEM_MAP = RecordMap(
    kind=ITEM,
    remote_type="items",
    rank=1,
    creates_here=False,
    fields=(
        # The code is what lines point at, and so it is the item's id here: it is given once.
        Field("code", "Code", Way.ONCE, max_length=30, mark=DOCUMENTED),
        Field("name", "Name", Way.PUSH, max_length=50, mark=DOCUMENTED),
    ),
    along=True,
    match=(MatchRule("code", "Code", strong=True),),
)

LINES = Rows(
    (
        Field("description", "Description", Way.ONCE, max_length=4000, mark=DOCUMENTED),
        Field("quantity", "Quantity", Way.ONCE, mark=DOCUMENTED),
        Field("unit_price", "UnitAmount", Way.ONCE, mark=DOCUMENTED),
        Field("net", "LineAmount", Way.ONCE, lens=MONEY, mark=DOCUMENTED),
        Field("tax", "TaxAmount", Way.ONCE, lens=MONEY, mark=DOCUMENTED),
        Field("tax_code", "TaxType", Way.ONCE, lens=Choice("tax_code"), mark=DOCUMENTED),
        Field("account", "AccountCode", Way.ONCE, lens=Choice("account"), mark=DOCUMENTED),
        Field("item", "ItemCode", Way.ONCE, lens=Reference("item"), mark=DOCUMENTED),
    )
)


CREDIT_IT = "It was sent and stands in the books. Cancel it with a credit note instead."


def _head(number: str) -> tuple[Field, ...]:
    """The fields that invoices and credit notes share; all travel once: what is issued stays as it was."""
    return (
        Field("number", number, Way.ONCE, max_length=255, mark=DOCUMENTED),
        Field("organisation", "Contact", Way.ONCE, lens=Reference("organisation"), mark=DOCUMENTED),
        Field("on", "Date", Way.ONCE, mark=DOCUMENTED),
        Field("reference", "Reference", Way.ONCE, max_length=255, mark=DOCUMENTED),
        Field("currency", "CurrencyCode", Way.ONCE, mark=DOCUMENTED),
        Field("amounts", "LineAmountTypes", Way.ONCE, lens=AMOUNTS, mark=DOCUMENTED),
        Field("lines", "LineItems", Way.ONCE, lens=LINES, mark=DOCUMENTED),
        # Xero works these out of the lines: they are not sent, but what it made of them is compared.
        Field("net", "SubTotal", Way.ONCE, lens=MONEY, mark=DOCUMENTED),
        Field("tax", "TotalTax", Way.ONCE, lens=MONEY, mark=DOCUMENTED),
        Field("total", "Total", Way.ONCE, lens=MONEY, mark=DOCUMENTED),
    )


ENDINGS = (("number", " (voided)", "voided"), ("number", " (deleted)", "deleted"))
"""As `documents.shown_number` tells it."""


def _by_number(number: str) -> tuple[MatchRule, ...]:
    """Number and total together are one document. A number alone may come from another series: a person looks."""
    return (
        MatchRule("number", number, strong=True, also=(("total", "Total"),)),
        MatchRule("number", number, strong=False),
    )


SUMS = ("net", "tax", "total")
_NEEDED = ("number", "organisation", "on", "currency", "amounts", "lines", "total")

INVOICE_MAP = RecordMap(
    kind=INVOICE,
    remote_type="invoices",
    rank=2,
    creates_here=False,
    fields=(
        *_head("InvoiceNumber"),
        Field("due_on", "DueDate", Way.ONCE, mark=DOCUMENTED),
        Field("deep_link", "Url", Way.ONCE, max_length=255, note="Opens the invoice here from its page in Xero."),
    ),
    needs_there=(*_NEEDED, "due_on"),
    sums=SUMS,
    dated="on",
    endings=ENDINGS,
    match=_by_number("InvoiceNumber"),
    stands=CREDIT_IT,
)

CREDIT_NOTE_MAP = RecordMap(
    kind=CREDIT_NOTE,
    remote_type="credit-notes",
    rank=3,
    creates_here=False,
    # Which invoice is credited is said by the reference, and made true by the allocation: it must be there first.
    after=("invoice",),
    fields=_head("CreditNoteNumber"),
    needs_there=_NEEDED,
    sums=SUMS,
    dated="on",
    endings=ENDINGS,
    match=_by_number("CreditNoteNumber"),
    stands="It was sent and stands in the books. Issue the invoice anew instead.",
)

CREDIT_ALLOCATION_MAP = RecordMap(
    kind=CREDIT_ALLOCATION,
    remote_type="credit-allocations",
    rank=4,
    creates_here=False,
    fields=(
        Field("number", "Number", Way.ONCE, note="The two numbers; Xero keeps none for it.", mark=DOCUMENTED),
        Field("credit_note", "CreditNote", Way.ONCE, lens=Reference("credit_note"), mark=DOCUMENTED),
        Field("invoice", "Invoice", Way.ONCE, lens=Reference("invoice"), mark=DOCUMENTED),
        Field("on", "Date", Way.ONCE, mark=DOCUMENTED),
        Field("amount", "Amount", Way.ONCE, lens=MONEY, mark=DOCUMENTED),
        Field("state", "Status", Way.PULL, lens=STATES, note="It was taken back once its credit note lacks it."),
    ),
    needs_there=("credit_note", "invoice", "on", "amount"),
    dated="on",
    goes_with=("credit_note", "invoice"),
    leaves=(("state", "DELETED"),),
    stands="It was sent and stands in the books. Take it back there if it is wrong.",
    match=(MatchRule("number", "Number", strong=True),),
)

PAYMENT_MAP = RecordMap(
    kind=PAYMENT,
    remote_type="payments",
    rank=5,
    creates_there=False,
    fields=(
        Field("invoice", "Invoice", Way.PULL, lens=Reference("invoice"), mark=DOCUMENTED),
        Field("on", "Date", Way.PULL, mark=DOCUMENTED),
        Field("amount", "Amount", Way.PULL, lens=MONEY, mark=DOCUMENTED),
        Field("reference", "Reference", Way.PULL, mark=DOCUMENTED),
        Field("state", "Status", Way.PULL, lens=STATES, mark=DOCUMENTED),
    ),
    needs_here=("invoice", "on", "amount"),
    dated="on",
    goes_with=("invoice",),
    match=(
        # Money typed by hand here and there: the same to the letter is one payment, if there is no other like it; for
        # one that is much alike a person says so.
        MatchRule(
            "amount",
            "Amount",
            strong=True,
            also=(("invoice", "Invoice"), ("on", "Date"), ("reference", "Reference")),
            recurs=True,
        ),
        MatchRule("amount", "Amount", strong=False, also=(("invoice", "Invoice"),), near=("on", 3), recurs=True),
    ),
    leaves=(("state", "DELETED"),),
)

MAPS: Mapping[str, RecordMap] = {
    m.kind.key: m
    for m in (
        *(ORGANISATION_MAP, ITEM_MAP, INVOICE_MAP),
        *(CREDIT_NOTE_MAP, CREDIT_ALLOCATION_MAP, PAYMENT_MAP),
    )
}
BY_TYPE: Mapping[str, RecordMap] = {m.remote_type: m for m in MAPS.values()}

VALUES: Mapping[str, tuple[tuple[str, str], ...]] = {
    # Every organisation has a chart of accounts and tax rates of its own: they are joined when it is connected.
    "account": (),
    "tax_code": (),
}
