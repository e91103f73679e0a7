"""The bodies of PagerDuty's V3 webhooks, in the 2026 shape."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from opsbot.sandbox.pagerduty_incident import Event, Incident
from opsbot.sandbox.pagerduty_references import References, event_moment_text, moment_text
from opsbot.sandbox.pagerduty_responder_shapes import webhook_data

LONGEST_NOTE = 1024
"""Characters of a note a webhook carries before it is trimmed."""


class WebhookBodies:
    """Writes the webhooks of one account."""

    def __init__(self, references: References) -> None:
        self._to = references

    def event(self, event: Event, event_id: str) -> dict[str, Any]:
        """Write the body of a webhook."""
        client = {"name": "Prometheus"} if event.type == "incident.triggered" else None
        return {
            "event": {
                "id": event_id,
                "event_type": event.type,
                "resource_type": "incident",
                "occurred_at": event_moment_text(event.at),
                "agent": self._to.agent_reference(event.agent),
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
                "incident": self._to.incident_reference(event.incident),
                "id": event.note.id,
                "content": event.note.content[:LONGEST_NOTE],
                "trimmed": len(event.note.content) > LONGEST_NOTE,
                "type": "incident_note",
            }
        if event.responder is not None:
            return webhook_data(self._to, event, event.responder)
        return self._event_incident(event.incident)

    def _event_incident(self, incident: Incident) -> dict[str, Any]:
        return {
            "id": incident.id,
            "type": "incident",
            "self": f"{self._to.api}/incidents/{incident.id}",
            "html_url": f"{self._to.site}/incidents/{incident.id}",
            "number": incident.number,
            "status": incident.status,
            "incident_key": incident.key,
            "created_at": moment_text(incident.created_at),
            "reopened_at": moment_text(incident.reopened_at),
            "title": incident.title,
            "service": self._to.service_reference(incident.service),
            "assignees": [self._to.person_reference(person) for person in incident.assignees],
            "escalation_policy": self._to.policy_reference(incident.team),
            "teams": [self._to.team_reference(incident.team)],
            "priority": self._to.priority_reference(incident.priority),
            "urgency": incident.urgency,
            "conference_bridge": None,
            "resolve_reason": None,
            "incident_type": {"name": "incident_default"},
        }
