"""Banksia & Bell Architects: what an hour costs them, the hours of two months, invoices and who paid."""

from __future__ import annotations

from instep.cli.demo.firms.shape import Bill, Books, Hours

_CLINIC, _SIGNS = "Fairfield clinic: dental wing", "Fairfield clinic: signage and wayfinding"
_LIBRARY, _ANCHOR, _SUITE = "Library and learning commons", "Anchor Lane apartments", "Anchor Lane display suite"
_KILN, _TAPROOM, _HOUSE = "Kiln shed and gallery", "Cooper Street taproom", "House at Ivanhoe"

BOOKS = Books(
    settings={
        "billing.issuer_address": "Level 2\n14 Wurundjeri Lane\nCollingwood VIC 3066",
        "billing.issuer_tax_number": "76 141 592 600",
        "billing.payment_details": "Bank transfer within 14 days, please.\nBSB 063-000, account 1042 7781\n"
        "Put the number of the invoice into the reference.",
    },
    rates={
        "Ada": (95, 260),
        "Bo": (70, 180),
        "Cy": (42, 120),
        "Priya": (68, 190),
        "Tom": (64, 175),
        "Mei-Lin": (55, 150),
        "Jonah": (58, 160),
        "Hana": (32, 95),
    },
    hours=(
        Hours(
            _CLINIC, "Documentation", "Priya", 62, 0, (240, 330, 285), ("Sterilising room", "Joinery", "Services"), 2
        ),
        Hours(_CLINIC, "Documentation", "Jonah", 60, 1, (450, 420), ("Details, sheets 40 to 58", "Door schedule"), 3),
        Hours(_CLINIC, "Construction administration", "Cy", 45, 1, (90, 150), ("Site notes", "Requests answered"), 4),
        Hours(_LIBRARY, "Documentation", "Tom", 64, 0, (420, 360, 390), ("Footings round the roots", "Roof"), 2),
        Hours(_LIBRARY, "Construction administration", "Tom", 95, 20, (75, 120), ("Early works on site",), 7),
        Hours(_ANCHOR, "Design development", "Ada", 63, 0, (150, 210), ("Facade", "With the client"), 2),
        Hours(_ANCHOR, "Design development", "Hana", 58, 0, (465,), ("Model of the corner", "Sun studies"), 2),
        Hours(_SUITE, "Interior design", "Mei-Lin", 30, 0, (405, 435, 270), ("Joinery", "Samples", "Lighting"), 1),
        Hours(_KILN, "Concept design", "Priya", 58, 30, (135, 180), ("Gallery, two options",), 3),
        Hours(
            _TAPROOM, "Licences and permits", "Tom", 70, 0, (95, 140, 60), ("Liquor licence", "Health", "Council"), 3
        ),
        Hours(_TAPROOM, "Licences and permits", "Cy", 66, 0, (210, 165), ("Plans for the licence", "Acoustics"), 3),
        Hours(_HOUSE, "Documentation", "Cy", 55, 0, (240, 195), ("Stair", "Cello room"), 2),
    ),
    bills=(
        Bill(_ANCHOR, (("Concept design", "100"), ("Town planning", "50")), 92, paid=((70, 100),)),
        Bill(_LIBRARY, (("Concept design", "100"),), 64, cancelled=(61, "Billed to the school, not to its council")),
        Bill(_LIBRARY, (("Concept design", "100"), ("Town planning", "100")), 60, paid=((41, 100),)),
        Bill(_HOUSE, (("Concept design", "100"), ("Design development", "80")), 50, paid=((33, 100),)),
        Bill(_ANCHOR, (("Town planning", "50"), ("Design development", "35")), 34, paid=((12, 60),)),
        Bill(_TAPROOM, (("Licences and permits", None),), 31, reference="Permits, first part"),
        # Four stages, all of their fees, on one invoice: it waits to be paid.
        Bill(
            _SIGNS,
            (("Survey and counts", None), ("Design", None), ("Artwork", None), ("Supervision of making", None)),
            9,
            reference="PO 7741",
        ),
        Bill(_SUITE, (("Interior design", "40"),), 6),
        Bill(_KILN, (("Concept design", "100"),), 0, draft=True),
    ),
)
