"""What a pager tells of an act that was done there, by webhook or when it is asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from opsbot.core.event import AlertEvent, Transition
from opsbot.core.people import Actor, ActorKind
from tests.core.story import details, event
from tests.fakes.pager import FakeAct

_TRANSITIONS = {"acknowledge": Transition.ACKNOWLEDGED, "resolve": Transition.RESOLVED}
_TYPES = {
    "acknowledge": "incident.acknowledged", "resolve": "incident.resolved",
    "priority": "incident.priority_updated", "note": "incident.annotated",
}  # fmt: skip


def echo_of(act: FakeAct, *, asked: bool = False, late: timedelta = timedelta()) -> AlertEvent:
    """The event of an act, in the name of the account that did it there. Webhooks carry parts of
    a second, which a log line has not; `late` is how much later the pager says it happened."""
    at = act.at.replace(microsecond=0) + late + timedelta(milliseconds=0 if asked else 600)
    by = Actor(kind=ActorKind.PERSON, id=f"pagerduty:{act.by.id}", name=act.by.name)
    told = event(_TRANSITIONS.get(act.act, Transition.OTHER), alert=act.alert_id, by=by)
    if act.act == "priority":
        told = replace(told, details=details(priority=act.value))
    note = act.value if act.act == "note" else ""
    return replace(
        told, id=f"{act.act}-{at.isoformat()}-{asked}", type=_TYPES[act.act], occurred_at=at,
        note=note, note_id="N1" if note else "", looked_up=asked,
        summary=f"{act.by.name}: {act.act}",
    )  # fmt: skip


def told(transition: Transition, at: datetime, by: Actor, *, asked: bool = False) -> AlertEvent:
    """A transition that happened at the pager itself."""
    one = event(transition, by=by)
    at = at.replace(microsecond=0) if asked else at
    return replace(
        one, occurred_at=at, looked_up=asked, id=f"{transition}-{at.isoformat()}-{asked}"
    )
