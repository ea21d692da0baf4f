"""`python -m sandboxes tinyplus`: the options of this sandbox."""

from __future__ import annotations

import json

from sandboxes.kit import command
from sandboxes.kit.handle import Handle
from sandboxes.tinyplus import fields
from sandboxes.tinyplus.app import TinyPlus, launch


def main(arguments: list[str]) -> int:
    """Run it, or print its fields; returns the exit code."""
    options = command.parser("tinyplus", "A stand-in for the CRM tiny+, for trying a connector over real HTTP.")
    options.add_argument("--fields", action="store_true", help="print every field with its founding, and end")
    options.add_argument("--json", action="store_true", help="with --fields: as JSON")
    chosen = options.parse_args(arguments)
    if chosen.fields:
        print(json.dumps(fields.listing(), indent=1) if chosen.json else fields.table())
        return 0

    def begin() -> Handle[TinyPlus]:
        return launch(
            command.read_switches(chosen.switch),
            port=chosen.port,
            control=chosen.control,
            host=chosen.host,
            public=chosen.public,
            data=chosen.data,
            seed=command.read_seed(chosen.seed),
        )

    return command.serve("tinyplus", begin)
