"""What the public facts of Xero leave open, each a switch with the fact sheet's default."""

from __future__ import annotations

from sandboxes.kit.switches import Kind, Switch

DAILY = {"starter": 1_000, "core": 5_000}

DECLARED = (
    Switch("tier", Kind.CHOICE, "starter", "The app's tier: 1000 calls a day, or 5000", tuple(DAILY)),
    Switch("per_minute", Kind.WHOLE, 60, "Calls in 60 seconds for an organisation and app, then 429"),
    Switch("per_day", Kind.WHOLE_OR_NONE, None, "Calls in 24 hours, instead of the tier's"),
    Switch("at_once", Kind.WHOLE, 5, "Calls at the same time for an organisation and app"),
    Switch("app_per_minute", Kind.WHOLE, 10_000, "Calls in 60 seconds of an app, over all organisations"),
    Switch("id_list_max", Kind.WHOLE, 40, "Entries in IDs, InvoiceNumbers or ContactIDs"),
    Switch(
        "scopes",
        Kind.CHOICE,
        "either",
        "Which family of scopes apps may ask for",
        ("either", "granular", "broad"),
    ),
    Switch(
        "contact_persons",
        Kind.CHOICE,
        "remove",
        "What a contact that is sent without ContactPersons does to them",
        ("remove", "keep"),
    ),
    Switch("lock_day", Kind.CHOICE, "locked", "Whether the period lock date itself is locked", ("locked", "open")),
    Switch("half_cent", Kind.CHOICE, "up", "How half a cent of tax is rounded", ("up", "even")),
)
