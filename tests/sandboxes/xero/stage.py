"""What stands on the stage of every Xero test: two organisations, an app that knows both, one that knows the first."""

from __future__ import annotations

from typing import Any

AU, UK = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
TOKEN, READER, STRANGER, CUSTOM = "t-write", "t-read", "t-other", "custom-app"
REFRESH = "r-write"
APP, SECRET, BACK = "app-1", "s-1", "https://instep.example/back"
READING = "accounting.contacts.read accounting.settings.read accounting.transactions.read"
MIA = "mia@northlight.example"

SEED: dict[str, Any] = {
    "switches": {"per_minute": 100_000, "tier": "core", "per_day": 1_000_000},
    "organisations": [
        {
            "key": "northlight",
            "name": "Northlight Architects",
            "base": "AU",
            "tenant": AU,
            "users": [{"name": "Mia Chen", "email": MIA}],
            "records": {
                "TaxRates": [
                    {
                        "Name": "15% on Income",
                        "ReportTaxType": "OUTPUT",
                        "TaxComponents": [{"Name": "GST", "Rate": 15}],
                    }
                ],
                "Contacts": [{"Name": "Harbour Cafe", "EmailAddress": "till@harbour.example"}, {"Name": "Gum Tree"}],
                "Items": [
                    {
                        "Code": "HOUR",
                        "Name": "An hour",
                        "Description": "Time",
                        "SalesDetails": {"UnitPrice": 120, "AccountCode": "200", "TaxType": "OUTPUT"},
                    }
                ],
            },
        },
        {
            "key": "ashdown",
            "name": "Ashdown Studio",
            "base": "UK",
            "tenant": UK,
            "users": [{"name": "Jo Park", "email": "jo@ashdown.example"}],
            "records": {"Contacts": [{"Name": "Mill Lane"}]},
        },
    ],
    "apps": [
        {"id": APP, "secret": SECRET, "name": "Instep", "redirects": [BACK]},
        {"id": "app-2", "secret": "s-2", "name": "Other app", "redirects": ["http://127.0.0.1"]},
        {"id": CUSTOM, "secret": "s-3", "name": "Own books", "custom": "ashdown"},
    ],
    "tokens": [
        {"token": TOKEN, "refresh": REFRESH, "app": APP, "user": MIA, "organisations": ["northlight"]},
        {"token": READER, "app": APP, "user": MIA, "organisations": ["northlight"], "scopes": READING},
        {"token": STRANGER, "app": "app-2", "organisations": ["ashdown"]},
    ],
}
