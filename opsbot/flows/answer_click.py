"""A button was pressed: what the click claims is looked up, then it becomes facts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from opsbot.core import entry as e
from opsbot.core.consequences import ALERT_CLEARED
from opsbot.core.entry import Body, Closure, Draft, Placement, Status
from opsbot.core.event import ClickEvent
from opsbot.core.incident import Incident
from opsbot.core.people import Actor, ActorKind
from opsbot.core.rules import Rules
from opsbot.core.surface import Surface
from opsbot.flows.intake import follow
from opsbot.ports import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Clicked:
    """The answer to a click: `refusal` is said to the presser alone; empty when it counted."""

    incident_id: str
    refusal: str = ""


async def click(tx: Transaction, event: ClickEvent, rules: Rules, now: datetime) -> Clicked:
    """Put a click on the record inside `tx`, or say why it does not count."""
    incident = await tx.incident(event.incident_id)
    if incident.seq == 0:
        return _no(event, "this incident is not on opsbot's record")
    if not _stands(incident.surface, event):
        return _no(event, "this message is out of date; the button on the newest card works")
    actor = Actor(kind=ActorKind.PERSON, id=f"slack:{event.user_id}", name=event.user_name)
    bodies = _facts(incident, event)
    if isinstance(bodies, str):
        return _no(event, bodies)
    drafts = [
        Draft(
            key=f"click:{event.id}:{number}",
            occurred_at=event.occurred_at,
            actor=actor,
            source="slack",
            body=body,
        )
        for number, body in enumerate(bodies)
    ]
    entries = await tx.append(incident.id, drafts)
    if entries[-1].seq > incident.seq:
        await follow(tx, incident, cause=entries[-1].key, rules=rules, now=now)
    return Clicked(incident_id=incident.id)


def _no(event: ClickEvent, why: str) -> Clicked:
    return Clicked(incident_id=event.incident_id, refusal=f"Nothing was done: {why}.")


def _stands(surface: Surface, event: ClickEvent) -> bool:
    """Whether the message that was clicked is one of ours that still stands."""
    place = (event.channel_id, event.message_ts)
    return any((m.channel_id, m.ts) == place for m in surface.messages.values())


def _facts(incident: Incident, event: ClickEvent) -> tuple[Body, ...] | str:
    match event.action:
        case "open_room":
            return _open_room(incident)
        case "resolve" | "keep_open" as answer:
            return _answer(incident, answer)
        case _:
            return "this version of opsbot does not know the button"


def _open_room(incident: Incident) -> tuple[Body, ...] | str:
    if incident.placement is Placement.ROOM:
        return "the room is already open"
    if incident.status.is_over:
        return f"the incident is {incident.closure or incident.status}"
    routed = e.Routed(
        placement=Placement.ROOM, rule="a person", reason="a responder pressed Open room"
    )
    return (e.RoomRequested(), routed)


def _answer(incident: Incident, answer: str) -> tuple[Body, ...] | str:
    question = incident.questions.get(ALERT_CLEARED)
    if question is None or question.answer:
        return "the question has been answered already"
    answered = e.Answered(question=ALERT_CLEARED, answer=answer)
    if answer == "keep_open":
        return (answered,)
    reason = "a responder said that the incident is over"
    closed = e.StatusChanged(status=Status.RESOLVED, reason=reason, closure=Closure.FIXED)
    return (answered, closed)
