"""An incident's own log and notes, as REST tells them, made into one line for each webhook that
PagerDuty sends (or would have sent) about them.

After PagerDuty's API reference, "List log entries for an incident" and "List notes". The log has
more entries than there are webhooks: notifications, one entry for each person an escalation
reaches, the assignment that goes with a trigger. And it may lack one for a reopening.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from opsbot.core.moment import EPOCH, parse_moment
from opsbot.integrations._foreign_json import mapping, objects, text
from opsbot.integrations.pagerduty.responders import turns
from opsbot.integrations.pagerduty.sentences import STATE

Json = Mapping[str, Any]

_TRIGGERED, _RESOLVED, _REOPENED = "incident.triggered", "incident.resolved", "incident.reopened"
_REASSIGNED, _ESCALATED = "incident.reassigned", "incident.escalated"
_PRIORITY = "incident.priority_updated"
_TYPES = {
    "acknowledge_log_entry": "incident.acknowledged",
    "unacknowledge_log_entry": "incident.unacknowledged",
    "resolve_log_entry": _RESOLVED,
    "reopen_log_entry": _REOPENED,
    "assign_log_entry": _REASSIGNED,
    "reassign_log_entry": _REASSIGNED,
    "delegate_log_entry": "incident.delegated",
    "escalate_log_entry": _ESCALATED,
    "priority_change_log_entry": _PRIORITY,
    "urgency_change_log_entry": "incident.urgency_changed",
    "snooze_log_entry": "incident.snoozed",
}
_TRIGGER = "trigger_log_entry"
# One event may be several entries: an escalation has one for each person it reaches.
_ONE_EACH = (_REASSIGNED, _ESCALATED, "incident.delegated")
# These assign people by themselves; the assignment is told along with them.
_ASSIGNS = (_TRIGGERED, _REOPENED, _ESCALATED, "incident.delegated")
_STATUS_TYPES = (_TRIGGERED, _RESOLVED, _REOPENED)
# What is said of these depends on how the incident stood; later only PagerDuty's words tell.
_AS_IT_STOOD = (
    _REASSIGNED, _ESCALATED, _PRIORITY, "incident.delegated", "incident.urgency_changed",
)  # fmt: skip
_STANDS = (
    "status", "title", "urgency", "priority", "assignments", "escalation_policy", "service",
    "teams", "pending_actions",
)  # fmt: skip
_LISTED = (
    *_STANDS, "updated_at", "last_status_change_at", "resolved_at", "reopened_at",
    "acknowledgements", "incidents_responders",
)  # fmt: skip
_OPEN = ("triggered", "acknowledged")
_NEAR = timedelta(seconds=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that happened. `then` is what the incident was at the time, where the log says
    so; `whole` when the incident, with it, describes the alert at the time of the line."""

    key: str
    type: str
    at: datetime
    agent: Json | None
    entry: Json | None = None
    note: Json | None = None
    responder: Json | None = None
    then: Json | None = None
    whole: bool = False
    words: str = ""  # PagerDuty's own, where ours would speak of a state that is not known


def moment(thing: Json, key: str = "created_at") -> datetime | None:
    """A time of a REST object; None when it has none that can be read."""
    try:
        return parse_moment(text(thing.get(key)))
    except ValueError:
        return None


def changed_at(incident: Json) -> datetime:
    """When the incident last changed, as far as its own times tell; 1970 when they do not."""
    keys = ("created_at", "updated_at", "last_status_change_at", "resolved_at", "reopened_at")
    times = [moment(incident, key) for key in keys]
    times += [moment(one, "at") for one in objects(incident.get("assignments"))]
    times += [moment(one, "at") for one in objects(incident.get("acknowledgements"))]
    return max((at for at in times if at is not None), default=EPOCH)


def is_open(incident: Json) -> bool:
    """Whether an incident is triggered or acknowledged."""
    return text(incident.get("status")) in _OPEN


def stamp_of(incident: Json) -> str:
    """A text that differs when the listing of an incident has changed."""
    parts = json.dumps([incident.get(key) for key in _LISTED], sort_keys=True)
    return hashlib.sha256(parts.encode()).hexdigest()


