"""PagerDuty V3 bodies: the recorded samples, and *constructed* ones for the types without one.

Constructed after https://docs.pagerduty.com/developer/webhooks-overview; nobody in them exists.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

SAMPLES = Path(__file__).parent / "samples" / "pagerduty"

INCIDENT_ID = "Q0CONSTRUCTED1"
AT = "2026-03-04T13:58:12.345Z"


def reference(kind: str, ident: str, summary: str | None) -> dict[str, Any]:
    """A reference as PagerDuty writes them everywhere."""
    return {
        "id": ident,
        "type": f"{kind}_reference",
        "self": f"https://api.pagerduty.com/{kind}s/{ident}",
        "html_url": f"https://acme.pagerduty.com/{kind}s/{ident}",
        "summary": summary,
    }


KIM = reference("user", "PKIM001", "Kim Example")
INCIDENT = reference("incident", INCIDENT_ID, "auth-api: errors")
SERVICE = reference("service", "PAUTH01", "auth-api")


def incident(**more: Any) -> dict[str, Any]:
    """A whole incident, of the newer shape."""
    whole: dict[str, Any] = {
        "id": INCIDENT_ID,
        "type": "incident",
        "self": f"https://api.pagerduty.com/incidents/{INCIDENT_ID}",
        "html_url": f"https://acme.pagerduty.com/incidents/{INCIDENT_ID}",
        "number": 42,
        "status": "triggered",
        "incident_key": "d387d7bd2e0a4294a5307339dfe1669a",
        "created_at": "2026-03-04T13:58:10Z",
        "reopened_at": None,
        "title": "auth-api: errors",
        "service": SERVICE,
        "assignees": [KIM],
        "escalation_policy": reference("escalation_policy", "PPOL001", "Identity"),
        "teams": [reference("team", "PTEAM01", "Identity")],
        "priority": reference("priority", "PPRIO01", "P2"),
        "urgency": "high",
        "conference_bridge": None,
        "resolve_reason": None,
        "incident_type": {"name": "incident_default"},
    }
    return whole | more


def field(ident: str, name: str, value: Any) -> dict[str, Any]:
    """A custom field."""
    return {"id": ident, "name": name, "type": "field_value", "value": value}


def _task(status: str) -> dict[str, Any]:
    return {
        "type": "incident_task",
        "id": "PTASK01",
        "name": "Call the bank",
        "description": None,
        "summary": "Call the bank",
        "status": status,
        "assignees": [KIM],
        "incident": reference("incident", INCIDENT_ID, None),
    }


def _action(state: str) -> dict[str, Any]:
    return {
        "type": "incident_action_invocation",
        "id": "01CONSTRUCTEDINVOCATION",
        "incident": INCIDENT,
        "action": reference("action", "01ACTION", "Restart one pod"),
        "state": state,
    }


def _service(summary: str) -> dict[str, Any]:
    return SERVICE | {"type": "service", "summary": summary, "teams": []}


CONSTRUCTED: dict[str, dict[str, Any]] = {
    "incident.triggered": incident(),
    "incident.acknowledged": incident(status="acknowledged"),
    "incident.unacknowledged": incident(),
    "incident.resolved": incident(status="resolved", assignees=[]),
    "incident.reopened": incident(reopened_at="2026-03-04T14:30:00Z"),
    "incident.escalated": incident(),
    "incident.delegated": incident(),
    "incident.reassigned": incident(),
    "incident.priority_updated": incident(priority=None),
    "incident.service_updated": incident(),
    "incident.incident_type.changed": incident(incident_type={"name": "major_incident"}),
    "incident.annotated": {
        "type": "incident_note",
        "id": "PNOTE01",
        "incident": INCIDENT,
        "content": "Looking at the pool.",
        "trimmed": True,
    },
    "incident.status_update_published": {
        "type": "incident_status_update",
        "id": "PUPD001",
        "incident": INCIDENT,
        "message": "Logins fail for some.",
        "trimmed": False,
    },
    "incident.responder.added": {
        "type": "incident_responder",
        "incident": INCIDENT,
        "user": KIM,
        "escalation_policy": None,
        "message": "Please help",
        "state": "pending",
    },
    "incident.responder.replied": {
        "type": "incident_responder",
        "incident": INCIDENT,
        "user": KIM,
        "escalation_policy": None,
        "message": "On my way",
        "state": "accepted",
    },
    "incident.conference_bridge.updated": {
        "type": "incident_conference_bridge",
        "incident": INCIDENT,
        "conference_numbers": [{"label": "", "number": "+1-555-0100"}],
        "conference_url": "https://meet.example.com/1",
    },
    "incident.custom_field_values.updated": {
        "type": "incident_field_values",
        "incident": reference("incident", INCIDENT_ID, None),
        "custom_fields": [field("PF1", "environment", "production"), field("PF2", "zones", ["a"])],
        "changed_custom_fields": [field("PF1", "environment", "staging")],
    },
    "incident.role.assigned": {
        "type": "incident_role_assignment",
        "incident_role_assignments": [
            {
                "id": "af64b84c-137e-40c6-875c-000000000000",
                "type": "role_assignment_reference",
                "assignee": KIM,
                "old_assignee": None,
                "role": reference("role", "PROLE01", "Incident Commander"),
                "status": "active",
                "incident": INCIDENT,
            }
        ],
    },
    "incident.task.created": _task("todo"),
    "incident.task.updated": _task("in_progress"),
    "incident.task.completed": _task("done"),
    "incident.workflow.started": {
        "type": "incident_workflow_instance",
        "id": "PWF0001",
        "summary": "Major incident, started by hand",
        "incident_workflow": reference("incident_workflow", "PWF", "Major incident"),
        "workflow_trigger": reference("workflow_trigger", "4ad696eb", "By hand"),
        "incident": INCIDENT,
        "service": SERVICE,
    },
    "incident.workflow.completed": {
        "type": "incident_workflow_instance",
        "id": "PWF0001",
        "summary": "Major incident, started by hand",
        "incident_workflow": reference("incident_workflow", "PWF", "Major incident"),
        "workflow_trigger": None,
        "incident": INCIDENT,
        "service": SERVICE,
    },
    "incident.action_invocation.created": _action("created"),
    "incident.action_invocation.updated": _action("running"),
    "incident.action_invocation.terminated": _action("completed"),
    "service.created": _service("auth-api"),
    "service.updated": _service("auth-api"),
    "service.deleted": _service("auth-api"),
    "service.custom_field_values.updated": {
        "type": "service_field_values",
        "service": SERVICE,
        "custom_fields": [field("PF9", "tier", "1")],
        "changed_custom_fields": [field("PF9", "tier", "2")],  # the old value, as documented
    },
    "pagey.ping": {"type": "ping", "message": "Hello from your friend Pagey!"},
}


def body(kind: str, data: dict[str, Any] | None = None, **event: Any) -> bytes:
    """A constructed webhook body; `event` overrides the event's own fields."""
    whole: dict[str, Any] = {
        "id": "01CONSTRUCTEDEVENT00000000",
        "event_type": kind,
        "resource_type": kind.partition(".")[0],
        "occurred_at": AT,
        "agent": None if kind == "pagey.ping" else KIM,
        "client": None,
        "data": CONSTRUCTED.get(kind, {}) if data is None else data,
    }
    return json.dumps({"event": whole | event}).encode()


def samples() -> list[Path]:
    """The recorded bodies."""
    return sorted(SAMPLES.glob("v3.*.json"))
