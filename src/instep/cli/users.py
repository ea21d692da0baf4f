"""`instep users bootstrap`: a firm's first account, and the way back in for who holds the machine (E-05)."""

from __future__ import annotations

import argparse

from instep.cli.opening import choose_data, firm_by_key, open_house
from instep.cli.refusals import Exit
from instep.cli.terminal import say, show_json

NAME = "users"
ABOUT = "Make a firm's first account."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    jobs = parser.add_subparsers(metavar="JOB", required=True)
    one = jobs.add_parser("bootstrap", help="make or reset the bootstrap administrator; prints a one-time password")
    one.add_argument("--firm", metavar="KEY", required=True, help="key of the firm")
    one.add_argument("--email", required=True, help="address that the administrator signs in with")
    one.add_argument("--name", default="Administrator", help="name shown (default Administrator)")
    one.add_argument("--make-firm", metavar="NAME", help="make the firm with this name when it is not there yet")
    one.add_argument("--currency", default="AUD", help="of a firm that is made (default AUD)")
    one.add_argument("--country", default="AU", help="of a firm that is made, two letters (default AU)")
    one.add_argument("--zone", default="Australia/Melbourne", help="time zone of a firm that is made")
    one.add_argument("--vocabulary", default="architecture", help="words of a firm that is made: architecture, agency")
    one.add_argument("--data", metavar="DIR", help="data folder (default INSTEP_DATA, else var)")
    one.add_argument("--json", action="store_true", help="answer in JSON")


def run(options: argparse.Namespace) -> int:
    """Make or reset the account; 0 when it can sign in now."""
    choose_data(options.data)
    open_house()
    from django.db import transaction

    from instep.base.firms.actions.firms import create_firm
    from instep.base.firms.actions.users import bootstrap_administrator
    from instep.base.identity.actor import Actor
    from instep.base.identity.models import Firm
    from instep.jobs.actions.statuses import create_default_statuses

    with transaction.atomic():
        if options.make_firm and not Firm.objects.filter(key=options.firm).exists():
            made = create_firm(
                key=options.firm,
                name=options.make_firm,
                currency=options.currency,
                country=options.country,
                zone=options.zone,
                vocabulary=options.vocabulary,
                by_name="command line",
            )
            create_default_statuses(made, by=Actor.system(made, "command line"))
        firm = firm_by_key(options.firm)
        user, password = bootstrap_administrator(firm, email=options.email, name=options.name)
    if options.json:
        show_json({"ok": True, "firm": firm.key, "email": user.email, "one_time_password": password})
    else:
        say(f"{user.email} administers {firm.name} now. One-time password, shown only here: {password}")
        say("Sign in with it and choose your own.")
    return Exit.DONE
