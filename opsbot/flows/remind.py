"""Remind of an update that is due: the lead alone, in a direct message; once the room, when nobody
leads a bad one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from opsbot.core import entry as e
from opsbot.core.cadence import reminder_due, reminder_owed
from opsbot.core.direct import REMINDER as ABOUT
from opsbot.core.direct import direct_slot
from opsbot.core.entry import Body, Draft
from opsbot.core.incident import Incident
from opsbot.core.incident_parts import Holder
from opsbot.core.invocation import Caller
from opsbot.core.moment import to_micros
from opsbot.core.people import OPSBOT
from opsbot.core.private_words import reminder_card
from opsbot.core.surface import REMINDER
from opsbot.core.text import inert
from opsbot.flows.direct_message import say_once
from opsbot.flows.intake import LOCK, follow
from opsbot.ports import Done, Obligation, Outcome, PeopleSurface, Ports, Refused, Steps

UPDATE = "update"
TRY_AGAIN = 300.0  # seconds until a lead who could not be reached is tried again


async def remind(ports: Ports, steps: Steps, arguments: Mapping[str, str]) -> float | None:
    """Answer None when it was said or is moot, else after how many seconds to look again. What
    is said owes the next reminder."""
    incident_id = arguments["incident_id"]

    async def step() -> float | None:
        incident = await ports.record.incident(incident_id)
        due, now = reminder_due(incident, ports.rules), ports.clock.now()
        if due is None or ports.people is None:
            return None
        if arguments["key"] != f"{incident.id}:{reminder_owed(due).key}":
            return await _at_its_time(ports, incident, due)
        if now < due:
            return (due - now).total_seconds()
        if incident.lead is None:
            await _append(ports, incident, due, e.ReminderSent(about=UPDATE, slack_id=""))
            return None
        return await _whisper(ports, ports.people, incident, incident.lead, due)

    return await steps.run("remind", step)


async def _at_its_time(ports: Ports, incident: Incident, due: datetime) -> None:
    """This one was owed for another time, as after a change of the cadence or a restart: the right
    one is owed, unless it is already."""
    owed = reminder_owed(due)
    async with ports.record.transaction(LOCK) as tx:
        await tx.owe(
            Obligation(
                key=f"{incident.id}:{owed.key}", incident_id=incident.id, purpose=owed.purpose,
                due_at=due,
            )
        )  # fmt: skip


async def _whisper(
    ports: Ports, people: PeopleSurface, incident: Incident, lead: Holder, due: datetime
) -> float | None:
    outcome = await _reached(ports, people, incident, lead, due)
    held = incident.surface.refusals.get(REMINDER)
    if isinstance(outcome, Refused):
        if outcome.retry_after is not None:
            return max(outcome.retry_after.total_seconds(), 1.0)
        if held is None:
            refused = e.SurfaceRefused(
                move=REMINDER, error=outcome.error, cure=outcome.cure, gives_up=True
            )
            await _append(ports, incident, due, refused)
        return TRY_AGAIN
    reached = (e.SurfaceChanged(what=REMINDER, value=lead.slack_id),) if held else ()
    sent = e.ReminderSent(about=UPDATE, slack_id=lead.slack_id)
    await _append(ports, incident, due, sent, *reached)
    return None


async def _reached(
    ports: Ports, people: PeopleSurface, incident: Incident, lead: Holder, due: datetime
) -> Outcome[None]:
    """Tell the lead, once for each time at which it is due; refused for whoever has no account
    any more, to whom Slack may well deliver what nobody reads."""
    found = await people.standing(Caller(user_id=lead.slack_id))
    if isinstance(found, Done) and found.value.deactivated:
        cure = f"{inert(lead.name, 60)} leads, but their account is deactivated: take the lead."
        return Refused(error="account_deactivated", cure=cure)
    card = reminder_card(incident, ports.rules, ports.clock.now())
    slot = direct_slot(incident.seq, ABOUT, lead.slack_id)
    claim = f"{incident.id}:{reminder_owed(due).key}:{lead.slack_id}"
    return await say_once(ports, people, incident, lead.slack_id, card, slot=slot, claim=claim)


async def _append(ports: Ports, incident: Incident, due: datetime, *bodies: Body) -> None:
    """Once for each time at which a reminder was due, however often this flow runs; nothing when
    that became moot while it was said."""
    now = ports.clock.now()
    drafts = [
        Draft(
            key=f"remind:{to_micros(due)}:{type(body).__name__}", occurred_at=now, actor=OPSBOT,
            source="opsbot", body=body,
        )
        for body in bodies
    ]  # fmt: skip
    async with ports.record.transaction(LOCK) as tx:
        before = await tx.incident(incident.id)
        if reminder_due(before, ports.rules) != due:
            return
        entries = await tx.append(incident.id, drafts)
        if entries[-1].seq > before.seq:
            await follow(tx, before, cause=entries[-1].key, rules=ports.rules, now=now)
