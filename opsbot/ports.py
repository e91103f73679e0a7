"""Every port on one page: what flows ask of the outside world.

Ports used by flows return values and do not raise across a step; an adapter turns whatever went
wrong into `Refused` (with its cure and whether to retry) or `Unknown` (it may have happened).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar, runtime_checkable

from opsbot.core.card import Card
from opsbot.core.entry import Draft, Entry
from opsbot.core.evidence import EvidenceAsk, EvidenceKind, SourceReport
from opsbot.core.form import Form
from opsbot.core.incident import Incident
from opsbot.core.invocation import Caller, Invocation, Pointed
from opsbot.core.people import Actor, Invited, Missing, Person
from opsbot.core.picture import Picture
from opsbot.core.rules import Rules
from opsbot.core.series import Exhibit
from opsbot.core.standing import Standing

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done(Generic[T_co]):
    """It happened."""

    value: T_co


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """It did not happen. `error` is the other side's word, `cure` a sentence for a person."""

    error: str
    cure: str
    retry_after: timedelta | None = None  # None: trying again will not help


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsure:
    """It may have happened: no answer came. Look before doing it again."""

    reason: str


Outcome = Done[T] | Refused | Unsure


class Clock(Protocol):
    """Time and waiting, so that tests can wind both."""

    def now(self) -> datetime: ...
    def monotonic(self) -> float: ...
    async def sleep(self, seconds: float) -> None: ...


# --- HTTP ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """A whole answer; `body` is at most the cap that was asked for."""

    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes


class HttpFailure(Exception):
    """No usable answer from the other side: no connection, too slow, or too large."""

    def __init__(self, reason: str, *, sent: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.sent = sent  # whether the other side may have acted on it


class Http(Protocol):
    """One outgoing call. Honours proxy, no-proxy and CA settings; never follows a redirect to
    another host. Raises HttpFailure; any status code is an answer."""

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Sequence[tuple[str, str]] = (),
        body: bytes | None = None,
        timeout: float = 8.0,
        max_bytes: int = 8_000_000,
    ) -> HttpAnswer: ...


# --- the record ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Obligation:
    """A row that owes the next short flow, at its due time, under a key that runs once."""

    key: str
    incident_id: str
    purpose: str  # converge | collect | route_again | archive | ...
    due_at: datetime
    arguments: Mapping[str, str] = field(default_factory=dict[str, str])
    attempt: int = 0
    owed_since: datetime | None = None  # when it was first due, however often postponed since


class Transaction(Protocol):
    """One record transaction: what it appends and owes becomes true together or not at all."""

    async def incident(self, incident_id: str) -> Incident: ...
    async def find_origin(self, source: str, origin_id: str) -> str | None: ...
    async def find_recent(
        self, *, source: str, dedup_key: str, service_id: str, since: datetime
    ) -> Incident | None: ...
    async def next_number(self) -> int: ...
    async def by_number(self, number: int) -> str | None: ...
    async def holder_of_channel(self, channel_id: str) -> str | None: ...
    async def open_incidents(self) -> Sequence[str]: ...
    async def entries(self, incident_id: str) -> Sequence[Entry]: ...
    async def redact(self, incident_id: str, seq: int, actor: Actor, reason: str) -> Entry: ...
    async def append(self, incident_id: str, drafts: Sequence[Draft]) -> Sequence[Entry]: ...
    async def owe(self, obligation: Obligation) -> None: ...
    async def cancel(self, incident_id: str, purpose: str) -> int: ...


class Record(Protocol):
    """The append-only truth. A key that was appended before returns the stored entry.

    `overdue` goes by when an obligation was first due: postponing it does not make it young.
    `clean` takes secrets out of words, as appending does; `scour` makes redacted words leave the
    database's own logs as well.
    `probe` raises unless something can be written right now.
    """

    def transaction(self, lock: str = "") -> AbstractAsyncContextManager[Transaction]: ...
    async def append(self, incident_id: str, drafts: Sequence[Draft]) -> Sequence[Entry]: ...
    async def incident(self, incident_id: str) -> Incident: ...
    async def entries(self, incident_id: str) -> Sequence[Entry]: ...
    async def by_number(self, number: int) -> str | None: ...
    async def open_incidents(self) -> Sequence[str]: ...
    async def open_alerts(self, source: str) -> Sequence[str]: ...
    async def holder_of_channel(self, channel_id: str) -> str | None: ...
    async def due(self, now: datetime, limit: int = 100) -> Sequence[Obligation]: ...
    async def next_due(self, after: datetime | None = None) -> datetime | None: ...
    async def settle(self, keys: Sequence[str]) -> None: ...
    async def postpone(self, key: str, due_at: datetime) -> None: ...
    async def overdue(self, purpose: str, before: datetime) -> Sequence[Obligation]: ...
    async def claim(self, key: str, now: datetime) -> datetime | None: ...
    def clean(self, text: str) -> str: ...
    async def scour(self) -> None: ...
    async def keep_blob(self, data: bytes) -> str: ...
    async def blob(self, key: str) -> bytes | None: ...
    async def probe(self) -> None: ...


