"""The doors of the engine: what a connector, our side of a record, and a transport have to offer.

A connector does no input or output. It turns work into requests and replies into records, so that one driver can send
them over HTTP, another can wait for a visitor, and a test can hold every byte.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from instep.connect.capability import Capability
from instep.connect.fieldmap import RecordMap

if TYPE_CHECKING:
    from instep.base.identity.actor import Actor

Values = Mapping[str, Any]


# --- the wire -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Request:
    """One call, without secrets and host. `path` is below the connection's address, without a leading slash."""

    operation: str
    """What it does, for counting and faults, as "list companies" or "create contacts"."""
    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """Never shown: once signed, they hold the secret."""
    body: bytes | None = None
    address: str = ""
    """Another address than the connection's, for signing in; `path` is below it."""

    def with_header(self, name: str, value: str) -> Request:
        return replace(self, headers=(*self.headers, (name, value)))


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it came. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport(Protocol):
    """Sends one signed request. Raises `TryLater` when no answer came (time-out, reset, refused connection)."""

    def send(self, request: Request) -> Reply: ...


# --- what may go wrong, named by what the engine should do -----------------------------------------------------------


class RemoteTrouble(Exception):
    """Base of what a remote can do to us. `sentence` is for the person, `detail` for the journal (never a secret)."""

    def __init__(self, sentence: str, *, detail: str = "") -> None:
        super().__init__(sentence)
        self.sentence, self.detail = sentence, detail


class TryLater(RemoteTrouble):
    """No answer, 5xx or a limit: whether a write took effect is unknown unless `untouched`.

    `limit` is the name of the limit that was hit ("minute", "day", or another); then nobody calls before the time.
    """

    def __init__(
        self,
        sentence: str,
        *,
        detail: str = "",
        after_seconds: int | None = None,
        untouched: bool = False,
        limit: str = "",
    ) -> None:
        super().__init__(sentence, detail=detail)
        self.after_seconds, self.untouched, self.limit = after_seconds, untouched, limit


class NeedsPerson(RemoteTrouble):
    """The connection cannot go on without somebody: the token ended, a right is missing, the account is another."""


class VersionMoved(RemoteTrouble):
    """The record changed at the remote since we looked: look again and decide again."""


class BadReply(RemoteTrouble):
    """The answer cannot be understood (HTML, half a page, wrong shape): unknown, never success."""


class Rejected(RemoteTrouble):
    """A definite no to this request (4xx): nothing was stored. Mend the record, then it is planned anew."""


class Gone(RemoteTrouble):
    """The record is no longer there (404, 410)."""


# --- records --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RemoteRecord:
    """A record as the remote shows it. A field that is absent from `fields` carries no information; None is empty."""

    type: str
    id: str
    fields: Values
    version: str | None = None
    stamp: datetime | None = None
    """Last modified, in the remote's own clock, without a zone unless the remote says one."""
    created: datetime | None = None
    marker: str | None = None
    """The mark that we put on what we create, where the remote keeps one. Empty text: it bears it no more."""
    url: str | None = None
    merged_into: str | None = None
    """Their id of the record that this one was merged into: it is no more, that one stands for it."""


@dataclass(frozen=True, slots=True)
class Whole:
    """A page's word that of `type` it shows every record whose `field` is one of `values`: what is known of those and
    is not on the page has ended there."""

    type: str
    field: str
    values: frozenset[str]
    ended: Values
    """What such a record says from then on, as one that was taken back does by itself elsewhere."""


@dataclass(frozen=True, slots=True)
class PageOfRecords:
    records: Sequence[RemoteRecord]
    next_after: str | None
    """Hand this to `ask_page` for what follows; None when this was the last page."""
    whole: Sequence[Whole] = ()
    """Of records that come inside others: those whose others were read whole."""
    total: int | None = None
    """How many records the whole list has, where the answer says so."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who answers at the other end: `tenant` never changes for one account, `title` is what its users call it."""

    tenant: str
    title: str


@runtime_checkable
class Connector(Protocol):
    """One kind of remote. `maps` is keyed by our kind ("organisation"); remote types are the connector's own words."""

    key: str
    title: str
    address: str
    """The real host; a connection may point elsewhere (a sandbox)."""
    maps: Mapping[str, RecordMap]
    capabilities: Mapping[str, Capability]
    """Keyed by remote type."""
    values: Mapping[str, Sequence[tuple[str, str]]]
    """Default value maps: domain -> pairs (our key, their key)."""
    asks_first: bool
    """Nothing is written on either side before a person has seen it in a preview, with every run anew."""

    def sign(self, request: Request, secret: Mapping[str, str]) -> Request: ...

    def ask_identity(self) -> Request: ...

    def read_identity(self, reply: Reply) -> Identity: ...

    def ask_page(self, remote_type: str, *, since: datetime | None, after: str | None) -> Request:
        """A page of the type, in an order that edits cannot shift, of what was modified after `since` (None: all)."""
        ...

    def read_page(self, remote_type: str, request: Request, reply: Reply) -> PageOfRecords: ...

    def ask_record(self, remote_type: str, remote_id: str) -> Request: ...

    def ask_create(self, remote_type: str, fields: Values, *, marker: str) -> Request: ...

    def ask_update(self, remote_type: str, remote_id: str, fields: Values, *, version: str | None) -> Request: ...

    def read_record(self, remote_type: str, request: Request, reply: Reply) -> RemoteRecord:
        """The stored record from the reply to ask_record, ask_create or ask_update.

        Raises TryLater, NeedsPerson, VersionMoved, BadReply, Rejected or Gone, as do the other readers.
        """
        ...

    def app_link(self, remote_type: str, remote_id: str, tenant: str) -> str | None:
        """Where a person sees the record in the remote's own pages, if that can be known."""
        ...


