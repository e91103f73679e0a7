"""V3 events as ours: all thirty types and the ping, both shapes of the incident (2021 and 2026).

Source: https://developer.pagerduty.com/docs/webhooks-overview. PagerDuty says that it adds event
types over time; an unknown one becomes an event like any other, marked `known=False`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from opsbot.core.event import AlertDetails, AlertEvent, Origin, ServiceRef, Transition
from opsbot.core.moment import EPOCH, parse_moment
from opsbot.core.people import Actor, ActorKind, Person
from opsbot.core.text import inert
from opsbot.integrations._foreign_json import mapping, objects, text, whole
from opsbot.integrations.pagerduty.webhook import event_of

SOURCE = "pagerduty"
PING = "pagey.ping"

_TRANSITIONS = {
    "incident.triggered": Transition.TRIGGERED,
    "incident.acknowledged": Transition.ACKNOWLEDGED,
    "incident.unacknowledged": Transition.UNACKNOWLEDGED,
    "incident.resolved": Transition.RESOLVED,
    "incident.reopened": Transition.REOPENED,
}
_WORDS = {
    "incident.triggered": "triggered",
    "incident.acknowledged": "acknowledged",
    "incident.unacknowledged": "acknowledgement timed out",
    "incident.resolved": "resolved",
    "incident.reopened": "reopened",
    "incident.escalated": "escalated",
    "incident.delegated": "delegated to another policy",
    "incident.reassigned": "reassigned",
    "incident.priority_updated": "priority changed",
    "incident.service_updated": "moved to another service",
    "incident.incident_type.changed": "incident type changed",
    "incident.annotated": "note",
    "incident.status_update_published": "status update",
    "incident.responder.added": "responder asked for",
    "incident.responder.replied": "responder replied",
    "incident.conference_bridge.updated": "conference bridge changed",
    "incident.custom_field_values.updated": "custom fields changed",
    "incident.role.assigned": "roles changed",
    "incident.task.created": "task created",
    "incident.task.updated": "task changed",
    "incident.task.completed": "task completed",
    "incident.workflow.started": "workflow started",
    "incident.workflow.completed": "workflow completed",
    "incident.action_invocation.created": "automation action started",
    "incident.action_invocation.updated": "automation action changed",
    "incident.action_invocation.terminated": "automation action ended",
    "service.created": "service created",
    "service.updated": "service changed",
    "service.deleted": "service deleted",
    "service.custom_field_values.updated": "service fields changed",
}  # fmt: skip
KNOWN_TYPES = (*_WORDS, PING)
_NOTES = {"incident.annotated": "content", "incident.status_update_published": "message"}


def parse(body: bytes) -> AlertEvent:
    """Read one V3 body. Raises WebhookRefused (400) when it is none; unknown types are fine."""
    event = event_of(body)
    kind = inert(text(event.get("event_type")), 120)
    data = mapping(event.get("data"))
    is_incident = data.get("type") == "incident"
    reference = data if is_incident else _incident_reference(data)
    details = _details(data) if is_incident else None
    title = inert(text(reference.get("title")) or text(reference.get("summary")), 300)
    occurred_at, dated = _moment(event.get("occurred_at"))
    summary = _summary(kind, data, title)
    note = text(data.get(_NOTES[kind])) if kind in _NOTES else ""
    return AlertEvent(
        source=SOURCE,
        id=text(event.get("id"))[:200] or _made_up_id(body),
        type=kind,
        known=kind in KNOWN_TYPES,
        transition=_TRANSITIONS.get(kind, Transition.OTHER),
        occurred_at=occurred_at,
        actor=_actor(mapping(event.get("agent"))),
        alert=_origin(reference),
        details=details,
        title=title,
        summary=summary if dated else f"{summary} (PagerDuty sent no readable time)",
        note=note[:20_000],
        trimmed=data.get("trimmed") is True,
        test=kind == PING,
    )


def _made_up_id(body: bytes) -> str:
    import hashlib

    return f"body-{hashlib.sha256(body).hexdigest()[:32]}"


def _incident_reference(data: dict[str, Any]) -> dict[str, Any]:
    """Where other types keep the incident: `data.incident`, or in each role assignment."""
    found = mapping(data.get("incident"))
    if found:
        return found
    for assignment in objects(data.get("incident_role_assignments")):
        found = mapping(assignment.get("incident"))
        if found:
            return found
    return {}


def _moment(value: Any) -> tuple[datetime, bool]:
    try:
        return parse_moment(text(value)), True
    except ValueError:
        return EPOCH, False


def _origin(reference: dict[str, Any]) -> Origin | None:
    incident_id = text(reference.get("id"))[:200]
    if not incident_id:
        return None
    return Origin(
        source=SOURCE, id=incident_id, number=whole(reference.get("number")),
        url=_web(reference.get("html_url")), dedup_key=text(reference.get("incident_key"))[:500],
    )  # fmt: skip


def _web(value: Any) -> str:
    url = text(value)
    return url if url.startswith("https://") and len(url) <= 2_000 else ""


def _details(data: dict[str, Any]) -> AlertDetails:
    service = mapping(data.get("service"))
    return AlertDetails(
        title=inert(text(data.get("title")), 300),
        service=ServiceRef(
            name=inert(text(service.get("summary")), 120), source_id=text(service.get("id"))[:200]
        ),
        urgency=inert(text(data.get("urgency")), 20),
        priority=inert(text(mapping(data.get("priority")).get("summary")), 60),
        people=tuple(_person(one) for one in objects(data.get("assignees")) if text(one.get("id"))),
        teams=tuple(inert(text(t.get("summary")), 120) for t in objects(data.get("teams"))),
        escalation_policy_id=text(mapping(data.get("escalation_policy")).get("id"))[:200],
        status=inert(text(data.get("status")), 40),
    )


def _person(reference: dict[str, Any]) -> Person:
    name = inert(text(reference.get("summary")) or text(reference.get("name")), 120)
    return Person(id=text(reference.get("id"))[:200], name=name, email=text(reference.get("email")))


def _actor(agent: dict[str, Any]) -> Actor:
    """Who did it: a user is a person, anything else, or nobody, is automation."""
    agent_id = text(agent.get("id"))[:200]
    if not agent_id:
        return Actor(kind=ActorKind.SYSTEM, id=SOURCE, name="")
    is_user = text(agent.get("type")) in ("user_reference", "user")
    return Actor(
        kind=ActorKind.PERSON if is_user else ActorKind.SYSTEM, id=f"{SOURCE}:{agent_id}",
        name=inert(text(agent.get("summary")), 120),
    )  # fmt: skip


def _summary(kind: str, data: dict[str, Any], title: str) -> str:
    """One sentence for the timeline: what happened, with the part of the data that says more."""
    if kind == PING:
        return f"test ping: {inert(text(data.get('message')), 160) or 'no message'}"
    said = f"PagerDuty: {_WORDS.get(kind, kind)}"
    more = _more(kind, data)
    if not more and kind in ("incident.triggered", "incident.reopened"):
        more = title
    if kind.startswith("service."):
        more = inert(text(data.get("summary")) or text(data.get("name")), 160)
    return f"{said}: {more}" if more else said


def _more(kind: str, data: dict[str, Any]) -> str:
    match kind:
        case "incident.priority_updated":
            return inert(text(mapping(data.get("priority")).get("summary")), 60) or "none"
        case "incident.service_updated":
            return inert(text(mapping(data.get("service")).get("summary")), 120)
        case "incident.reassigned" | "incident.escalated" | "incident.delegated":
            people = objects(data.get("assignees"))
            names = [inert(text(one.get("summary")), 60) for one in people[:3]]
            rest = f" and {len(people) - 3:,} more" if len(people) > 3 else ""
            return f"now {', '.join(names)}{rest}" if names else ""
        case "incident.responder.added" | "incident.responder.replied":
            who = text(mapping(data.get("user")).get("summary"))
            words = (who, text(data.get("state")), text(data.get("message")))
            return inert(" - ".join(word for word in words if word), 200)
        case "incident.annotated" | "incident.status_update_published":
            return inert(text(data.get(_NOTES[kind])), 200)
        case "incident.role.assigned":
            return _roles(data)
        case "incident.incident_type.changed":
            return inert(text(mapping(data.get("incident_type")).get("name")), 160)
        case _:
            return "" if data.get("type") == "incident" else _named(data)


def _roles(data: dict[str, Any]) -> str:
    told: list[str] = []
    for one in objects(data.get("incident_role_assignments"))[:5]:
        role = mapping(one.get("incident_role")) or mapping(one.get("role"))
        who = mapping(one.get("assignee")) or mapping(one.get("user"))
        name = text(who.get("summary")) or "nobody"
        told.append(f"{text(role.get('summary')) or 'a role'}: {name}")
    return inert(", ".join(told), 200)


def _named(data: dict[str, Any]) -> str:
    for key in ("incident_workflow", "action", "task"):
        found = mapping(data.get(key))
        words = text(found.get("summary")) or text(found.get("name"))
        if words:
            return inert(words, 160)
    return inert(text(data.get("summary")) or text(data.get("name")), 160) if data else ""
