"""`python -m sandboxes <remote>`: run one stand-in."""

from __future__ import annotations

import sys


# Each imports its own when it is asked for: one that starts with a demo should not read the other's code, too.
def _tinyplus(arguments: list[str]) -> int:
    from sandboxes.tinyplus import command

    return command.main(arguments)


def _xero(arguments: list[str]) -> int:
    from sandboxes.xero import command

    return command.main(arguments)


SANDBOXES = {"tinyplus": _tinyplus, "xero": _xero}


def main(arguments: list[str]) -> int:
    """Run the sandbox that the first argument names; returns the exit code."""
    if not arguments or arguments[0] not in SANDBOXES:
        print(f"Usage: python -m sandboxes {{{','.join(SANDBOXES)}}} [options]; --help after the name lists them.")
        return 0 if arguments[:1] in (["-h"], ["--help"]) else 2
    return SANDBOXES[arguments[0]](arguments[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
