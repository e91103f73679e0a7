"""PagerDuty V3 webhook bodies made into our events: thirty types, a ping, and whatever is new.

Shapes after https://docs.pagerduty.com/developer/webhooks-overview. Only a body that is no event
at all is refused; anything missing or odd inside an event is left out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from opsbot.core.event import AlertDetails, AlertEvent, Origin, ServiceRef, Transition
from opsbot.core.intake import OWN_NOTE
from opsbot.core.moment import EPOCH, parse_moment
from opsbot.core.people import Actor, ActorKind, Person
from opsbot.core.text import inert
from opsbot.integrations import WebhookRefused
from opsbot.integrations._foreign_json import loads, mapping, objects, text, whole
from opsbot.integrations._query_text import web_link
from opsbot.integrations.pagerduty.responders import ADDED, REPLIED, reply_of
from opsbot.integrations.pagerduty.sentences import KNOWN_TYPES, POLLED_TYPES, sentence, told

SOURCE = "pagerduty"
PING = "pagey.ping"
_LONGEST_ID = 100
_LONGEST_NOTE = 3_000
_TRANSITIONS = {
    "incident.triggered": Transition.TRIGGERED,
    "incident.acknowledged": Transition.ACKNOWLEDGED,
    "incident.unacknowledged": Transition.UNACKNOWLEDGED,
    "incident.resolved": Transition.RESOLVED,
    "incident.reopened": Transition.REOPENED,
}


def check(body: bytes) -> None:
    """Raise WebhookRefused (400) exactly when `parse` would; costs one reading of the JSON."""
    _event(body)


def parse(body: bytes) -> AlertEvent:
    """The event of a V3 delivery. Raises WebhookRefused (400) when the body holds none."""
    return event_of(_event(body), otherwise=f"sha256:{hashlib.sha256(body).hexdigest()}")


def event_of(event: Mapping[str, Any], *, otherwise: str) -> AlertEvent:
    """Our event of a V3 event object; one without an id gets `otherwise` as its id."""
    kind = text(event.get("event_type"))
    data = mapping(event.get("data"))
    details = _details(data) if text(data.get("type")) == "incident" else None
    incident = data if details is not None else _reference(data)
    occurred_at, clock_note = _occurred_at(event)
    title = details.title if details is not None else _title(incident)
    reply = reply_of(data) if kind == REPLIED else None
    if reply is not None and text(data.get("message")).startswith(OWN_NOTE):
        data = {**data, "message": ""}  # the words of our own request, not the answer
    actor = _actor(mapping(event.get("agent")))
    return AlertEvent(
        source=SOURCE,
        id=_id(event.get("id")) or otherwise,
        type=inert(kind, _LONGEST_ID),
        known=kind in KNOWN_TYPES or kind in POLLED_TYPES,
        transition=_TRANSITIONS.get(kind, Transition.OTHER),
        occurred_at=occurred_at,
        actor=actor,
        alert=_origin(incident),
        details=details,
        title=title,
        summary=sentence(kind, actor.name or "PagerDuty", data) + clock_note,
        note=_note(data),
        note_id=_note_id(data),
        trimmed=data.get("trimmed") is True,
        test=kind == PING,
        reply=reply,
        asks=kind == ADDED,
    )


def _event(body: bytes) -> Mapping[str, Any]:
    try:
        outer = loads(body)
    except ValueError as error:
        raise WebhookRefused(400, f"the body is {error}", _CURE) from None
    if isinstance(mapping(outer).get("messages"), list):
        raise WebhookRefused(
            400,
            "a V2 webhook, which PagerDuty no longer supports",
            "replace the V2 webhook extension by a V3 webhook subscription",
        )
    event = mapping(mapping(outer).get("event"))
    if not text(event.get("event_type")):
        raise WebhookRefused(400, "the body is JSON without an event and its type", _CURE)
    return event


_CURE = "point only PagerDuty V3 webhook subscriptions at this address"


def _occurred_at(event: Mapping[str, Any]) -> tuple[datetime, str]:
    """When it happened; years 1 and 9999 are kept, what is no time becomes 1970 and is said."""
    try:
        return parse_moment(text(event.get("occurred_at"))), ""
    except ValueError:
        return EPOCH, " (PagerDuty gave no readable time)"


def _id(value: Any) -> str:
    return inert(text(value), _LONGEST_ID)


def _reference(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """The incident an event of another type belongs to; empty for service and test events."""
    own = mapping(data.get("incident"))
    if own:
        return own
    for assignment in objects(data.get("incident_role_assignments")):
        if mapping(assignment.get("incident")):
            return mapping(assignment["incident"])
    return {}


def _origin(incident: Mapping[str, Any]) -> Origin | None:
    incident_id = _id(incident.get("id"))
    if not incident_id:
        return None
    return Origin(
        source=SOURCE,
        id=incident_id,
        number=whole(incident.get("number")),
        url=web_link(text(incident.get("html_url"))),
        dedup_key=inert(text(incident.get("incident_key")), 255),
    )


def _title(incident: Mapping[str, Any]) -> str:
    return told(incident.get("title")) or told(incident.get("summary"))


def _details(data: Mapping[str, Any]) -> AlertDetails:
    service = mapping(data.get("service"))
    people = {person.id: person for person in _people(data)}
    teams = (told(team.get("summary")) for team in objects(data.get("teams")))
    return AlertDetails(
        title=_title(data),
        service=ServiceRef(name=told(service.get("summary")), source_id=_id(service.get("id"))),
        urgency=told(data.get("urgency")),
        priority=told(mapping(data.get("priority")).get("summary")),
        people=tuple(people.values()),
        teams=tuple(team for team in teams if team),
        escalation_policy_id=_id(mapping(data.get("escalation_policy")).get("id")),
        status=told(data.get("status")),
        escalates_at=_escalates_at(data),
    )


def _escalates_at(data: Mapping[str, Any]) -> datetime | None:
    """When the next level is paged: among `pending_actions`, which only REST objects have."""
    moments: list[datetime] = []
    for action in objects(data.get("pending_actions")):
        if text(action.get("type")) == "escalate":
            with suppress(ValueError):
                moments.append(parse_moment(text(action.get("at"))))
    return min(moments, default=None)


def _people(data: Mapping[str, Any]) -> Iterator[Person]:
    for assignee in objects(data.get("assignees")):
        person_id = _id(assignee.get("id"))
        if person_id:
            yield Person(id=person_id, name=told(assignee.get("summary")))


def _actor(agent: Mapping[str, Any]) -> Actor:
    """A user is a person; services, integrations, bots and no agent at all are the system.

    The system is one actor: for one act of automation a webhook may name no agent, and the log
    the service.
    """
    agent_id = _id(agent.get("id"))
    is_person = text(agent.get("type")) in ("user", "user_reference") and bool(agent_id)
    return Actor(
        kind=ActorKind.PERSON if is_person else ActorKind.SYSTEM,
        id=f"{SOURCE}:{agent_id}" if is_person else SOURCE,
        name=told(agent.get("summary")),
    )


def _note(data: Mapping[str, Any]) -> str:
    """What somebody wrote: a note's content, or the message of an update or a reply."""
    return inert(text(data.get("content")) or text(data.get("message")), _LONGEST_NOTE)


def _note_id(data: Mapping[str, Any]) -> str:
    texts = ("incident_note", "incident_status_update")
    return _id(data.get("id")) if text(data.get("type")) in texts else ""
