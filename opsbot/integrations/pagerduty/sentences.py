"""One sentence a responder can read for each type of PagerDuty event."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from opsbot.core.text import inert, listed
from opsbot.integrations._foreign_json import items, mapping, objects, text

Data = Mapping[str, Any]
_Writer = Callable[[str, Data], str]


def told(value: Any) -> str:
    """A foreign name or word, made inert."""
    return inert(text(value), 300)


def sentence(kind: str, who: str, data: Data) -> str:
    """Say what happened; `who` is the agent's name, or PagerDuty itself."""
    writer = _WRITERS.get(kind) or _POLLED.get(kind)
    if writer is not None:
        return writer(who, data)
    return f'PagerDuty sent "{inert(kind, 80)}", an event this version of opsbot does not know'


def _named(data: Data, key: str, otherwise: str) -> str:
    return told(mapping(data.get(key)).get("summary")) or otherwise


def _people(data: Data) -> str:
    names = [told(person.get("summary")) for person in objects(data.get("assignees"))]
    return listed(tuple(name or "somebody" for name in names)) or "nobody"


def _quoted(data: Data, key: str) -> str:
    return f': "{inert(text(data.get(key)), 200)}"' if text(data.get(key)) else ""


def _always(words: str) -> _Writer:
    return lambda who, data: f"{who} {words}"


def _triggered(who: str, data: Data) -> str:
    service = _named(data, "service", "an unnamed service")
    if who == service:  # the agent of an alert is the service's own integration
        return f"the integration of {service} triggered the incident"
    return f"{who} triggered an incident on {service}"


def _given_to(verb: str) -> _Writer:
    return lambda who, data: f"{who} {verb} the incident to {_people(data)}"


def _delegated(who: str, data: Data) -> str:
    policy = _named(data, "escalation_policy", "another policy")
    return f"{who} handed the incident to escalation policy {policy}: {_people(data)}"


def _priority(who: str, data: Data) -> str:
    priority = _named(data, "priority", "")
    return f"{who} set the priority to {priority}" if priority else f"{who} removed the priority"


def _service(who: str, data: Data) -> str:
    return f"{who} moved the incident to service {_named(data, 'service', 'without a name')}"


def _incident_type(who: str, data: Data) -> str:
    name = told(mapping(data.get("incident_type")).get("name")) or "another one"
    return f"{who} changed the incident's type to {name}"


def _noted(words: str, key: str) -> _Writer:
    return lambda who, data: f"{who} {words}{_quoted(data, key)}"


def _responder(data: Data) -> str:
    return _named(data, "user", "") or _named(data, "escalation_policy", "a responder")


def _responder_added(who: str, data: Data) -> str:
    return f"{who} asked {_responder(data)} to respond{_quoted(data, 'message')}"


def _responder_replied(who: str, data: Data) -> str:
    state = told(data.get("state")) or "replied to"
    return f"{_responder(data)} {state} the request to respond{_quoted(data, 'message')}"


def _bridge(who: str, data: Data) -> str:
    url = inert(text(data.get("conference_url")), 200)
    numbers = [text(number.get("number")) for number in objects(data.get("conference_numbers"))]
    where = listed(tuple(inert(one, 60) for one in (url, *numbers) if one))
    return f"{who} set the conference bridge to {where}" if where else f"{who} removed the bridge"


def _custom_fields(of: str) -> _Writer:
    def write(who: str, data: Data) -> str:
        # The vendor's example of service events shows old values among the changed ones, so
        # names come from there and values from the full list.
        now = {text(one.get("id")): one for one in objects(data.get("custom_fields"))}
        changed = objects(data.get("changed_custom_fields"))
        shown = [_field(now.get(text(one.get("id")), one)) for one in changed]
        return f"{who} changed fields of the {of}: {listed(tuple(shown)) or 'not told which'}"

    return write


def _field(one: Data) -> str:
    value = one.get("value")
    values = [told(part) for part in items(value)] if isinstance(value, list) else [told(value)]
    return f"{told(one.get('name')) or 'a field'} = {', '.join(values) or 'nothing'}"


