"""Xero for the engine: requests out of work, records out of replies. No input or output happens here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

from instep.connect.abilities import RemoteHint
from instep.connect.capability import AccountLimits, Capability, CreateHandle
from instep.connect.fieldmap import RecordMap
from instep.connect.protocols import (
    BadReply,
    Creation,
    Identity,
    Known,
    PageOfRecords,
    Problem,
    Rejected,
    RemoteRecord,
    Reply,
    Request,
    SignIn,
    Values,
)
from instep.connectors.xero import api, auth, documents, hooks, references, wire
from instep.connectors.xero.api import ALLOCATIONS, PAGE, RESOURCES, AboutRequest
from instep.connectors.xero.contacts import ARCHIVED, PEOPLE
from instep.connectors.xero.lenses import money_parts
from instep.connectors.xero.maps import MAPS, VALUES
from instep.connectors.xero.problems import problems
from instep.connectors.xero.troubles import NOT_UNDERSTOOD, calls_left, told

_READS: Final = (("Accept", "application/json"),)
_WRITES: Final = (*_READS, ("Content-Type", "application/json"))
_EACH_BY_ITSELF: Final = ("summarizeErrors", "false")
"""One broken element does not hold up the others."""
BATCH: Final = 50
IDS: Final = 40
"""So many ids fit into an address."""
WHOLE: Final = 1_000_000
"""Lists without pages come whole."""
STARTER_DAY: Final = 1000
"""Calls a day on the smallest tier; every other one allows more."""
POLL_SECONDS: Final = 900
"""Eight lists every quarter of an hour are 768 calls a day, which leaves a fifth of the smallest day for writing."""


def _capability(page_max: int, **more: Any) -> Capability:
    return Capability(
        page_max=page_max,
        total_given=True,
        stamp_utc=True,
        visibility_lag=10,  # our caution: no page says how soon a write shows in lists
        key_window=360,
        poll_seconds=POLL_SECONDS,
        max_body=3_500_000,
        **more,
    )


def _numbered(page_max: int, number: str, **more: Any) -> Capability:
    return _capability(page_max, handle=CreateHandle.UNIQUE_NUMBER, number=number, **more)


class Xero:
    """The connector (see `instep.connect.protocols`: Connector and all that some remotes do besides). It has no state;
    one serves every connection.

    References are ids as text, those of items their codes. Amounts are text with their currency, "1550.00 AUD". None
    is empty. Whatever is issued is made once and never changed there.
    """

    key = "xero"
    title = "Xero"
    address = "https://api.xero.com/api.xro/2.0/"
    maps: Mapping[str, RecordMap] = MAPS
    capabilities: Mapping[str, Capability] = {
        "contacts": _numbered(PAGE, "ContactNumber", batch_max=BATCH, read_many=IDS, deletes_seen=True),
        "items": _numbered(WHOLE, "Code", batch_max=BATCH),
        "invoices": _numbered(PAGE, "InvoiceNumber", batch_max=BATCH, read_many=IDS, deletes_seen=True),
        "credit-notes": _numbered(PAGE, "CreditNoteNumber", batch_max=BATCH, deletes_seen=True),
        ALLOCATIONS: _numbered(PAGE, "Number", carried_by="credit-notes"),
        "payments": _capability(PAGE, handle=CreateHandle.NONE, deletes_seen=True),
    }
    references: Mapping[str, Capability] = {
        # Tax rates and the organisation cannot be narrowed to what changed; accounts could, at the same one call, but
        # would not show what was deleted.
        remote_type: _capability(WHOLE, delta=False, handle=CreateHandle.NONE)
        for remote_type in ("organisation", "accounts", "tax-rates")
    }
    values: Mapping[str, Sequence[tuple[str, str]]] = VALUES
    limits = AccountLimits(per_minute=60, per_day=STARTER_DAY, concurrent=5)
    reads_many: Sequence[str] = ("contacts", "invoices")
    hint_key = "webhook_key"
    asks_first = True
    removes: Mapping[str, Sequence[str]] = {"contacts": ("archive",)}
    """What is issued is voided or credited, never taken away. Items are deleted by an id that is not the one that lines
    point at, so they stay."""
    sends_along: Mapping[str, Sequence[str]] = {"contacts": (PEOPLE,)}
    """Words that no map carries, but that an update had better repeat as they were last read: by one reading of Xero's
    rules, an update that does not name the people at a contact removes them."""

    def sign(self, request: Request, secret: Mapping[str, str]) -> Request:
        return auth.sign(request, secret)

    def ask_identity(self) -> Request:
        return Request("list organisation", "GET", "Organisation", (), _READS)

    def read_identity(self, reply: Reply) -> Identity:
        request = self.ask_identity()
        for found in api.page("organisation", request, reply).records:
            return Identity(found.id, found.fields.get("Name") or "Xero organisation")
        raise BadReply("Xero did not say which organisation this is.", detail=told(request, reply))

    # --- lists and records --------------------------------------------------------------------------------------------

    def ask_page(self, remote_type: str, *, since: datetime | None, after: str | None) -> Request:
        """In the order of ids: Xero's own order is that of the last edit, and every edit would shift it.

        Raises ValueError for allocations, which come with their credit notes.
        """
        if remote_type == ALLOCATIONS:
            raise ValueError("allocations come inside credit notes")
        resource = RESOURCES[remote_type]
        query = (*resource.query, *resource.prices)
        if resource.paged:
            pages = (("page", after or "1"), ("pageSize", str(PAGE)), ("order", f"{resource.id} ASC"))
            query = (*pages, *query)
        request = Request(f"list {remote_type}", "GET", resource.path, query, _READS)
        if since is None:
            return request
        utc = since if since.tzinfo is None else since.astimezone(UTC)
        return request.with_header("If-Modified-Since", f"{utc:%Y-%m-%dT%H:%M:%SZ}")

    def read_page(self, remote_type: str, request: Request, reply: Reply) -> PageOfRecords:
        """A page of credit notes brings their allocations too, each record with its own type."""
        return api.page(remote_type, request, reply)

    def ask_record(self, remote_type: str, remote_id: str) -> Request:
        if remote_type == ALLOCATIONS:
            credit_note, _, invoice = remote_id.partition("/")
            path, query = f"CreditNotes/{quote(credit_note, safe='')}", RESOURCES["credit-notes"].prices
            return AboutRequest(f"read {remote_type}", "GET", path, query, _READS, invoice=invoice)
        resource = RESOURCES[remote_type]
        path = f"{resource.path}/{quote(remote_id, safe='')}"
        return Request(f"read {remote_type}", "GET", path, resource.prices, _READS)

    def read_record(self, remote_type: str, request: Request, reply: Reply) -> RemoteRecord:
        return api.record(remote_type, request, reply)

    def ask_many(self, remote_type: str, remote_ids: Sequence[str]) -> Request:
        """Those among them that are of our kind: a supplier's bill has an id like any invoice."""
        resource = RESOURCES[remote_type]
        pages = (("page", "1"), ("pageSize", str(PAGE)), ("IDs", ",".join(remote_ids)))
        query = (*pages, *resource.query, *resource.prices)
        return Request(f"list {remote_type}", "GET", resource.path, query, _READS)

    # --- limits and hints ---------------------------------------------------------------------------------------------

    def calls_left(self, reply: Reply) -> Mapping[str, int]:
        return calls_left(reply)

    def read_hints(self, headers: Mapping[str, str], body: bytes, *, key: str) -> list[RemoteHint]:
        return hooks.read_hints(headers, body, key)

    # --- writing ------------------------------------------------------------------------------------------------------

    def ask_create(self, remote_type: str, fields: Values, *, marker: str) -> Request:
        """A record is found again by its own number; Xero keeps no mark of ours."""
        return self._creation(remote_type, [fields], ())

    def ask_creates(self, remote_type: str, creations: Sequence[Creation], *, key: str) -> Request:
        return self._creation(remote_type, [c.fields for c in creations], (("Idempotency-Key", key),))

    def _creation(self, remote_type: str, records: Sequence[Values], headers: tuple[tuple[str, str], ...]) -> Request:
        """PUT, which refuses what is there already; POST would write over it."""
        given = [{name: value for name, value in fields.items() if value is not None} for fields in records]
        operation, headers = f"create {remote_type}", (*_WRITES, *headers)
        if remote_type == ALLOCATIONS:
            (fields,) = given
            path = f"CreditNotes/{quote(fields['CreditNote'], safe='')}/Allocations"
            body = wire.encode({"Allocations": [documents.allocation_body(fields)]})
            return AboutRequest(
                *(operation, "PUT", path, (_EACH_BY_ITSELF,), headers, body),
                number=fields.get("Number", ""),
                invoice=fields["Invoice"],
                currency=money_parts(fields["Amount"])[1],
            )
        resource = RESOURCES[remote_type]
        if resource.body is None:
            raise ValueError(f"{remote_type} are not made there")
        body = wire.encode({resource.key: [resource.body(fields) for fields in given]})
        return Request(operation, "PUT", resource.path, (_EACH_BY_ITSELF, *resource.prices), headers, body)

    def read_creates(self, remote_type: str, request: Request, reply: Reply) -> list[RemoteRecord | Rejected]:
        return api.batch(remote_type, request, reply)

    def ask_update(self, remote_type: str, remote_id: str, fields: Values, *, version: str | None) -> Request:
        """Only the fields given. Xero keeps no versions, so `version` says nothing. Raises ValueError for documents:
        what was issued stays as it was."""
        operation = f"update {remote_type}"
        if remote_type == "contacts":
            body = {"ContactID": remote_id, **(RESOURCES[remote_type].body or dict)(fields)}
            path = f"Contacts/{quote(remote_id, safe='')}"
            return Request(operation, "POST", path, (), _WRITES, wire.encode({"Contacts": [body]}))
        if remote_type == "items":
            body = {"Code": remote_id, **(RESOURCES[remote_type].body or dict)(fields)}
            return Request(operation, "POST", "Items", (_EACH_BY_ITSELF,), _WRITES, wire.encode({"Items": [body]}))
        raise ValueError(f"{remote_type} are never changed there")

    def ask_remove(self, remote_type: str, remote_id: str, how: str, *, version: str | None) -> Request:
        """A contact is archived, which the API cannot take back. Raises ValueError for anything else."""
        if how not in self.removes.get(remote_type, ()):
            raise ValueError(f"{remote_type} cannot be taken away by {how!r}")
        path = f"Contacts/{quote(remote_id, safe='')}"
        body = wire.encode({"Contacts": [{"ContactID": remote_id, "ContactStatus": ARCHIVED}]})
        return Request(f"update {remote_type}", "POST", path, (), _WRITES, body)

    def read_removed(self, remote_type: str, request: Request, reply: Reply) -> RemoteRecord | None:
        """The archived contact, which stays in its lists."""
        return api.record(remote_type, request, reply)

    def app_link(self, remote_type: str, remote_id: str, tenant: str) -> str | None:
        return api.link(remote_type, remote_id)

    # --- what is only read --------------------------------------------------------------------------------------------

    def choices(self, domain: str, known: Known) -> list[tuple[str, str]]:
        return references.choices(domain, known)

    def problems(self, remote_type: str, fields: Values, known: Known) -> list[Problem]:
        return list(problems(remote_type, fields, known))

    # --- signing in, and staying in -----------------------------------------------------------------------------------

    def renewal_due(self, secret: Mapping[str, str], *, now: datetime) -> bool:
        return auth.renewal_due(secret, now=now)

    def ask_renewal(self, secret: Mapping[str, str]) -> Request:
        return auth.ask_renewal(secret)

    def read_renewal(self, secret: Mapping[str, str], reply: Reply, *, now: datetime) -> dict[str, str]:
        return auth.read_access(secret, reply, now=now)

    def at(self, address: str) -> Mapping[str, str]:
        return {} if address == self.address else auth.beside(address)

    def begin(self, app: Mapping[str, str], *, back_to: str, state: str) -> SignIn:
        return auth.begin(app, back_to=back_to, state=state)

    def ask_access(self, secret: Mapping[str, str], *, code: str, back_to: str) -> Request:
        return auth.ask_access(secret, code=code, back_to=back_to)

    def read_access(self, secret: Mapping[str, str], reply: Reply, *, now: datetime) -> dict[str, str]:
        return auth.read_access(secret, reply, now=now)

    def ask_accounts(self, secret: Mapping[str, str]) -> Request:
        return auth.ask_accounts(secret)

    def read_accounts(self, reply: Reply) -> list[Identity]:
        request = auth.ask_accounts({})
        try:
            return auth.identities(api.answer_of(request, reply))
        except ValueError as error:
            raise BadReply(NOT_UNDERSTOOD, detail=f"{error}: {told(request, reply)}") from None

    def choose(self, secret: Mapping[str, str], tenant: str) -> dict[str, str]:
        return {**secret, "tenant_id": tenant}
