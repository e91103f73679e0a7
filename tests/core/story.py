"""A record in memory for pure tests: events in, entries and incident out, by the real rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from opsbot.core.consequences import Consequences, Owed, consequences
from opsbot.core.entry import Draft, Entry
from opsbot.core.event import AlertDetails, AlertEvent, Origin, ServiceRef, Transition
from opsbot.core.incident import Incident, evolve, new_incident
from opsbot.core.intake import arrival
from opsbot.core.people import Actor, ActorKind, Person
from opsbot.core.routing import Rule
from opsbot.core.rules import Channels, Rules
from opsbot.core.service import Catalogue, Service

T0 = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
SYSTEM = Actor(kind=ActorKind.SYSTEM, id="pagerduty", name="")
ADA = Actor(kind=ActorKind.PERSON, id="pagerduty:PADA", name="Ada")
SERVICES = (
    Service(name="checkout-api", owner="payments", channel="C0TEAM", pagerduty_id="PSVC1",
            depends_on=("auth-api",)),
    Service(name="auth-api", owner="identity", pagerduty_id="PSVC2"),
)  # fmt: skip
CHANNELS = Channels(digest="C0DIGEST", ops="C0OPS", shadow="C0SHADOW")


def rules(*routing: Rule, **changes: object) -> Rules:
    """Rules with the two services, the default routing unless rows are given."""
    base: dict[str, object] = {
        "catalogue": Catalogue(services=SERVICES), "channels": CHANNELS,
        "evidence_sources": ("prometheus", "loki"),
    }  # fmt: skip
    if routing:
        base["routing"] = routing
    return Rules(**{**base, **changes})  # type: ignore[arg-type] # built from known fields


def details(**changes: object) -> AlertDetails:
    """A high-urgency page of checkout-api, assigned to Ada."""
    base: dict[str, object] = {
        "title": "Error rate above 5 %",
        "service": ServiceRef(name="Checkout API", source_id="PSVC1"),
        "urgency": "high", "priority": "", "people": (Person(id="PADA", name="Ada"),),
        "teams": (), "escalation_policy_id": "PPOL",
    }  # fmt: skip
    return AlertDetails(**{**base, **changes})  # type: ignore[arg-type] # built from known fields


def event(
    transition: Transition = Transition.TRIGGERED,
    at: float = 0,
    *,
    alert: str = "PINC1",
    by: Actor = SYSTEM,
    said: AlertDetails | None = None,
    note: str = "",
    dedup_key: str = "",
) -> AlertEvent:
    """One event `at` minutes after T0."""
    said = said or details()
    return AlertEvent(
        source="pagerduty", id=f"{alert}-{transition}-{at}", type=f"incident.{transition}",
        known=True, transition=transition, occurred_at=T0 + timedelta(minutes=at), actor=by,
        alert=Origin(source="pagerduty", id=alert, number=7, url="https://example.pagerduty.com/7",
                     dedup_key=dedup_key),
        details=said, title=said.title, summary=f"{transition}: {said.title}", note=note,
    )  # fmt: skip


@dataclass
class Story:
    """One incident's record and what it owes, driven by events."""

    rules: Rules
    state: Incident = field(default_factory=lambda: new_incident("inc-1"))
    entries: list[Entry] = field(default_factory=list[Entry])
    owed: list[Owed] = field(default_factory=list[Owed])
    cancelled: list[str] = field(default_factory=list[str])

    def append(self, draft: Draft, now: datetime) -> bool:
        """Append unless the key is known; answer whether it was news."""
        if any(held.key == draft.key for held in self.entries):
            return False
        entry = Entry(
            incident_id="inc-1", seq=self.state.seq + 1, key=draft.key,
            occurred_at=draft.occurred_at, recorded_at=now, actor=draft.actor,
            source=draft.source, body=draft.body,
        )  # fmt: skip
        self.entries.append(entry)
        self.state = evolve(self.state, entry)
        return True

    def take(self, incoming: AlertEvent, *, after: float = 0) -> Consequences:
        """Take an event, learnt `after` minutes later than it happened."""
        now = incoming.occurred_at + timedelta(minutes=after)
        before = self.state
        known = before if incoming.alert and incoming.alert.id in before.alerts else None
        recent = before if before.seq and known is None else None
        decided = arrival(incoming, known, recent, self.rules, now, 42)
        news = [self.append(draft, now) for draft in decided.drafts]
        if not news[-1]:
            return Consequences()
        cause = decided.drafts[-1].key
        found = consequences(before, self.state, cause=cause, rules=self.rules, now=now)
        for draft in found.drafts:
            self.append(draft, now)
        self.owed += found.owed
        self.cancelled += found.cancelled
        return found