def _roles(who: str, data: Data) -> str:
    changes = [_role(one) for one in objects(data.get("incident_role_assignments"))]
    return f"{who} changed roles: {listed(tuple(changes)) or 'not told which'}"


def _role(one: Data) -> str:
    role = _named(one, "role", "a role")
    now, before = _named(one, "assignee", ""), _named(one, "old_assignee", "")
    if now and text(one.get("status")) != "inactive":
        return f"{now} is {role}" + (f" in place of {before}" if before else "")
    return f"{before or now or 'nobody'} is no longer {role}"


def _task(words: str) -> _Writer:
    def write(who: str, data: Data) -> str:
        name = told(data.get("name")) or told(data.get("summary")) or "without a name"
        status = told(data.get("status"))
        return f'{who} {words} the task "{name}"' + (f" ({status})" if status else "")

    return write


def _workflow(words: str) -> _Writer:
    def write(who: str, data: Data) -> str:
        name = _named(data, "incident_workflow", "") or told(data.get("summary")) or "unnamed"
        return f"the incident workflow {name} {words}"

    return write


def _action(words: str) -> _Writer:
    def write(who: str, data: Data) -> str:
        state = told(data.get("state"))
        name = _named(data, "action", "without a name")
        return f"{who} {words} the action {name}" + (f" ({state})" if state else "")

    return write


def _of_service(words: str) -> _Writer:
    def write(who: str, data: Data) -> str:
        return f"{who} {words} the service {told(data.get('summary')) or 'without a name'}"

    return write


def _urgency(who: str, data: Data) -> str:
    return f"{who} set the urgency to {told(data.get('urgency')) or 'another one'}"


def _shown(who: str, data: Data) -> str:
    status = told(data.get("status")) or "in an unknown state"
    priority = _named(data, "priority", "no priority")
    return f"PagerDuty shows the incident {status}, {priority}, assigned to {_people(data)}"


def _ping(who: str, data: Data) -> str:
    return "PagerDuty sent a test event: its webhooks arrive here"


_WRITERS: dict[str, _Writer] = {
    "incident.triggered": _triggered,
    "incident.acknowledged": _always("acknowledged the incident"),
    "incident.unacknowledged": _always("ended the acknowledgement: the incident pages again"),
    "incident.resolved": _always("resolved the incident"),
    "incident.reopened": _always("reopened the incident"),
    "incident.escalated": _given_to("escalated"),
    "incident.delegated": _delegated,
    "incident.reassigned": _given_to("reassigned"),
    "incident.priority_updated": _priority,
    "incident.service_updated": _service,
    "incident.incident_type.changed": _incident_type,
    "incident.annotated": _noted("noted", "content"),
    "incident.status_update_published": _noted("published an update", "message"),
    "incident.responder.added": _responder_added,
    "incident.responder.replied": _responder_replied,
    "incident.conference_bridge.updated": _bridge,
    "incident.custom_field_values.updated": _custom_fields("incident"),
    "incident.role.assigned": _roles,
    "incident.task.created": _task("added"),
    "incident.task.updated": _task("changed"),
    "incident.task.completed": _task("completed"),
    "incident.workflow.started": _workflow("started"),
    "incident.workflow.completed": _workflow("completed"),
    "incident.action_invocation.created": _action("started"),
    "incident.action_invocation.updated": _action("is running"),
    "incident.action_invocation.terminated": _action("ended"),
    "service.created": _of_service("created"),
    "service.updated": _of_service("changed"),
    "service.deleted": _of_service("deleted"),
    "service.custom_field_values.updated": _custom_fields("service"),
    "pagey.ping": _ping,
}

KNOWN_TYPES = frozenset(_WRITERS)
"""The thirty V3 event types and the test button's ping."""

STATE = "incident.updated"
_POLLED: dict[str, _Writer] = {
    "incident.urgency_changed": _urgency,
    "incident.snoozed": _always("snoozed the incident"),
    STATE: _shown,
}

POLLED_TYPES = frozenset(_POLLED)
"""What only the log tells, in names of our own: PagerDuty sends no webhook for these."""
