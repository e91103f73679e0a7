"""Evidence sources, the pager, pictures, and all ports in one value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from opsbot.core.evidence import EvidenceAsk, EvidenceKind, SourceReport
from opsbot.core.on_call import OnCall
from opsbot.core.people import Person
from opsbot.core.picture import Picture
from opsbot.core.series import Exhibit
from opsbot.ports.inbox import Delivery
from opsbot.ports.outcome import Outcome


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Paging:
    """Whom to page, and why: people, or else a policy's on-call, or else the service's.

    `alert_id` is the pager's incident they are asked to join. Without one, or where they cannot
    be asked to join it, a new incident is made on `service_id`, under `key`, which makes it once.
    """

    key: str
    alert_id: str
    service_id: str
    policy_id: str
    user_ids: tuple[str, ...]
    title: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Paged:
    """Whom the pager says it paged, and the incident it did it by."""

    alert_id: str
    people: tuple[Person, ...]
    already: bool = False  # they had been asked before
    made: bool = False  # by an incident of its own, not by joining them to another
    number: int | None = None  # of the incident that was made, as people know it
    url: str = ""


class Staffing(Protocol):
    """Who is on call, and reaching them: the pager's other half.

    `on_call` answers who is on call now for the service (the pager's own id) or policy, nearest
    level first; `policies` finds escalation policies by (part of) their name, each as
    (id, name); `person` is whom the pager knows by a login address, None for nobody. `page` is
    done once for one `key`, as far as the pager can tell.
    """

    async def on_call(
        self, *, service_id: str = "", policy_id: str = "", fresh: bool = False
    ) -> Outcome[tuple[OnCall, ...]]: ...
    async def policies(self, name: str) -> Outcome[tuple[tuple[str, str], ...]]: ...
    async def person(self, email: str) -> Outcome[Person | None]: ...
    async def page(self, paging: Paging, *, as_email: str = "") -> Outcome[Paged]: ...


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
