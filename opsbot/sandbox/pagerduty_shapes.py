"""PagerDuty's REST v2 objects."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from opsbot.sandbox.noise import seed_of
from opsbot.sandbox.pagerduty_escalation import Escalations
from opsbot.sandbox.pagerduty_incident import Incident, LogEntry, Note
from opsbot.sandbox.pagerduty_references import PRIORITIES, References, moment_text
from opsbot.sandbox.pagerduty_responder_shapes import incident_responder
from opsbot.sandbox.scenario import Deploy, Person, Service, Team

_SHIFT = timedelta(days=7)
_FOR_EVER = timedelta(days=365)


class Shapes:
    """Writes the objects of one account."""

    def __init__(self, references: References, escalations: Escalations) -> None:
        self._to = references
        self._escalations = escalations

    def incident(self, incident: Incident) -> dict[str, Any]:
        """Write an incident as REST answers it."""
        return {
            "id": incident.id,
            "type": "incident",
            "summary": f"[#{incident.number}] {incident.title}",
            "self": f"{self._to.api}/incidents/{incident.id}",
            "html_url": f"{self._to.site}/incidents/{incident.id}",
            "incident_number": incident.number,
            "title": incident.title,
            "incident_key": incident.key,
            "incident_type": {"name": "incident_default"},
            "service": self._to.service_reference(incident.service),
            "escalation_policy": self._to.policy_reference(incident.team),
            "teams": [self._to.team_reference(incident.team)],
            "priority": self._to.priority_reference(incident.priority),
            "urgency": incident.urgency,
            **self._incident_state(incident),
            **self._incident_people(incident),
            "is_mergeable": True,
            "pending_actions": [
                {"type": kind, "at": moment_text(at)}
                for kind, at in self._escalations.pending(incident)
            ],
            "alert_grouping": None,
            "resolve_reason": None,
            "conference_bridge": None,
        }

    def _incident_state(self, incident: Incident) -> dict[str, Any]:
        first = incident.log[0]
        resolved = incident.status == "resolved"
        return {
            "status": incident.status,
            "created_at": moment_text(incident.created_at),
            "updated_at": moment_text(incident.updated_at),
            "resolved_at": moment_text(incident.resolved_at),
            "last_status_change_at": moment_text(incident.status_changed_at),
            "last_status_change_by": self._to.agent_reference(incident.status_changed_by),
            "first_trigger_log_entry": self._to.reference(
                "trigger_log_entry", first.id, first.summary, "log_entries"
            ),
            "alert_counts": {"all": 1, "triggered": int(not resolved), "resolved": int(resolved)},
        }

    def _incident_people(self, incident: Incident) -> dict[str, Any]:
        at = moment_text(incident.updated_at)
        return {
            "assigned_via": incident.assigned_via,
            "assignments": [
                {"at": at, "assignee": self._to.person_reference(person)}
                for person in incident.assignees
            ],
            "acknowledgements": [
                {"at": moment_text(when), "acknowledger": self._to.agent_reference(agent)}
                for when, agent in incident.acknowledged
            ],
            "incidents_responders": [
                incident_responder(self._to, incident, one) for one in incident.responders
            ],
            "responder_requests": [],
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
            "self": f"{self._to.api}/incidents/{incident.id}/alerts/{ident}",
            "html_url": f"{self._to.site}/alerts/{ident}",
            "created_at": moment_text(incident.created_at),
            "status": "resolved" if incident.status == "resolved" else "triggered",
            "alert_key": incident.key,
            "service": self._to.service_reference(incident.service),
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
            "integration": self._to.reference(
                "events_api_v2_inbound_integration",
                "P" + incident.service.pagerduty_id[:0:-1],
                "Prometheus",
                "integrations",
            ),
        }

    def log_entry(self, incident: Incident, entry: LogEntry) -> dict[str, Any]:
        """Write an entry of an incident's own timeline."""
        written: dict[str, Any] = {
            "id": entry.id,
            "type": entry.kind,
            "summary": entry.summary,
            "self": f"{self._to.api}/log_entries/{entry.id}?incident_id={incident.id}",
            "html_url": f"{self._to.site}/incidents/{incident.id}/log_entries/{entry.id}",
            "created_at": moment_text(entry.at),
            "agent": self._to.agent_reference(entry.agent),
            "channel": {"type": entry.channel, "summary": entry.details},
            "service": self._to.service_reference(incident.service),
            "incident": self._to.numbered_reference(incident),
            "teams": [self._to.team_reference(incident.team)],
            "contexts": [],
            "event_details": {"description": entry.details},
        }
        if entry.assignees:
            written["assignees"] = [self._to.person_reference(one) for one in entry.assignees]
        if entry.priorities is not None:
            names = ("old_priority", "new_priority")
            written["channel"] |= {
                name: None if priority is None else self.priority(priority)
                for name, priority in zip(names, entry.priorities, strict=True)
            }
        return written

    def note(self, note: Note) -> dict[str, Any]:
        """Write a note; what a rule wrote has a bot for its user."""
        author = (
            {**self._to.reference("bot_user", "PRULE01", "A Global Event Rule", "users")}
            if note.author is None
            else self._to.person_reference(note.author)
        )
        return {
            "id": note.id,
            "user": author,
            "channel": {"summary": "The PagerDuty website or APIs"},
            "content": note.content,
            "created_at": moment_text(note.at),
            "updated_at": moment_text(note.at),
        }

    def person(self, person: Person) -> dict[str, Any]:
        """Write a user."""
        return {
            **self._to.person_reference(person),
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
                self._to.team_reference(team)
                for team in self._to.scenario.teams
                if any(person.name in level for level in team.levels)
            ],
        }

    def service(self, service: Service) -> dict[str, Any]:
        """Write a service."""
        team = self._to.scenario.team(service.team)
        return {
            **self._to.service_reference(service),
            "type": "service",
            "name": service.name,
            "description": f"{service.name} of team {service.team}",
            "auto_resolve_timeout": None,
            "acknowledgement_timeout": None,
            "status": "active",
            "alert_creation": "create_alerts_and_incidents",
            "integrations": [],
            "escalation_policy": self._to.policy_reference(team),
            "teams": [self._to.team_reference(team)],
            "incident_urgency_rule": {"type": "constant", "urgency": "high"},
        }

    def policy(self, team: Team) -> dict[str, Any]:
        """Write an escalation policy; what waits for ever is written as a very long while."""
        delay = self._escalations.delay_of(team) or _FOR_EVER
        minutes = max(1, int(delay.total_seconds() // 60))
        return {
            **self._to.policy_reference(team),
            "type": "escalation_policy",
            "name": f"{team.name} on call",
            "escalation_rules": [
                {
                    "id": f"{team.policy_id[:-1]}{number}",
                    "escalation_delay_in_minutes": minutes,
                    "targets": [
                        self._to.person_reference(self._to.scenario.person(name)) for name in level
                    ],
                }
                for number, level in enumerate(team.levels, start=1)
            ],
            "services": [
                self._to.service_reference(service)
                for service in self._to.scenario.services
                if service.team == team.name
            ],
            "num_loops": 0,
            "teams": [self._to.team_reference(team)],
        }

    def priority(self, name: str) -> dict[str, Any]:
        """Write a priority."""
        found = self._to.priority_reference(name) or {}
        return {**found, "type": "priority", "name": name, "description": PRIORITIES[name][1]}

    def on_call(self, team: Team, level: int, person: Person, now: datetime) -> dict[str, Any]:
        """Write who is on call on a level of a policy, this week. The last of several levels is
        people rather than a schedule: they are on call always, which has neither start nor end."""
        monday = datetime(now.year, now.month, now.day, tzinfo=now.tzinfo)
        start = monday - timedelta(days=now.weekday())
        always = level == len(team.levels) > 1
        return {
            "user": self._to.person_reference(person),
            "schedule": None if always else self._to.schedule_reference(team),
            "escalation_policy": self._to.policy_reference(team),
            "escalation_level": level,
            "start": None if always else moment_text(start),
            "end": None if always else moment_text(start + _SHIFT),
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