# --- the inbox -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One inbound request as it came, verified. `key` is the door's dedupe key."""

    door: str  # "pagerduty", "slack.interaction"
    key: str
    received_at: datetime
    body: bytes
    headers: Mapping[str, str]
    lane: str = "machine"  # person | machine; people go first


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A delivery waiting in the inbox."""

    id: int
    delivery: Delivery


class InboxFull(Exception):
    """The backlog is at its bound; the sender should try again later."""


class InboxUnavailable(Exception):
    """The inbox cannot make anything durable right now: disk full, database gone, or closed."""


class Inbox(Protocol):
    """Deliveries are durable when `put` returns; False means this key was here before.

    `probe` raises InboxUnavailable unless something can be written right now.
    """

    async def put(self, delivery: Delivery) -> bool: ...
    async def pending(self, limit: int = 100, lane: str = "") -> Sequence[Pending]: ...
    async def handled(self, ids: Sequence[int], note: str = "") -> None: ...
    async def quarantine(self, id: int, note: str) -> None: ...
    async def quarantined(self, limit: int = 100) -> Sequence[tuple[Pending, str]]: ...
    async def release(self, ids: Sequence[int]) -> int: ...
    async def backlog(self) -> int: ...
    async def forget(self, before: datetime) -> int: ...
    async def wait(self, timeout: float) -> None: ...
    async def probe(self) -> None: ...


# --- Slack -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedChannel:
    channel_id: str
    name: str
    adopted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedMessage:
    channel_id: str
    ts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InviteResult:
    invited: tuple[Invited, ...]
    missing: tuple[Missing, ...]


class RoomSurface(Protocol):
    """What a room needs of Slack. `look_first` asks to find our own earlier work before acting,
    because an earlier try may have happened. `stem` is the head of a channel's name that stays
    when the title changes (`inc-12`): by it an earlier try is known under another title."""

    async def open_channel(
        self,
        names: Sequence[str],
        *,
        private: bool,
        opened_at: datetime,
        look_first: bool,
        taken: Callable[[str], Awaitable[bool]],
        stem: str = "",
    ) -> Outcome[OpenedChannel]: ...

    async def post(
        self,
        channel_id: str,
        card: Card,
        *,
        slot: str,
        incident_id: str,
        thread_ts: str = "",
        look_first: datetime | None = None,
        urgent: bool = False,
    ) -> Outcome[PostedMessage]: ...

    async def edit(
        self, channel_id: str, ts: str, card: Card, *, incident_id: str
    ) -> Outcome[None]: ...

    async def invite(self, channel_id: str, people: Sequence[Person]) -> Outcome[InviteResult]: ...

    async def set_topic(self, channel_id: str, topic: str) -> Outcome[None]: ...
    async def pin(self, channel_id: str, ts: str) -> Outcome[None]: ...
    async def bookmark(self, channel_id: str, title: str, url: str) -> Outcome[None]: ...
    async def archive(self, channel_id: str) -> Outcome[None]: ...
    async def unarchive(self, channel_id: str) -> Outcome[None]: ...
    async def say(self, channel_id: str, card: Card) -> Outcome[PostedMessage]: ...
    async def upload(self, name: str, image: bytes, alt: str) -> Outcome[str]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """A channel that opsbot is a member of."""

    name: str
    private: bool


class PeopleSurface(Protocol):
    """Slack's other direction: who somebody is, and answers that they alone see.

    `standing` looks the account up (and remembers it for a while): nothing a click says of its
    presser counts. `message` reads what a reaction points at, `enter` joins a channel and tells
    of it, `show_home` draws each card with the incident id its buttons carry.
    """

    async def standing(self, caller: Caller) -> Outcome[Standing]: ...
    async def answer(
        self, asked: Invocation, card: Card, *, incident_id: str = ""
    ) -> Outcome[None]: ...
    async def open_form(self, trigger_id: str, form: Form) -> Outcome[None]: ...
    async def show_home(self, user_id: str, cards: Sequence[tuple[Card, str]]) -> Outcome[None]: ...
    async def react(self, channel_id: str, ts: str, emoji: str) -> Outcome[None]: ...
    async def message(self, channel_id: str, ts: str) -> Outcome[Pointed]: ...
    async def enter(self, channel_id: str) -> Outcome[Entered]: ...
    async def permalink(self, channel_id: str, ts: str) -> str: ...


# --- evidence and the pager ------------------------------------------------------------------


class EvidenceSource(Protocol):
    """One place to look. `collect` keeps its own deadline and always answers with a report."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> EvidenceKind: ...
    async def collect(self, ask: EvidenceAsk) -> SourceReport: ...


