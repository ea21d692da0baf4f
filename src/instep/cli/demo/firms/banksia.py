"""Banksia & Bell Architects, Melbourne: AUD, GST, the words of architects."""

from __future__ import annotations

from instep.cli.demo.firms.banksia_books import BOOKS
from instep.cli.demo.firms.banksia_people import COMPANIES, HUMANS, PEOPLE
from instep.cli.demo.firms.banksia_work import WORK
from instep.cli.demo.firms.shape import DemoFirm

BANKSIA = DemoFirm(
    key="banksia-bell",
    name="Banksia & Bell Architects",
    currency="AUD",
    country="AU",
    zone="Australia/Melbourne",
    vocabulary="architecture",
    series={
        "job": {"prefix": "BB", "width": 4, "next": 2041},
        "project": {"prefix": "P", "width": 4},
        "client": {"prefix": "C", "width": 4},
        "invoice": {"prefix": "INV-", "width": 4, "next": 1187},
        "credit_note": {"prefix": "CN-", "width": 4, "next": 64},
    },
    first_part="Concept design",
    types={
        "Health": "Health",
        "Education": "Education",
        "Housing": "Residential",
        "Arts": "Arts & culture",
        "Hospitality": "Hospitality",
        "Interiors": "Fit-out",
        "Heritage": "",
    },
    account="banksia-bell",
    account_name="Banksia & Bell",
    token="demo-token-of-banksia-and-bell",
    people=PEOPLE,
    companies=COMPANIES,
    humans=HUMANS,
    work=WORK,
    books=BOOKS,
)
