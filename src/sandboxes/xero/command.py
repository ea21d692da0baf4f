"""`python -m sandboxes xero`: the options of this sandbox."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from sandboxes.kit import command
from sandboxes.kit.handle import Handle
from sandboxes.xero import demo, fields
from sandboxes.xero.app import Xero, launch


def main(arguments: list[str]) -> int:
    """Run it, or print its fields; returns the exit code."""
    options = command.parser("xero", "A stand-in for Xero's accounting API, for trying a connector over real HTTP.")
    options.add_argument("--demo", action="store_true", help="begin with two invented practices (instead of --seed)")
    options.add_argument("--fields", action="store_true", help="print every field with its founding, and end")
    options.add_argument("--json", action="store_true", help="with --fields: as JSON")
    chosen = options.parse_args(arguments)
    if chosen.fields:
        print(json.dumps(fields.listing(), indent=1) if chosen.json else fields.table())
        return 0

    def begin() -> Handle[Xero]:
        seed = demo.seed(datetime.now(UTC).date()) if chosen.demo else command.read_seed(chosen.seed)
        return launch(
            command.read_switches(chosen.switch),
            port=chosen.port,
            control=chosen.control,
            host=chosen.host,
            public=chosen.public,
            data=chosen.data,
            seed=seed,
        )

    return command.serve("xero", begin)
