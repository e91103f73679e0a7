"""Events: one inbound fact each, verified at the door and parsed by its integration.

A pager's own words stay inside its integration; here they are already ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from opsbot.core.people import Actor, Person

MAINTENANCE = "maintenance"  # origin source of announced work, which is no alert itself
DECLARED = "declared"  # origin source of an incident that a person declared
NO_ALERT = frozenset({MAINTENANCE, DECLARED})


class Transition(StrEnum):
    """What happened to an alert at its source."""

    TRIGGERED = "triggered"
    ACKNOWLEDGED = "acknowledged"
    UNACKNOWLEDGED = "unacknowledged"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    OTHER = "other"  # changes nothing of whether the alert fires: reassigned, annotated, ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRef:
    """The thing that is broken, as its source names it; `key` is ours once the catalogue knows."""

    name: str
    source_id: str = ""
    key: str = ""  # name in the service catalogue; empty when nobody knows the service


NO_SERVICE = ServiceRef(name="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where an incident came from: the alert at its source, with the link back."""

    source: str  # integration name, e.g. "pagerduty"
    id: str  # the source's own incident id
    number: int | None = None
    url: str = ""
    dedup_key: str = ""  # what makes two events the same alert at the source


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertDetails:
    """What an event says of the whole alert; absent when the event carries only a reference."""

    title: str
    service: ServiceRef
    urgency: str  # high | low | ""
    priority: str  # the source's own word (P1), empty when none
    people: tuple[Person, ...]  # who is paged now
    teams: tuple[str, ...]
    escalation_policy_id: str = ""
    status: str = ""  # the source's own word at the time of the event
    escalates_at: datetime | None = None  # when the pager goes to the next level by itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """Somebody who was asked to join answered at the source, by whose ids they are named here.
    `policy_id` is the escalation policy through which they were asked, if it was one."""

    user_id: str
    name: str
    accepted: bool
    policy_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertEvent:
    """Something happened to an alert. `alert` is None for events that concern no alert."""

    source: str
    id: str  # the source's event id: opaque text
    type: str  # the source's event type, verbatim
    known: bool  # False for a type this version has never heard of
    transition: Transition
    occurred_at: datetime
    actor: Actor
    alert: Origin | None
    details: AlertDetails | None
    title: str  # best title the event gives, details or not
    summary: str  # one sentence a responder can read
    note: str = ""  # text somebody wrote, when the event is a note or an update
    note_id: str = ""  # the source's own id of that text, the same by webhook and by poll
    trimmed: bool = False  # the source cut the text
    test: bool = False  # a ping: show that it arrived, open nothing
    looked_up: bool = False  # asked for, not told by a webhook
    reply: Reply | None = None  # of somebody who was asked to join
    asks: bool = False  # somebody is asked to join, in the words of `note`
