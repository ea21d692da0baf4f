"""Quill & Co: what an hour costs them, the hours of some weeks, invoices and who paid."""

from __future__ import annotations

from instep.cli.demo.firms.shape import Bill, Books, Hours

_WINTER, _TINS = "Winter blend launch", "Tin range redesign"
_SHOP, _SEASON = "Bookshop website", "Season identity: Springs and Escapements"

BOOKS = Books(
    settings={
        "billing.issuer_address": "2 Inkwell Row\nLondon E2 0XX",
        "billing.issuer_tax_number": "GB 226 1483 22",
        "billing.payment_details": "By transfer: sort code 20-00-00, account 5550 1042.",
        "billing.tax_code": "VAT",
        "billing.tax_rate": 200_000,
        "billing.terms_days": 30,
    },
    rates={"Odo": (75, 165), "Fern": (62, 140), "Rufus": (38, 95), "Isla": (41, 105)},
    hours=(
        Hours(_WINTER, "Media liaison", "Fern", 38, 0, (90, 120, 45), ("Trade press", "Calls", "Samples out"), 2),
        Hours(_WINTER, "Creative", "Isla", 36, 0, (330, 240), ("Film boards", "Shop windows"), 2),
        Hours(_SHOP, "Design", "Rufus", 24, 0, (180, 210), ("Words of the shop", "Pages"), 2),
        Hours(_SEASON, "Roll-out", "Odo", 30, 0, (105, 75), ("Tram side", "Tickets"), 3),
    ),
    bills=(
        Bill(_WINTER, (("Strategy", "100"), ("Creative", "40")), 20, paid=((4, 50),)),
        Bill(_TINS, (("Design", None), ("Artwork", None)), 12, reference="TEA/209"),
        Bill(_WINTER, (("Media liaison", None),), 0, draft=True),
    ),
)
