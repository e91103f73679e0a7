"""The state of the sandbox's PagerDuty account: incidents and everything that happens to them.

Every change writes a log entry and gives an Event to be sent by webhook. Nothing here speaks HTTP.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from opsbot.sandbox.noise import seed_of
from opsbot.sandbox.scenario import Page, Person, Scenario, Service, Team

IncidentStatus = Literal["triggered", "acknowledged", "resolved"]
MOST_NOTES = 2000
PROGRAM_USER = Person(
    name="opsbot", email="opsbot@example.com", slack="unmatched", pagerduty_id="POPSBOT"
)
"""The user in whose name programs with an account key act; nobody's on-call."""

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


class AccountError(Exception):
    """A change PagerDuty refuses; `code` is its own number for the reason."""

    def __init__(self, message: str, code: int, *details: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.details = details
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """One entry of an incident's own timeline; `agent` is None for automation."""

    id: str
    kind: str
    at: datetime
    summary: str
    agent: Person | Service | None
    channel: str
    details: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A note people (or programs) left on an incident."""

    id: str
    at: datetime
    content: str
    author: Person


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
    status: IncidentStatus = "triggered"
    level: int = 1
    acknowledged: list[tuple[datetime, Person]] = field(
        default_factory=list[tuple[datetime, Person]]
    )
    resolved_at: datetime | None = None
    reopened_at: datetime | None = None
    changed_by: Person | Service | None = None
    log: list[LogEntry] = field(default_factory=list[LogEntry])
    notes: list[Note] = field(default_factory=list[Note])


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened, as a webhook tells it."""

    type: str
    at: datetime
    agent: Person | Service | None
    incident: Incident
    note: Note | None = None


class Account:
    """Incidents of one account; names of people and services are the scenario's."""

    def __init__(
        self,
        scenario: Scenario,
        anchor: datetime,
        now: Callable[[], datetime],
        *,
        first_number: int,
    ) -> None:
        self.scenario = scenario
        self.anchor = anchor
        self.people = (*scenario.people, PROGRAM_USER)
        self.incidents: dict[str, Incident] = {}
        self._now = now
        self._next_number = first_number
        # A new world must not repeat the ids of an earlier one: receivers remember them.
        self._seed = seed_of(scenario.seed, anchor.timestamp())
        self._ids = 0

    def new_id(self, first: str = "P", length: int = 7) -> str:
        """Give an id nobody has had, as long as PagerDuty's."""
        self._ids += 1
        number = seed_of(self._seed, self._ids) << 64 | seed_of(self._ids, self._seed)
        letters: list[str] = []
        while len(letters) < length - len(first):
            number, place = divmod(number, len(_ALPHABET))
            letters.append(_ALPHABET[place])
        return first + "".join(letters)

    def incident(self, incident_id: str) -> Incident:
        """Give an incident; raises AccountError (404) for an unknown id."""
        found = self.incidents.get(incident_id)
        if found is None:
            raise AccountError("Not Found", 2100, status=404)
        return found

    def trigger(self, page: Page) -> Event:
        """Open an incident for a page, assigned to the first level on call unless the page says."""
        now = self._now()
        service = self.scenario.service(page.service)
        team = self.scenario.team(service.team)
        people = page.assignees or team.levels[0]
        incident = Incident(
            id=self.new_id("Q", 14),
            number=self._next_number,
            key=self.new_id("", 32).lower(),
            page=page,
            service=service,
            team=team,
            title=page.title,
            created_at=now,
            updated_at=now,
            urgency=page.urgency,
            priority=page.priority,
            assignees=[self.scenario.person(name) for name in people],
            changed_by=service,
        )
        self._next_number += 1
        self.incidents[incident.id] = incident
        self._log(incident, "trigger", service, "Triggered through the API", page.title)
        names = ", ".join(person.name for person in incident.assignees)
        self._log(incident, "assign", service, f"Assigned to {names}")
        for person in incident.assignees:
            self._log(incident, "notify", service, f"Notified {person.name} by push")
        return self._event("incident.triggered", incident, service)

    def acknowledge(self, incident: Incident, person: Person) -> Event:
        """Somebody takes it; raises AccountError when it is already resolved."""
        self._open(incident)
        incident.status = "acknowledged"
        incident.acknowledged.append((self._now(), person))
        self._changed(incident, person)
        self._log(incident, "acknowledge", person, f"Acknowledged by {person.name}")
        return self._event("incident.acknowledged", incident, person)

    def unacknowledge(self, incident: Incident) -> Event:
        """The acknowledgement times out."""
        self._open(incident)
        incident.status = "triggered"
        incident.acknowledged.clear()
        self._changed(incident, None)
        self._log(incident, "unacknowledge", None, "Unacknowledged due to timeout")
        return self._event("incident.unacknowledged", incident, None)

    def resolve(self, incident: Incident, person: Person | None) -> Event:
        """Somebody, or with None the monitoring itself, resolves it."""
        self._open(incident)
        incident.status = "resolved"
        incident.resolved_at = self._now()
        incident.assignees = []
        agent: Person | Service = person or incident.service
        self._changed(incident, agent)
        by = person.name if person is not None else "the integration"
        self._log(incident, "resolve", agent, f"Resolved by {by}")
        return self._event("incident.resolved", incident, person)

    def reopen(self, incident: Incident, person: Person | None) -> Event:
        """Bring a resolved incident back; raises AccountError when it is open."""
        if incident.status != "resolved":
            raise AccountError("Invalid Input Provided", 2001, "Incident is not resolved")
        incident.status = "triggered"
        incident.resolved_at = None
        incident.reopened_at = self._now()
        incident.acknowledged.clear()
        names = incident.team.levels[0]
        incident.assignees = [self.scenario.person(name) for name in names]
        self._changed(incident, person)
        self._log(incident, "reopen", person, "Reopened")
        return self._event("incident.reopened", incident, person)

    def annotate(self, incident: Incident, person: Person, content: str) -> Event:
        """Leave a note; raises AccountError for an empty one and after 2000 notes."""
        if not content.strip():
            raise AccountError("Invalid Input Provided", 2001, "Content cannot be empty.")
        if len(incident.notes) >= MOST_NOTES:
            raise AccountError("Invalid Input Provided", 2001, "Incident has too many notes.")
        note = Note(id=self.new_id(), at=self._now(), content=content, author=person)
        incident.notes.append(note)
        incident.updated_at = note.at
        self._log(incident, "annotate", person, f"Note added by {person.name}", content)
        return self._event("incident.annotated", incident, person, note)

    def reassign(self, incident: Incident, people: Sequence[Person], by: Person | None) -> Event:
        """Give the incident to other people."""
        self._open(incident)
        if not people:
            raise AccountError("Invalid Input Provided", 2001, "Assignees cannot be empty.")
        incident.assignees = list(people)
        self._changed(incident, by)
        names = ", ".join(person.name for person in people)
        self._log(incident, "assign", by, f"Reassigned to {names}")
        return self._event("incident.reassigned", incident, by)

    def escalate(self, incident: Incident, by: Person | None, level: int | None = None) -> Event:
        """Page the next level of the escalation policy, or the given one (from 1)."""
        self._open(incident)
        wanted = incident.level + 1 if level is None else level
        if not 1 <= wanted <= len(incident.team.levels):
            raise AccountError("Invalid Input Provided", 2001, "Escalation level does not exist")
        incident.level = wanted
        names = incident.team.levels[wanted - 1]
        incident.assignees = [self.scenario.person(name) for name in names]
        incident.status = "triggered"
        self._changed(incident, by)
        self._log(incident, "escalate", by, f"Escalated to {', '.join(names)} (level {wanted})")
        return self._event("incident.escalated", incident, by)

    def set_priority(self, incident: Incident, priority: str | None, by: Person | None) -> Event:
        """Change or remove the priority (P1 to P5)."""
        self._open(incident)
        incident.priority = priority
        self._changed(incident, by)
        self._log(incident, "priority_change", by, f"Priority changed to {priority or 'none'}")
        return self._event("incident.priority_updated", incident, by)

    def set_title(self, incident: Incident, title: str) -> None:
        """Rename an incident; PagerDuty sends no webhook for it."""
        self._open(incident)
        incident.title = title
        incident.updated_at = self._now()

    def _open(self, incident: Incident) -> None:
        if incident.status == "resolved":
            raise AccountError("Incident Already Resolved", 1001)

    def _changed(self, incident: Incident, by: Person | Service | None) -> None:
        incident.updated_at = self._now()
        incident.changed_by = by

    def _event(
        self,
        kind: str,
        incident: Incident,
        agent: Person | Service | None,
        note: Note | None = None,
    ) -> Event:
        return Event(type=kind, at=self._now(), agent=agent, incident=incident, note=note)

    def _log(
        self,
        incident: Incident,
        kind: str,
        agent: Person | Service | None,
        summary: str,
        details: str = "",
    ) -> None:
        channel = "api" if not isinstance(agent, Person) else "web"
        incident.log.append(
            LogEntry(
                id=self.new_id("R", 14),
                kind=f"{kind}_log_entry",
                at=self._now(),
                summary=summary,
                agent=agent,
                channel=channel,
                details=details,
            )
        )
