"""The state of the sandbox's PagerDuty account: incidents and everything that happens to them.

Every change writes a log entry and gives an Event to be sent by webhook, or None where PagerDuty
sends none. Nothing here speaks HTTP.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from opsbot.sandbox.noise import seed_of
from opsbot.sandbox.pagerduty_escalation import Escalations
from opsbot.sandbox.pagerduty_incident import AccountError, Event, Incident, LogEntry, Note
from opsbot.sandbox.pagerduty_log import LogBook
from opsbot.sandbox.pagerduty_responding import Responding
from opsbot.sandbox.scenario import Page, Person, Scenario, Service, Team

__all__ = ["MOST_NOTES", "PROGRAM_USER", "Account", "AccountError", "Event", "Incident", "LogEntry"]

MOST_NOTES = 2000
PROGRAM_USER = Person(
    name="opsbot", email="opsbot@example.com", slack="unmatched", pagerduty_id="POPSBOT"
)
"""The user in whose name programs with an account key act; nobody's on-call."""

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


class Account(Responding):
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
        self.escalations = Escalations()
        self._clock = now
        self._as_of: datetime | None = None
        self._log = LogBook(self.new_id, self._now)
        self._next_number = first_number
        # A new world must not repeat the ids of an earlier one: receivers remember them.
        self._seed = seed_of(scenario.seed, anchor.timestamp())
        self._ids = 0

    def _now(self) -> datetime:
        return self._as_of or self._clock()

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

    def due(self) -> Iterator[Event]:
        """Do what the clock has made due, each at its own time: unanswered incidents go to the
        next level, and snoozed ones page again. Publish each event before asking for the next."""
        for incident in tuple(self.incidents.values()):
            while (at := self.escalations.next_act(incident)) is not None and at <= self._clock():
                yield self._act_at(at, incident)

    def _act_at(self, at: datetime, incident: Incident) -> Event:
        self._as_of = at
        try:
            if incident.snoozed_until is not None:
                return self.unacknowledge(incident)
            return self.escalate(incident, None)
        finally:
            self._as_of = None

    def trigger(
        self, page: Page, by: Person | None = None, *, key: str = "", team: Team | None = None
    ) -> Event:
        """Open an incident for a page, assigned to the first level on call unless the page says;
        by a person, or else by the service's monitoring. Another team's policy may be named."""
        now = self._now()
        service = self.scenario.service(page.service)
        team = team or self.scenario.team(service.team)
        people = page.assignees or team.levels[0]
        incident = Incident(
            id=self.new_id("Q", 14),
            number=self._next_number,
            key=key or self.new_id("", 32).lower(),
            page=page,
            service=service,
            team=team,
            title=page.title,
            created_at=now,
            updated_at=now,
            urgency=page.urgency,
            priority=page.priority,
            assignees=[self.scenario.person(name) for name in people],
            status_changed_at=now,
            status_changed_by=by or service,
            level_since=now,
        )
        self._next_number += 1
        self.incidents[incident.id] = incident
        self._log.triggered(incident, by)
        return self._event("incident.triggered", incident, by or service)

    def acknowledge(self, incident: Incident, person: Person | None) -> Event | None:
        """Somebody, or with None the monitoring, takes it; None when they had it already.

        Raises AccountError when it is already resolved.
        """
        self._open(incident)
        agent: Person | Service = person or incident.service
        if incident.status == "acknowledged" and any(
            who == agent for _, who in incident.acknowledged
        ):
            return None
        incident.acknowledged.append((self._now(), agent))
        if incident.status == "acknowledged":
            incident.updated_at = self._now()
        else:
            incident.status = "acknowledged"
            self._status_changed(incident, agent)
        self._log.write(incident, "acknowledge", person, f"Acknowledged by {agent.name}")
        return self._event("incident.acknowledged", incident, person)

    def unacknowledge(self, incident: Incident) -> Event:
        """The acknowledgement, or the snooze, times out: the level is paged again."""
        self._open(incident)
        incident.status = "triggered"
        incident.acknowledged.clear()
        incident.snoozed_until = None
        incident.level_since = self._now()
        self._status_changed(incident, incident.service)
        self._log.write(
            incident, "unacknowledge", None, "Unacknowledged by timeout", channel="timeout"
        )
        return self._event("incident.unacknowledged", incident, None)

    def resolve(self, incident: Incident, person: Person | None) -> Event:
        """Somebody, or with None the monitoring itself, resolves it."""
        self._open(incident)
        incident.status = "resolved"
        incident.resolved_at = self._now()
        incident.assignees = []
        incident.snoozed_until = None
        self._status_changed(incident, person or incident.service)
        by = person.name if person is not None else "the integration"
        self._log.write(incident, "resolve", person, f"Resolved by {by}")
        return self._event("incident.resolved", incident, person)

    def reopen(self, incident: Incident, person: Person | None) -> Event:
        """Bring a resolved incident back; raises AccountError when it is open."""
        if incident.status != "resolved":
            raise AccountError("Invalid Input Provided", 2001, "Incident is not resolved")
        incident.status = "triggered"
        incident.resolved_at = None
        incident.reopened_at = self._now()
        incident.acknowledged.clear()
        self._status_changed(incident, person or incident.service)
        self._give_to_level(incident, 1)
        self._log.write(incident, "reopen", person, "Reopened")
        return self._event("incident.reopened", incident, person)

    def annotate(self, incident: Incident, person: Person | None, content: str) -> Event:
        """Leave a note; raises AccountError for an empty one and after 2000 notes."""
        if not content.strip():
            raise AccountError("Invalid Input Provided", 2001, "Content cannot be empty.")
        if len(incident.notes) >= MOST_NOTES:
            raise AccountError("Invalid Input Provided", 2001, "Incident has too many notes.")
        note = Note(id=self.new_id(), at=self._now(), content=content, author=person)
        incident.notes.append(note)
        incident.updated_at = note.at
        by = person.name if person is not None else "a rule"
        self._log.write(
            incident, "annotate", person, f"Note added by {by}", details=content, channel="note"
        )
        return self._event("incident.annotated", incident, person, note)

    def reassign(self, incident: Incident, people: Sequence[Person], by: Person | None) -> Event:
        """Give the incident to other people; from then on it does not escalate by itself."""
        self._open(incident)
        if not people:
            raise AccountError("Invalid Input Provided", 2001, "Assignees cannot be empty.")
        incident.assignees = list(people)
        incident.assigned_via = "direct_assignment"
        incident.updated_at = self._now()
        names = ", ".join(person.name for person in people)
        words = f"Assigned to {names} by {by.name if by is not None else 'a rule'}"
        self._log.write(incident, "assign", by, words, assignees=people)
        return self._event("incident.reassigned", incident, by)

    def delegate(self, incident: Incident, team: Team, by: Person | None) -> Event:
        """Hand the incident to another team's escalation policy, at its first level."""
        self._open(incident)
        incident.team = team
        self._give_to_level(incident, 1)
        incident.updated_at = self._now()
        words = f"Delegated to {team.name} on call"
        self._log.write(incident, "delegate", by, words, assignees=incident.assignees)
        return self._event("incident.delegated", incident, by)

    def escalate(self, incident: Incident, by: Person | None, level: int | None = None) -> Event:
        """Page the next level of the escalation policy, or the given one (from 1)."""
        self._open(incident)
        wanted = incident.level + 1 if level is None else level
        if not 1 <= wanted <= len(incident.team.levels):
            raise AccountError("Invalid Input Provided", 2001, "Escalation level does not exist")
        self._give_to_level(incident, wanted)
        incident.updated_at = self._now()
        if incident.status != "triggered":
            incident.status = "triggered"
            incident.acknowledged.clear()
            incident.snoozed_until = None
            self._status_changed(incident, by or incident.service)
        self._log.escalated(incident, by)
        return self._event("incident.escalated", incident, by)

    def set_priority(self, incident: Incident, priority: str | None, by: Person | None) -> Event:
        """Change or remove the priority (P1 to P5)."""
        self._open(incident)
        before, incident.priority = incident.priority, priority
        incident.updated_at = self._now()
        words = f'Priority changed from "{before or "None"}" to "{priority or "None"}"'
        self._log.write(incident, "priority_change", by, words, priorities=(before, priority))
        return self._event("incident.priority_updated", incident, by)

    def set_urgency(self, incident: Incident, urgency: str, by: Person | None) -> None:
        """Change the urgency (high or low); PagerDuty sends no webhook for it."""
        self._open(incident)
        if urgency not in ("high", "low"):
            raise AccountError("Invalid Input Provided", 2001, "urgency must be high or low")
        words = f'Urgency changed from "{incident.urgency}" to "{urgency}"'
        incident.urgency = urgency
        incident.level_since = incident.updated_at = self._now()
        self._log.write(incident, "urgency_change", by, words)

    def snooze(self, incident: Incident, lasting: timedelta, by: Person | None) -> None:
        """Acknowledge for so long only; PagerDuty sends no webhook for it."""
        self._open(incident)
        incident.snoozed_until = self._now() + lasting
        incident.updated_at = self._now()
        if incident.status != "acknowledged":
            incident.status = "acknowledged"
            incident.acknowledged.append((self._now(), by or incident.service))
            self._status_changed(incident, by or incident.service)
        self._log.write(incident, "snooze", by, f"Snoozed for {lasting.seconds // 60} minutes")

    def set_title(self, incident: Incident, title: str) -> None:
        """Rename an incident; PagerDuty sends no webhook for it."""
        self._open(incident)
        incident.title = title
        incident.updated_at = self._now()

    def _open(self, incident: Incident) -> None:
        if incident.status == "resolved":
            raise AccountError("Incident Already Resolved", 1001)

    def _status_changed(self, incident: Incident, by: Person | Service) -> None:
        incident.updated_at = incident.status_changed_at = self._now()
        incident.status_changed_by = by

    def _give_to_level(self, incident: Incident, level: int) -> None:
        incident.level, incident.level_since = level, self._now()
        incident.assigned_via = "escalation_policy"
        names = incident.team.levels[level - 1]
        incident.assignees = [self.scenario.person(name) for name in names]

    def _event(
        self,
        kind: str,
        incident: Incident,
        agent: Person | Service | None,
        note: Note | None = None,
    ) -> Event:
        return Event(type=kind, at=self._now(), agent=agent, incident=incident, note=note)
