"""A line of an incident's log as a delivery for the inbox, and read back from there.

Reading puts the line into the shape of a V3 webhook and goes the webhook's way, so that both
tell the same thing in the same words.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from opsbot.core.event import AlertEvent
from opsbot.core.text import inert
from opsbot.integrations import WebhookRefused
from opsbot.integrations._foreign_json import loads, mapping, objects, text
from opsbot.integrations.pagerduty.events import event_of
from opsbot.integrations.pagerduty.log_lines import Json, Line
from opsbot.integrations.pagerduty.sentences import told
from opsbot.ports import Delivery

DOOR = "pagerduty.poll"
_LONGEST_KEY = 200
# What a webhook would carry. The rest, such as what the monitor sent, may be large and private.
_OF_INCIDENT = (
    "id", "incident_number", "title", "summary", "html_url", "status", "incident_key", "service",
    "assignments", "escalation_policy", "teams", "priority", "urgency", "pending_actions",
    "created_at", "updated_at", "reopened_at",
)  # fmt: skip
_OF_ENTRY = ("id", "type", "summary", "created_at", "agent", "assignees")
_OF_NOTE = ("id", "content", "created_at", "user")


def delivery_of(line: Line, incident: Json, received_at: datetime) -> Delivery:
    """The delivery of one line; its key is that of PagerDuty's own log entry."""
    body = {
        "type": line.type,
        "key": line.key,
        "at": line.at.isoformat(),
        "agent": line.agent,
        "log_entry": _part(line.entry, _OF_ENTRY),
        "note": _part(line.note, _OF_NOTE),
        "responder": line.responder,
        "incident": _part(incident, _OF_INCIDENT),
        "then": line.then,
        "whole": line.whole,
        "words": line.words,
    }
    return Delivery(
        door=DOOR,
        key=inert(line.key, _LONGEST_KEY),
        received_at=received_at,
        body=json.dumps(body).encode(),
        headers={},
        lane="machine",
    )


def parse(body: bytes) -> AlertEvent:
    """The event of a polled line: what a webhook of it would have said.

    The incident is described only where the line knows how it was at the time. Raises
    WebhookRefused (400) when the body holds no line.
    """
    try:
        line = mapping(loads(body))
    except ValueError as error:
        raise WebhookRefused(400, f"the body is {error}", _CURE) from None
    key, kind = text(line.get("key")), text(line.get("type"))
    if not key or not kind:
        raise WebhookRefused(400, "the body is JSON without a log line", _CURE)
    event = replace(event_of(_as_webhook(line, key, kind), otherwise=key), looked_up=True)
    if line.get("whole") is True:
        return event
    words = told(line.get("words"))
    return replace(event, details=None, summary=words or event.summary)


_CURE = "only opsbot itself writes here; please report this"


def _part(whole: Json | None, keys: tuple[str, ...]) -> dict[str, Any] | None:
    return None if whole is None else {key: whole[key] for key in keys if key in whole}


def _as_webhook(line: Json, key: str, kind: str) -> dict[str, Any]:
    incident = mapping(line.get("incident"))
    note, responder = mapping(line.get("note")), mapping(line.get("responder"))
    if responder:
        data = {**responder, "incident": _referred(incident)}
    else:
        data = _note_data(note, incident) if note else _incident_data(line, incident)
    return {
        "id": key,
        "event_type": kind,
        "occurred_at": line.get("at"),
        "agent": line.get("agent"),
        "data": data,
    }


def _note_data(note: Json, incident: Json) -> dict[str, Any]:
    return {
        "type": "incident_note",
        "id": note.get("id"),
        "content": note.get("content"),
        "incident": _referred(incident),
    }


def _referred(incident: Json) -> dict[str, Any]:
    """A webhook of a note only refers to its incident, without number and dedup key."""
    return {
        "id": incident.get("id"),
        "type": "incident_reference",
        "html_url": incident.get("html_url"),
        "summary": _title(incident),
    }


def _incident_data(line: Json, incident: Json) -> dict[str, Any]:
    now: dict[str, Any] = {**incident, **mapping(line.get("then"))}
    return {
        **now,
        "type": "incident",
        "number": now.get("incident_number"),
        "title": _title(incident),
        "assignees": [mapping(one.get("assignee")) for one in objects(now.get("assignments"))],
    }


def _title(incident: Mapping[str, Any]) -> str:
    """The title; a REST summary has the number in front of it: `[#1234] title`."""
    summary = text(incident.get("summary"))
    return text(incident.get("title")) or summary.partition("] ")[2] or summary
