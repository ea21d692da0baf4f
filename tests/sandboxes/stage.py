"""What stands on the stage of every tiny+ test: two accounts that know nothing of each other."""

from __future__ import annotations

from typing import Any

TOKEN, READER, OTHER = "nl-write", "nl-read", "hs-write"
ZONE_HOURS = 10  # Australia/Brisbane, the whole year

SEED: dict[str, Any] = {
    "accounts": [
        {
            "key": "northlight",
            "name": "Northlight Architects",
            "project_types": ["House", "School"],
            "phases": {"proposed": ["Enquiry"], "active": ["Concept", "Documentation"]},
            "tokens": [
                {"token": TOKEN, "member": "Mia Chen"},
                {"token": READER, "scope": "read", "member": "Tom Okafor"},
            ],
            "records": {
                "team-members": [
                    {"name": "Mia Chen", "email": "mia@northlight.example"},
                    {"name": "Tom Okafor", "email": "tom@northlight.example", "record_status": "ghost"},
                ],
                "companies": [{"name": "Harbour Cafe", "modified_ago": 7200}],
            },
        },
        {
            "key": "harbourside",
            "name": "Harbourside Studio",
            "tokens": [{"token": OTHER}],
            "records": {"team-members": [{"name": "Jo Park"}]},
        },
    ]
}
