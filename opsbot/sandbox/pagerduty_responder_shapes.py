"""How the sandbox PagerDuty writes people who are asked to join an incident: in REST objects, in
the answer to a request, and in webhooks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from opsbot.sandbox.pagerduty_incident import Event, Incident, Responder
from opsbot.sandbox.pagerduty_references import References, moment_text
from opsbot.sandbox.scenario import Person, Team

_IN_A_WEBHOOK = {"pending": "pending", "joined": "accepted", "declined": "declined"}


def incident_responder(to: References, incident: Incident, responder: Responder) -> dict[str, Any]:
    """Write one of an incident's `incidents_responders`."""
    return {
        "state": responder.state,
        "user": to.person_reference(responder.person),
        "incident": to.numbered_reference(incident),
        "updated_at": moment_text(responder.updated_at),
        "message": responder.message,
        "requester": to.person_reference(responder.requester),
        "requested_at": moment_text(responder.requested_at),
    }


def responder_request(
    to: References,
    incident: Incident,
    by: Person,
    message: str,
    asked: Sequence[tuple[Person | Team, Sequence[Responder]]],
) -> dict[str, Any]:
    """Write the answer to a request: each target with the people it reached."""
    newest = [responder for _, responders in asked for responder in responders]
    return {
        "incident": to.numbered_reference(incident),
        "requester": to.person_reference(by),
        "requested_at": moment_text(newest[0].requested_at if newest else None),
        "message": message,
        "responder_request_targets": [
            {"responder_request_target": _target(to, incident, target, responders)}
            for target, responders in asked
        ],
    }


def _target(
    to: References, incident: Incident, target: Person | Team, responders: Sequence[Responder]
) -> dict[str, Any]:
    person = isinstance(target, Person)
    return {
        "type": "user" if person else "escalation_policy",
        "id": target.pagerduty_id if isinstance(target, Person) else target.policy_id,
        "summary": target.name if person else f"{target.name} on call",
        "incidents_responders": [incident_responder(to, incident, one) for one in responders],
    }


def webhook_data(to: References, event: Event, responder: Responder) -> dict[str, Any]:
    """Write the `data` of incident.responder.added and incident.responder.replied."""
    return {
        "incident": to.incident_reference(event.incident),
        "user": to.person_reference(responder.person),
        "escalation_policy": to.policy_reference(responder.team) if responder.team else None,
        "message": event.message,
        "state": _IN_A_WEBHOOK[responder.state],
        "type": "incident_responder",
    }