# --- what some remotes can do besides ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Creation:
    """One record of a batch that is to be created."""

    fields: Values
    marker: str


@runtime_checkable
class TakesBatches(Protocol):
    """A connector whose remote creates several records by one call, or keeps what a key was first answered with."""

    def ask_creates(self, remote_type: str, creations: Sequence[Creation], *, key: str) -> Request:
        """At most the type's `batch_max` creations. `key` is new for each batch, and stays when it is sent again."""
        ...

    def read_creates(self, remote_type: str, request: Request, reply: Reply) -> list[RemoteRecord | Rejected]:
        """What became of each creation, in their order. Raises as `Connector.read_record` does for all of them."""
        ...


@runtime_checkable
class RenewsAccess(Protocol):
    """A connector whose access ends by itself and is renewed without a person. Secrets are text by name."""

    def renewal_due(self, secret: Mapping[str, str], *, now: datetime) -> bool: ...

    def ask_renewal(self, secret: Mapping[str, str]) -> Request:
        """Complete: it is not signed."""
        ...

    def read_renewal(self, secret: Mapping[str, str], reply: Reply, *, now: datetime) -> dict[str, str]:
        """The whole secret as it is from now on. Raises NeedsPerson when a person must sign in again, else TryLater
        or BadReply."""
        ...


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a record cannot be sent as it stands; the sentence says what to do. `field` is ours."""

    code: str
    sentence: str
    field: str = ""


Known = Mapping[str, Sequence[RemoteRecord]]
"""Records of the remote as last read, by remote type: those that are only read, and those in step."""


@runtime_checkable
class KnowsReferences(Protocol):
    """A connector that reads lists of the remote which no record of ours stands for: what value maps point at."""

    references: Mapping[str, Capability]
    """The types that are read so, each with its numbers."""

    def choices(self, domain: str, known: Known) -> list[tuple[str, str]]:
        """(their key, label) of what a value map of this domain may point at, of the references as last read."""
        ...

    def problems(self, remote_type: str, fields: Values, known: Known) -> list[Problem]:
        """What the remote would refuse in a creation with these fields, by what is known of it. No problem is no
        promise."""
        ...


@runtime_checkable
class SendsAlong(Protocol):
    """A connector whose remote empties what an update does not name."""

    sends_along: Mapping[str, Sequence[str]]
    """By remote type: fields in no map that `ask_update` is given as last read."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """Where a person signs in, and what is kept until they come back."""

    url: str
    secret: Mapping[str, str]


@runtime_checkable
class SignsIn(Protocol):
    """A connector whose users sign in on pages of the remote and come back with a code (OAuth 2)."""

    def at(self, address: str) -> Mapping[str, str]:
        """The addresses for signing in that go with an API address, as `begin` takes them: of the real one none, of a
        stand-in those of the same server."""
        ...

    def begin(self, app: Mapping[str, str], *, back_to: str, state: str) -> SignIn:
        """`app` is the client id and secret that the firm got from the remote, and its addresses where they are not
        the real ones."""
        ...

    def ask_access(self, secret: Mapping[str, str], *, code: str, back_to: str) -> Request:
        """Complete: it is not signed."""
        ...

    def read_access(self, secret: Mapping[str, str], reply: Reply, *, now: datetime) -> dict[str, str]:
        """The secret with the access in it. Raises NeedsPerson when the code is not taken."""
        ...

    def ask_accounts(self, secret: Mapping[str, str]) -> Request:
        """Signed: which accounts of the remote this access opens."""
        ...

    def read_accounts(self, reply: Reply) -> list[Identity]: ...

    def choose(self, secret: Mapping[str, str], tenant: str) -> dict[str, str]:
        """The secret for that one account."""
        ...


# --- our side -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LocalRecord:
    """Our record in the shared words. Every field of the kind is present; values are JSON (see kernel/records)."""

    kind: str
    id: int
    version: int
    fields: Values
    label: str
    archived: bool = False
    problems: Sequence[Problem] = ()
    """Why it cannot go anywhere as it stands."""
    withheld: str = ""
    """One sentence on why nothing is sent of it for now; its link stays."""
    origin: str | None = None
    """The firm's own hint that helps a person to recognise the record (a number, a code)."""


@dataclass(frozen=True, slots=True)
class LocalWrite:
    """A change to make on our side: create when `id` is None. Only the fields given are touched."""

    id: int | None
    fields: Values
    expected_version: int | None = None
    remote_id: str = ""
    """Of the record that is taken over, where it is theirs."""


@dataclass(frozen=True, slots=True)
class LocalOutcome:
    """What came of a LocalWrite: the record as it now stands, or the refusal's code and sentence."""

    record: LocalRecord | None
    code: str = ""
    sentence: str = ""
    facts: Values = field(default_factory=dict)


class LocalSide(Protocol):
    """Our side of one kind. Every call is (firm, ids): another firm's record does not exist."""

    kind: str

    def read(self, firm_id: int, ids: Sequence[int]) -> list[LocalRecord]:
        """The records that exist, in any order, archived ones included, in a fixed number of queries."""
        ...

    def scan(self, firm_id: int, *, after_id: int, limit: int) -> list[int]:
        """Ids above `after_id` in ascending order, archived ones left out."""
        ...

    def write(self, firm_id: int, writes: Sequence[LocalWrite], *, by: Actor) -> list[LocalOutcome]:
        """Make each change through the domain action a page would call, in a savepoint each, inside the caller's
        transaction; outcomes in the order of `writes`. Never raises a Refusal: it becomes an outcome."""
        ...

    def page_path(self, record_id: int) -> str:
        """Path of the record's page in the web application, as "/organisations/17/"."""
        ...
