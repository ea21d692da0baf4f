"""What the tiny+ account of a demo firm holds at first: the sandbox's own seed document, made from the firm's data."""

from __future__ import annotations

from typing import Any

from instep.cli.demo.firms.shape import Company, DemoFirm, Human, Person, Work

# The phases that the account keeps below its state "active", where our statuses of the same name go.
PHASES = {"active": ["Pending invoice", "On hold"]}


def seed_of(firm: DemoFirm) -> dict[str, Any]:
    """The account with its token and everything that is there at first."""
    return {
        "key": firm.account,
        "name": firm.account_name,
        "currency": firm.currency,
        "phases": PHASES,
        "project_types": [theirs for theirs in firm.types.values() if theirs],
        "tokens": [{"token": firm.token}],
        "records": {
            "team-members": [_member(person) for person in firm.people if person.there],
            "companies": [_company(company) for company in firm.companies if company.there],
            "contacts": [_contact(human) for human in firm.humans if human.there],
            "projects": [_project(work, firm) for work in firm.work if work.there],
        },
    }


def _filled(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "")}


def _member(person: Person) -> dict[str, Any]:
    return _filled(
        name=person.name,
        email=person.email,
        role=person.title,
        direct=person.phone,
        mobile=person.mobile,
        record_status=person.there,
        created_ago=40_000_000,
        modified_ago=9_000_000,
    )


def _company(company: Company) -> dict[str, Any]:
    return {
        **_filled(
            name=company.name,
            email_address=company.email,
            office_phone=company.phone,
            mobile=company.mobile,
            website=company.website,
            linkedin=company.linkedin,
            abn=company.tax_number,
            physical_address=company.address,
            record_status="active" if company.stage == "client" else None,
            created_ago=30_000_000,
            modified_ago=5_000_000,
        ),
        **company.says,
    }


def _contact(human: Human) -> dict[str, Any]:
    return {
        **_filled(
            name=human.name.strip(),
            first_name=human.first,
            last_name=human.last,
            email_address=human.email,
            title=human.role,
            direct=human.phone,
            mobile=human.mobile,
            office_phone=human.office_phone,
            linkedin=human.linkedin,
            primary_company=human.at,
            created_ago=20_000_000,
            modified_ago=4_000_000,
        ),
        **human.says,
    }


def _project(work: Work, firm: DemoFirm) -> dict[str, Any]:
    handler = next(person for person in firm.people if person.first == work.handler)
    return {
        **_filled(
            name=work.name,
            record_status=work.status,
            client_company=work.client,
            assigned_user=handler.name,
            project_address=work.address,
            description=work.scope,
            project_type=firm.types.get(work.kind),
            fee_value=sum(part.fee or 0 for part in work.parts) or None,
            created_ago=6_000_000,
            modified_ago=2_000_000,
        ),
        **work.says,
    }
