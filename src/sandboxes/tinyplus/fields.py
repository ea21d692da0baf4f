"""Every field of every resource: its type, limit, who may write it, and how well each fact is founded."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum


class Mark(StrEnum):
    """How well a fact is founded."""

    DOCUMENTED = "documented"
    RECORDED = "recorded"
    ASSUMED = "assumed"


class Type(StrEnum):
    """How a value travels in JSON."""

    NUMBER = "number"
    TEXT = "text"
    LINES = "lines"  # text with line breaks
    CHOICE = "choice"
    FLAG = "flag"
    TIME = "time"
    DECIMAL = "decimal"
    REFERENCE = "reference"  # the number of another record


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `remark` stands where one mark is not enough; `choices` are the values that are taken."""

    name: str
    type: Type
    mark: Mark
    limit: int | None = None
    read_only: bool = False
    required: bool = False
    to: str | None = None  # the resource that a reference points to
    choices: tuple[str, ...] = ()
    empty: bool = True  # may be null
    default: str | bool | None = None
    label: str = ""
    remark: str = ""

    @property
    def shown(self) -> str:
        """The name that a person reads."""
        return self.label or self.name.replace("_", " ").capitalize()


@dataclass(frozen=True, slots=True)
class Resource:
    """One kind of record. `singular` begins the sentence of a 404."""

    name: str
    singular: str
    section: str  # its part of a page's address
    fields: tuple[Field, ...]

    @property
    def by_name(self) -> dict[str, Field]:
        """The fields by name."""
        return {field.name: field for field in self.fields}


DOC, ASSUMED = Mark.DOCUMENTED, Mark.ASSUMED

# Documented in full for team members and by example for the others; that all four carry them is assumed.
COMMON = (
    Field("id", Type.NUMBER, DOC, read_only=True, label="Number"),
    Field("name", Type.TEXT, DOC, limit=200, required=True, empty=False),
    Field("description", Type.LINES, DOC),
    Field("created_date", Type.TIME, DOC, read_only=True, label="Created"),
    Field("modified_date", Type.TIME, DOC, read_only=True, label="Last changed"),
    Field("created_user", Type.NUMBER, DOC, read_only=True, label="Created by"),
    Field("modified_user", Type.NUMBER, DOC, read_only=True, label="Last changed by"),
    Field("assigned_user", Type.REFERENCE, DOC, to="team-members", label="Assigned to"),
    Field("is_synced", Type.FLAG, DOC, default=False, empty=False, label="Synced"),
    Field("sync_origin", Type.TEXT, DOC, limit=50, label="Synced from"),
    Field("remote_id", Type.TEXT, DOC, limit=200, label="Number in the other system"),
    Field(
        "record_url",
        Type.TEXT,
        DOC,
        read_only=True,
        label="Address",
        remark="documented; the host part is assumed",
    ),
    Field("record_status", Type.CHOICE, DOC, label="Status"),
    Field("external_url", Type.TEXT, ASSUMED, limit=500, label="External URL"),
)


def _fields(status: Field, *own: Field) -> tuple[Field, ...]:
    return tuple(status if field.name == "record_status" else field for field in COMMON) + own


_STATUS = next(field for field in COMMON if field.name == "record_status")


def _texts(mark: Mark, *names: str, limit: int | None = None) -> tuple[Field, ...]:
    labels = {"abn": "ABN", "linkedin": "LinkedIn", "email_address": "Email", "direct": "Direct phone"}
    return tuple(Field(name, Type.TEXT, mark, limit=limit, label=labels.get(name, "")) for name in names)


COMPANIES = Resource(
    "companies",
    "Company",
    "companies",
    _fields(
        replace(_STATUS, choices=("prospect", "active", "latent"), remark="mixed"),
        *_texts(ASSUMED, "email_address", "office_phone", "mobile", limit=200),
        *_texts(ASSUMED, "website", "linkedin", limit=500),
        Field("physical_address", Type.LINES, ASSUMED, label="Address"),
        *_texts(ASSUMED, "abn", limit=50),
    ),
)

CONTACTS = Resource(
    "contacts",
    "Contact",
    "contacts",
    _fields(
        replace(_STATUS, mark=ASSUMED, choices=("active",), default="active", empty=False),
        Field("first_name", Type.TEXT, DOC, remark="fields documented, rule assumed"),
        Field("last_name", Type.TEXT, DOC, remark="fields documented, rule assumed"),
        *_texts(DOC, "email_address"),
        Field("title", Type.TEXT, DOC, label="Role"),
        Field("primary_company", Type.REFERENCE, DOC, to="companies", label="Company"),
        *_texts(ASSUMED, "direct", "mobile", "office_phone", limit=200),
        *_texts(ASSUMED, "website", "linkedin", limit=500),
    ),
)

PROJECTS = Resource(
    "projects",
    "Project",
    "projects",
    _fields(
        replace(
            _STATUS,
            mark=ASSUMED,
            choices=("proposed", "won", "active", "completed", "lost", "cancelled"),
            default="proposed",
            empty=False,
            remark="states documented in the guides, spelling assumed",
        ),
        Field("phase", Type.CHOICE, ASSUMED, remark="phases documented in the guides, field assumed"),
        Field("project_number", Type.TEXT, ASSUMED, limit=50, label="Project number"),
        Field("client_company", Type.REFERENCE, ASSUMED, to="companies", label="Client"),
        Field("project_type", Type.CHOICE, ASSUMED, label="Project type"),
        Field("project_address", Type.LINES, ASSUMED, label="Project address"),
        Field("fee_value", Type.DECIMAL, ASSUMED, label="Fee"),
    ),
)

TEAM = Resource(
    "team-members",
    "Team member",
    "team",
    _fields(
        # A new member is active unless the body says otherwise: no page settles it, and this is the dearer reading.
        replace(_STATUS, choices=("active", "ghost", "deactivated"), default="active", empty=False),
        Field("email", Type.TEXT, DOC, remark="rule documented, code assumed"),
        *_texts(DOC, "role", "extension", "direct", "mobile", "qualifications", "twitter", "linkedin"),
        Field("notes", Type.LINES, DOC),
    ),
)

RESOURCES = {resource.name: resource for resource in (COMPANIES, CONTACTS, PROJECTS, TEAM)}
# Records may point only to resources that stand before them here.
SEED_ORDER = ("team-members", "companies", "contacts", "projects")


def listing() -> list[dict[str, object]]:
    """Every field as plain data, for people and programs."""
    return [
        {
            "resource": resource.name,
            "field": field.name,
            "type": field.type.value,
            "limit": field.limit,
            "read_only": field.read_only,
            "required": field.required,
            "points_to": field.to,
            "values": list(field.choices),
            "mark": field.mark.value,
            "remark": field.remark,
        }
        for resource in RESOURCES.values()
        for field in resource.fields
    ]


def table() -> str:
    """The listing as text in columns."""
    head = ("resource", "field", "type", "limit", "written by", "mark", "remark")
    rows = [head] + [
        (
            str(row["resource"]),
            str(row["field"]),
            str(row["type"]),
            str(row["limit"] or ""),
            "tiny+" if row["read_only"] else "anyone",
            str(row["mark"]),
            str(row["remark"]),
        )
        for row in listing()
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)