def newest_entry(entries: Sequence[Json]) -> datetime:
    """When the last entry of a type that is told was written; 1970 when there is none."""
    told = (entry for entry in entries if text(entry.get("type")) in (*_TYPES, _TRIGGER))
    return max((at for entry in told if (at := moment(entry)) is not None), default=EPOCH)


def lines_of(
    incident: Json,
    entries: Sequence[Json],
    notes: Sequence[Json],
    *,
    since: datetime,
    priority_before: str | None = None,
) -> list[Line]:
    """What happened to one incident since then, in order, and how it stands while it is open.

    `entries` should reach back a little before `since`, so that what belongs together is seen
    together. `priority_before` is the priority that an earlier look showed, None when none did.
    """
    ident = text(incident.get("id"))
    typed = [*_typed(incident, _dated(entries), ident)]
    typed += [*_reopening(incident, typed, ident)]
    typed += [*_repriced(incident, typed, ident, priority_before)]
    # Within a second an assignment comes after what it is part of.
    typed.sort(key=lambda line: (line.at, line.type == _REASSIGNED))
    lines = [*_described(incident, _joined(typed)), *_noted(notes, ident)]
    lines += _responding(incident, ident)
    told = sorted((line for line in lines if line.at >= since), key=lambda line: line.at)
    return [*told, *_state(incident, ident)]


def _dated(entries: Sequence[Json]) -> list[tuple[datetime, Json]]:
    """The entries in the order they were written: PagerDuty lists the newest first."""
    dated = [(at, entry) for entry in reversed(entries) if (at := moment(entry)) is not None]
    return sorted(dated, key=lambda pair: pair[0])


def _typed(incident: Json, dated: Sequence[tuple[datetime, Json]], ident: str) -> Iterator[Line]:
    resolved = False
    for at, entry in dated:
        kind = _TYPES.get(text(entry.get("type")), "")
        if text(entry.get("type")) == _TRIGGER:
            kind = _trigger_type(incident, entry, at, resolved=resolved)
        if not kind or not text(entry.get("id")):
            continue
        resolved = kind == _RESOLVED or (resolved and kind not in _STATUS_TYPES)
        agent = mapping(entry.get("agent")) or None
        yield Line(key=f"{ident}:{text(entry['id'])}", type=kind, at=at, agent=agent, entry=entry)


def _trigger_type(incident: Json, entry: Json, at: datetime, *, resolved: bool) -> str:
    """The first trigger opened the incident. A later one is one more alert of it, which no
    webhook tells, unless it brought a resolved incident back."""
    first = text(mapping(incident.get("first_trigger_log_entry")).get("id"))
    if (first and first == text(entry.get("id"))) or (
        not first and _near(at, moment(incident, "created_at"))
    ):
        return _TRIGGERED
    return _REOPENED if resolved or _near(at, moment(incident, "reopened_at")) else ""


def _near(at: datetime, other: datetime | None) -> bool:
    return other is not None and abs(at - other) <= _NEAR


def _joined(lines: Sequence[Line]) -> list[Line]:
    """Entries of one event as one line, and the assignment that is part of another event with it.

    What belongs together was written within the same second.
    """
    joined: list[Line] = []
    for line in lines:
        home = next((one for one in reversed(joined) if _belongs(line, one)), None)
        if home is None:
            joined.append(replace(line, then=_assigned(line.entry, None)))
            continue
        joined[joined.index(home)] = replace(home, then=_assigned(line.entry, home.then))
    return joined


def _belongs(line: Line, other: Line) -> bool:
    if abs(line.at - other.at) > timedelta(seconds=1):
        return False
    if line.type == _REASSIGNED and other.type in _ASSIGNS:
        return True
    return line.type == other.type and line.type in _ONE_EACH and line.agent == other.agent


def _assigned(entry: Json | None, then: Json | None) -> Json | None:
    """The people an entry names, added to those already known, as an incident's assignments."""
    people = [*objects(entry.get("assignees"))] if entry else []
    known = objects(then.get("assignments")) if then else []
    return {"assignments": [*known, *({"assignee": one} for one in people)]} if people else then