@runtime_checkable
class ExhibitSource(Protocol):
    """A source that can also hand over what a chart is drawn from: the series behind the page,
    or one failing request. Empty when it has nothing to show; it keeps its own deadline and
    never raises."""

    @property
    def name(self) -> str: ...
    async def exhibits(self, ask: EvidenceAsk) -> tuple[Exhibit, ...]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Acted:
    """What came of an act at the pager: when it says the act happened, and in whose name."""

    at: datetime | None = None
    by_id: str = ""  # the pager's own id of the user it names; empty when it names none
    already: bool = False  # it stood so before


class Pager(Protocol):
    """The pager's own API, apart from evidence: people's addresses, notes, and acts.

    `people` leaves out whom the pager has no record of; while a look-up fails for now it refuses
    with the time to come back, so that nobody is taken to have no address. `as_email` is the
    person in whose name to act; one the pager does not know is replaced by the configured user.
    """

    async def people(
        self, ids: Sequence[str], escalation_policy_id: str
    ) -> Outcome[tuple[Person, ...]]: ...
    async def add_note(self, alert_id: str, text: str, *, as_email: str = "") -> Outcome[None]: ...
    async def acknowledge(self, alert_id: str, *, as_email: str = "") -> Outcome[Acted]: ...
    async def resolve(self, alert_id: str, *, as_email: str = "") -> Outcome[Acted]: ...
    async def set_priority(
        self, alert_id: str, priority: str, *, as_email: str = ""
    ) -> Outcome[Acted]: ...


class AlertFeed(Protocol):
    """What happened at the pager, asked for instead of waited for.

    `look` answers deliveries for the inbox, each under the key of the pager's own log line, so
    that asking twice is hearing once: of the alerts that changed since `since`, and of those in
    `alert_ids`, whatever happened to them. `problem` says why webhooks will not come (switched
    off, pointing elsewhere), empty when all is well.
    """

    async def look(
        self, *, since: datetime, alert_ids: Sequence[str]
    ) -> Outcome[tuple[Delivery, ...]]: ...
    async def problem(self) -> Outcome[str]: ...


class Painter(Protocol):
    """Draws a picture as PNG bytes, apart from the running bot; refuses what cannot be drawn."""

    async def draw(self, picture: Picture) -> Outcome[bytes]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Everything a flow may speak to. Absent integrations are None or empty, never stand-ins."""

    record: Record
    clock: Clock
    rules: Rules
    room: RoomSurface | None = None
    sources: Sequence[EvidenceSource] = ()
    exhibits: Sequence[ExhibitSource] = ()
    pager: Pager | None = None
    painter: Painter | None = None
    people: PeopleSurface | None = None


# --- the engine ------------------------------------------------------------------------------


class Steps(Protocol):
    """How a flow does something that must not be done twice without need: as a named step whose
    small JSON result survives a restart."""

    async def run(self, name: str, step: Callable[[], Awaitable[T]]) -> T: ...


# A flow answers None when what it owed is done, or after how many seconds to owe it again.
Flow = Callable[[Steps, Mapping[str, str]], Awaitable[float | None]]


class Engine(Protocol):
    """Runs short flows durably. Starting an id that is finished runs nothing; its database is
    disposable, because whatever is still owed stands in the record."""

    async def start(self) -> None: ...
    async def run(self, flow_id: str, flow: str, arguments: Mapping[str, str]) -> float | None: ...
    async def stop(self) -> None: ...
