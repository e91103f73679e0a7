"""PagerDuty's JSON: REST v2 objects and V3 webhook events, in the 2026 shape."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from opsbot.sandbox.noise import seed_of
from opsbot.sandbox.pagerduty_account import Event, Incident, LogEntry, Note
from opsbot.sandbox.scenario import Deploy, Person, Scenario, Service, Team

PRIORITIES: dict[str, tuple[str, str]] = {
    "P1": ("PPRIO01", "Customers cannot use the product"),
    "P2": ("PPRIO02", "Many customers are affected"),
    "P3": ("PPRIO03", "Some customers are affected, or soon will be"),
    "P4": ("PPRIO04", "Needs work, customers hardly notice"),
    "P5": ("PPRIO05", "Cosmetic"),
}

_SHIFT = timedelta(days=7)


def moment_text(moment: datetime | None) -> str | None:
    """Write an object's time: ISO 8601 in whole seconds."""
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def event_moment_text(moment: datetime) -> str:
    """Write an event's time: ISO 8601 with milliseconds."""
    return f"{moment.strftime('%Y-%m-%dT%H:%M:%S')}.{moment.microsecond // 1000:03d}Z"


class Shapes:
    """Writes objects of one account, whose API has the given address."""

    def __init__(self, scenario: Scenario, api: Callable[[], str]) -> None:
        self._scenario = scenario
        self._address = api
        self._site = f"https://{scenario.organisation}.pagerduty.com"

    @property
    def _api(self) -> str:
        return self._address()

    def reference(self, kind: str, ident: str, summary: str, path: str = "") -> dict[str, Any]:
        """Write a reference to any object."""
        place = path or f"{kind}s"
        return {
            "id": ident,
            "type": f"{kind}_reference",
            "summary": summary,
            "self": f"{self._api}/{place}/{ident}",
            "html_url": f"{self._site}/{place}/{ident}",
        }

    def person_reference(self, person: Person) -> dict[str, Any]:
        """Write a reference to somebody."""
        return self.reference("user", person.pagerduty_id, person.name)

    def service_reference(self, service: Service) -> dict[str, Any]:
        """Write a reference to a service."""
        return self.reference("service", service.pagerduty_id, service.name)

    def team_reference(self, team: Team) -> dict[str, Any]:
        """Write a reference to a team."""
        return self.reference("team", team.pagerduty_id, team.name)

    def policy_reference(self, team: Team) -> dict[str, Any]:
        """Write a reference to a team's escalation policy."""
        return self.reference(
            "escalation_policy", team.policy_id, f"{team.name} on call", "escalation_policies"
        )

    def schedule_reference(self, team: Team) -> dict[str, Any]:
        """Write a reference to a team's schedule."""
        return self.reference("schedule", team.schedule_id, f"{team.name} weekly rotation")

    def priority_reference(self, name: str | None) -> dict[str, Any] | None:
        """Write a reference to a priority, or null."""
        if name is None:
            return None
        ident = PRIORITIES[name][0]
        found = self.reference("priority", ident, name, "priorities")
        return {**found, "html_url": f"{self._site}/account/settings/incidents"}

    def agent_reference(self, agent: Person | Service | None) -> dict[str, Any] | None:
        """Write who did something, or null for automation."""
        if agent is None:
            return None
        if isinstance(agent, Person):
            return self.person_reference(agent)
        return self.service_reference(agent)

    def incident_reference(self, incident: Incident) -> dict[str, Any]:
        """Write a reference to an incident."""
        return self.reference("incident", incident.id, incident.title)

    def event(self, event: Event, event_id: str) -> dict[str, Any]:
        """Write the body of a webhook."""
        client = {"name": "Prometheus"} if event.type == "incident.triggered" else None
        return {
            "event": {
                "id": event_id,
                "event_type": event.type,
                "resource_type": "incident",
                "occurred_at": event_moment_text(event.at),
                "agent": self.agent_reference(event.agent),
                "client": client,
                "data": self._event_data(event),
            }
        }

    def ping(self, event_id: str, at: datetime) -> dict[str, Any]:
        """Write the body of the webhook the test button sends."""
        return {
            "event": {
                "id": event_id,
                "event_type": "pagey.ping",
                "resource_type": "pagey",
                "occurred_at": event_moment_text(at),
                "agent": None,
                "client": None,
                "data": {"message": "Hello from your friend Pagey!", "type": "ping"},
            }
        }

    def _event_data(self, event: Event) -> dict[str, Any]:
        if event.note is not None:
            return {
                "incident": self.incident_reference(event.incident),
                "id": event.note.id,
                "content": event.note.content[:1024],
                "trimmed": len(event.note.content) > 1024,
                "type": "incident_note",
            }
        return self._event_incident(event.incident)

    def _event_incident(self, incident: Incident) -> dict[str, Any]:
        return {
            "id": incident.id,
            "type": "incident",
            "self": f"{self._api}/incidents/{incident.id}",
            "html_url": f"{self._site}/incidents/{incident.id}",
            "number": incident.number,
            "status": incident.status,
            "incident_key": incident.key,
            "created_at": moment_text(incident.created_at),
            "reopened_at": moment_text(incident.reopened_at),
            "title": incident.title,
            "service": self.service_reference(incident.service),
            "assignees": [self.person_reference(person) for person in incident.assignees],
            "escalation_policy": self.policy_reference(incident.team),
            "teams": [self.team_reference(incident.team)],
            "priority": self.priority_reference(incident.priority),
            "urgency": incident.urgency,
            "conference_bridge": None,
            "resolve_reason": None,
            "incident_type": {"name": "incident_default"},
        }

    def incident(self, incident: Incident) -> dict[str, Any]:
        """Write an incident as REST answers it."""
        first = incident.log[0]
        resolved = incident.status == "resolved"
        return {
            "id": incident.id,
            "type": "incident",
            "summary": f"[#{incident.number}] {incident.title}",
            "self": f"{self._api}/incidents/{incident.id}",
            "html_url": f"{self._site}/incidents/{incident.id}",
            "incident_number": incident.number,
            "title": incident.title,
            "created_at": moment_text(incident.created_at),
            "updated_at": moment_text(incident.updated_at),
            "status": incident.status,
            "incident_key": incident.key,
            "service": self.service_reference(incident.service),
            "assignments": [
                {"at": moment_text(incident.updated_at), "assignee": self.person_reference(person)}
                for person in incident.assignees
            ],
            "assigned_via": "escalation_policy",
            "last_status_change_at": moment_text(incident.updated_at),
            "last_status_change_by": self.agent_reference(incident.changed_by),
            "resolved_at": moment_text(incident.resolved_at),
            "first_trigger_log_entry": self.reference(
                "trigger_log_entry", first.id, first.summary, "log_entries"
            ),
            "alert_counts": {"all": 1, "triggered": int(not resolved), "resolved": int(resolved)},
            "is_mergeable": True,
            "incident_type": {"name": "incident_default"},
            "escalation_policy": self.policy_reference(incident.team),
            "teams": [self.team_reference(incident.team)],
            "pending_actions": [],
            "acknowledgements": [
                {"at": moment_text(at), "acknowledger": self.person_reference(person)}
                for at, person in incident.acknowledged
            ],
            "alert_grouping": None,
            "priority": self.priority_reference(incident.priority),
            "resolve_reason": None,
            "conference_bridge": None,
            "incidents_responders": [],
            "responder_requests": [],
            "urgency": incident.urgency,
        }

    def alert(self, incident: Incident) -> dict[str, Any]:
        """Write the alert that triggered an incident, with what the monitoring sent."""
        page = incident.page
        ident = f"Q{incident.id[1:][::-1]}"
        contexts = [{"type": "link", "text": text, "href": href} for text, href in page.links]
        return {
            "id": ident,
            "type": "alert",
            "summary": page.title,
            "self": f"{self._api}/incidents/{incident.id}/alerts/{ident}",
            "html_url": f"{self._site}/alerts/{ident}",
            "created_at": moment_text(incident.created_at),
            "status": "resolved" if incident.status == "resolved" else "triggered",
            "alert_key": incident.key,
            "service": self.service_reference(incident.service),
            "body": {
                "type": "alert_body",
                "contexts": contexts,
                "details": dict(page.details),
                "cef_details": {
                    "contexts": contexts,
                    "dedup_key": incident.key,
                    "description": page.title,
                    "details": dict(page.details),
                    "severity": page.severity,
                    "source_origin": incident.service.name,
                },
            },
            "incident": {"id": incident.id, "type": "incident_reference"},
            "suppressed": False,
            "severity": page.severity,
            "integration": self.reference(
                "events_api_v2_inbound_integration",
                "P" + incident.service.pagerduty_id[:0:-1],
                "Prometheus",
                "integrations",
            ),
        }

    def log_entry(self, incident: Incident, entry: LogEntry) -> dict[str, Any]:
        """Write an entry of an incident's own timeline."""
        return {
            "id": entry.id,
            "type": entry.kind,
            "summary": entry.summary,
            "self": f"{self._api}/log_entries/{entry.id}?incident_id={incident.id}",
            "html_url": f"{self._site}/incidents/{incident.id}/log_entries/{entry.id}",
            "created_at": moment_text(entry.at),
            "agent": self.agent_reference(entry.agent),
            "channel": {"type": entry.channel, "summary": entry.details},
            "service": self.service_reference(incident.service),
            "incident": self.incident_reference(incident),
            "teams": [self.team_reference(incident.team)],
            "contexts": [],
            "event_details": {"description": entry.details},
        }

    def note(self, note: Note) -> dict[str, Any]:
        """Write a note."""
        return {
            "id": note.id,
            "user": self.person_reference(note.author),
            "channel": {"summary": "The PagerDuty website or APIs"},
            "content": note.content,
            "created_at": moment_text(note.at),
            "updated_at": moment_text(note.at),
        }

    def person(self, person: Person) -> dict[str, Any]:
        """Write a user."""
        return {
            **self.person_reference(person),
            "type": "user",
            "name": person.name,
            "email": person.email,
            "time_zone": "Etc/UTC",
            "color": "green",
            "role": "user",
            "avatar_url": "",
            "description": "",
            "invitation_sent": False,
            "job_title": person.title,
            "contact_methods": [],
            "notification_rules": [],
            "teams": [
                self.team_reference(team)
                for team in self._scenario.teams
                if any(person.name in level for level in team.levels)
            ],
        }

    def service(self, service: Service) -> dict[str, Any]:
        """Write a service."""
        team = self._scenario.team(service.team)
        return {
            **self.service_reference(service),
            "type": "service",
            "name": service.name,
            "description": f"{service.name} of team {service.team}",
            "auto_resolve_timeout": None,
            "acknowledgement_timeout": None,
            "status": "active",
            "alert_creation": "create_alerts_and_incidents",
            "integrations": [],
            "escalation_policy": self.policy_reference(team),
            "teams": [self.team_reference(team)],
            "incident_urgency_rule": {"type": "constant", "urgency": "high"},
        }

    def policy(self, team: Team) -> dict[str, Any]:
        """Write an escalation policy."""
        return {
            **self.policy_reference(team),
            "type": "escalation_policy",
            "name": f"{team.name} on call",
            "escalation_rules": [
                {
                    "id": f"{team.policy_id[:-1]}{number}",
                    "escalation_delay_in_minutes": 15,
                    "targets": [
                        self.person_reference(self._scenario.person(name)) for name in level
                    ],
                }
                for number, level in enumerate(team.levels, start=1)
            ],
            "services": [
                self.service_reference(service)
                for service in self._scenario.services
                if service.team == team.name
            ],
            "num_loops": 2,
            "teams": [self.team_reference(team)],
        }

    def priority(self, name: str) -> dict[str, Any]:
        """Write a priority."""
        found = self.priority_reference(name) or {}
        return {**found, "type": "priority", "name": name, "description": PRIORITIES[name][1]}

    def on_call(self, team: Team, level: int, person: Person, now: datetime) -> dict[str, Any]:
        """Write who is on call on a level of a policy, this week."""
        monday = datetime(now.year, now.month, now.day, tzinfo=now.tzinfo)
        start = monday - timedelta(days=now.weekday())
        return {
            "user": self.person_reference(person),
            "schedule": self.schedule_reference(team),
            "escalation_policy": self.policy_reference(team),
            "escalation_level": level,
            "start": moment_text(start),
            "end": moment_text(start + _SHIFT),
        }

    def change_event(self, deploy: Deploy, service: Service, at: datetime) -> dict[str, Any]:
        """Write the change event the pipeline sent for a deploy."""
        details = {"version": deploy.version, "previous": deploy.previous}
        details |= {
            change.key: f"{change.before} -> {change.after}" for change in deploy.config_changes
        }
        return {
            "summary": f"Deployed {service.name} {deploy.description}",
            "id": f"01{seed_of(service.name, deploy.version, deploy.at):024X}"[:26],
            "timestamp": moment_text(at),
            "type": "change_event",
            "source": "deploy-pipeline",
            "integration": {
                "id": "P" + service.pagerduty_id[:0:-1],
                "type": "inbound_integration_reference",
            },
            "services": [{"id": service.pagerduty_id, "type": "service_reference"}],
            "custom_details": details,
            "links": [
                {
                    "href": f"https://github.com/{service.repository}/releases/tag/{deploy.version}",
                    "text": f"{service.repository} {deploy.version}",
                }
            ],
        }
