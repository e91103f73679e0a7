"""What an incident of the sandbox PagerDuty is made of: its state, log, notes, and its events."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from opsbot.sandbox.scenario import Page, Person, Service, Team

IncidentStatus = Literal["triggered", "acknowledged", "resolved"]
AssignedVia = Literal["escalation_policy", "direct_assignment"]


class AccountError(Exception):
    """A change PagerDuty refuses; `code` is its own number for the reason."""

    def __init__(self, message: str, code: int, *details: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.details = details
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """One entry of an incident's own timeline; automation has the service as agent."""

    id: str
    kind: str
    at: datetime
    summary: str
    agent: Person | Service
    channel: str
    details: str = ""
    assignees: tuple[Person, ...] = ()
    priorities: tuple[str | None, str | None] | None = None
    """Before and after, of a change of priority."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A note people (or programs) left on an incident; `author` is None for a rule."""

    id: str
    at: datetime
    content: str
    author: Person | None


@dataclass(slots=True, kw_only=True)
class Responder:
    """Somebody who was asked to join an incident; through `team`'s policy, or by name."""

    person: Person
    requester: Person
    team: Team | None
    message: str
    requested_at: datetime
    updated_at: datetime
    state: Literal["pending", "joined", "declined"] = "pending"


@dataclass(slots=True, kw_only=True)
class Incident:
    """One incident and its history."""

    id: str
    number: int
    key: str
    page: Page
    service: Service
    team: Team
    title: str
    created_at: datetime
    updated_at: datetime
    urgency: str
    priority: str | None
    assignees: list[Person]
    status_changed_at: datetime
    status_changed_by: Person | Service | None
    level_since: datetime
    """When the people of the current level were paged."""
    status: IncidentStatus = "triggered"
    level: int = 1
    assigned_via: AssignedVia = "escalation_policy"
    acknowledged: list[tuple[datetime, Person | Service]] = field(
        default_factory=list[tuple[datetime, Person | Service]]
    )
    snoozed_until: datetime | None = None
    resolved_at: datetime | None = None
    reopened_at: datetime | None = None
    log: list[LogEntry] = field(default_factory=list[LogEntry])
    notes: list[Note] = field(default_factory=list[Note])
    responders: list[Responder] = field(default_factory=list[Responder])


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened, as a webhook tells it; `agent` may be None for automation."""

    type: str
    at: datetime
    agent: Person | Service | None
    incident: Incident
    note: Note | None = None
    responder: Responder | None = None
    message: str = ""
    """What was written to a responder, or by one."""