def _reopening(incident: Json, history: Sequence[Line], ident: str) -> Iterator[Line]:
    """A reopening that the log does not tell: it has its own time in the incident, or the last
    the log knows is a resolution while the incident is open again."""
    at, changed = moment(incident, "reopened_at"), moment(incident, "last_status_change_at")
    key = f"{ident}:reopened:{text(incident.get('reopened_at'))}"
    last = next((line for line in reversed(history) if line.type in _STATUS_TYPES), None)
    if at is None and is_open(incident) and last is not None and last.type == _RESOLVED:
        key = f"{last.key}:reopened"  # one for each resolution, whatever changes afterwards
        at = changed if changed is not None and changed > last.at else None
    told = (line for line in history if line.type == _REOPENED)
    if at is None or any(_near(at, line.at) for line in told):
        return
    agent = mapping(incident.get("last_status_change_by")) if _near(at, changed) else {}
    yield Line(key=key, type=_REOPENED, at=at, agent=agent or None)


def _repriced(
    incident: Json, history: Sequence[Line], ident: str, before: str | None
) -> Iterator[Line]:
    """A change of priority that the log does not tell, seen by comparing with the last look."""
    now, at = priority_of(incident), moment(incident, "updated_at")
    if before is None or before == now or at is None:
        return
    if not any(line.type == _PRIORITY for line in history):
        key = f"{ident}:priority:{text(incident.get('updated_at'))}"
        yield Line(key=key, type=_PRIORITY, at=at, agent=None)


def priority_of(incident: Json) -> str:
    """The name of an incident's priority, empty when it has none."""
    return text(mapping(incident.get("priority")).get("summary"))


def _described(incident: Json, history: Sequence[Line]) -> Iterator[Line]:
    """Say of each line what the incident was at its time: the incident as it is now belongs to
    the newest, and what the log tells of an earlier time to those before."""
    for place, line in enumerate(history):
        if place == len(history) - 1:
            yield replace(line, then=None, whole=True)
        elif line.type == _TRIGGERED:
            yield replace(line, then=_at_first(line, history[place:]), whole=True)
        elif line.type in _AS_IT_STOOD:
            then = _priority_then(line) if line.type == _PRIORITY else line.then
            words = "" if then else text(mapping(line.entry).get("summary"))
            yield replace(line, then=then, words=words)
        else:
            yield line


def _at_first(trigger: Line, later: Sequence[Line]) -> Json:
    """The incident when it was triggered, as far as the log tells what has changed since."""
    then: dict[str, Any] = {"status": "triggered", "pending_actions": None, **(trigger.then or {})}
    changes = (line for line in later if line.type == _PRIORITY)
    channel = mapping(mapping(next(changes, trigger).entry).get("channel"))
    if "old_priority" in channel:
        then["priority"] = _named(channel["old_priority"])
    return then


def _priority_then(line: Line) -> Json | None:
    channel = mapping(mapping(line.entry).get("channel"))
    return {"priority": _named(channel["new_priority"])} if "new_priority" in channel else None


def _named(priority: Any) -> Json | None:
    name = text(mapping(priority).get("name")) or text(mapping(priority).get("summary"))
    return {"summary": name} if name else None


def _noted(notes: Sequence[Json], ident: str) -> Iterator[Line]:
    for note in notes:
        at, note_id = moment(note), text(note.get("id"))
        if at is not None and note_id:
            agent = mapping(note.get("user")) or None
            key = f"{ident}:note:{note_id}"
            yield Line(key=key, type="incident.annotated", at=at, agent=agent, note=note)


def _responding(incident: Json, ident: str) -> Iterator[Line]:
    """Who was asked to join, and what they answered, which the log does not tell."""
    for key, kind, at_text, agent, data in turns(incident):
        at = moment({"at": at_text}, "at")
        if at is not None:
            named = f"{ident}:{key}"
            yield Line(key=named, type=kind, at=at, agent=agent or None, responder=data)


def _state(incident: Json, ident: str) -> Iterator[Line]:
    """The open incident as it is: what changed without a line, and when it escalates."""
    if not is_open(incident):
        return
    # Two changes within a second have the same `updated_at`.
    parts = json.dumps([incident.get(key) for key in _STANDS], sort_keys=True)
    digest = hashlib.sha256(parts.encode()).hexdigest()[:16]
    key = f"{ident}:state:{text(incident.get('updated_at'))}:{digest}"
    yield Line(key=key, type=STATE, at=changed_at(incident), agent=None, whole=True)
