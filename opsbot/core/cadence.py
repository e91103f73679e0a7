"""How often an incident wants an update: when the next is due, and the reminder that is owed."""

from __future__ import annotations

from datetime import datetime, timedelta

from opsbot.core.entry import Mode, Placement, Severity
from opsbot.core.incident_state import Incident
from opsbot.core.living import Update
from opsbot.core.moment import LATEST, shifted, to_micros
from opsbot.core.rules import Rules
from opsbot.core.unfolding import Owed, Unfolding

REMIND = "remind_update"  # purpose of the obligation
LOUD = (Severity.SEV1, Severity.SEV2)  # the room is told once when nobody leads who could be


def cadence_of(incident: Incident, rules: Rules) -> timedelta | None:
    """How often its severity wants an update; None when nobody is reminded."""
    return dict(rules.cadence).get(incident.severity)


def update_due(incident: Incident, rules: Rules) -> datetime | None:
    """When the newest update is too old: at the moment it promised, else a cadence after it, after
    somebody took the lead, or after the beginning. What was promised before it got worse does not
    put off what is wanted now. None while nobody waits for one."""
    cadence = cadence_of(incident, rules)
    placed = incident.placement in (Placement.ROOM, Placement.THREAD)
    if cadence is None or incident.status.is_over or not placed or incident.opened_at is None:
        return None
    living, lead = incident.living, incident.lead
    began = [living.reopened.at] if living.reopened else [incident.opened_at]
    if living.update is None:
        began += [lead.since] if lead else []
        return shifted(max(began), cadence)
    usual = shifted(living.update.at, cadence)
    promised = living.update.next_by or usual
    if _got_worse(incident, living.update):
        promised = min(promised, usual)
    return max(promised, shifted(living.reopened.at, cadence)) if living.reopened else promised


def _got_worse(incident: Incident, update: Update) -> bool:
    held = update.severity
    order = list(Severity)
    return held is not None and order.index(incident.severity) < order.index(held)


def reminder_due(incident: Incident, rules: Rules) -> datetime | None:
    """When somebody is to be reminded: when the update is due, a cadence after the last reminder,
    and not before what the lead asked for. None when nobody is."""
    due, cadence = update_due(incident, rules), cadence_of(incident, rules)
    if due is None or cadence is None or incident.mode is not Mode.LIVE:
        return None
    living = incident.living
    nobody_left = incident.lead is None and (living.told_room or incident.severity not in LOUD)
    if nobody_left or living.snoozed_until == LATEST:
        return None
    reminder, update = living.reminder, living.update
    if reminder is not None and (update is None or reminder.at > update.at):
        due = max(due, shifted(reminder.at, cadence))
    return max(due, living.snoozed_until) if living.snoozed_until else due


def reminds(story: Unfolding, before: Incident) -> None:
    """Owe the reminder at its time; what makes it moot or moves it cancels the one before."""
    was, due = reminder_due(before, story.rules), reminder_due(story.state, story.rules)
    if due != was:
        story.cancelled.append(REMIND)
    if due is not None and (due != was or story.by is not None):
        story.owed.append(reminder_owed(due))


def reminder_owed(due: datetime) -> Owed:
    """The reminder at that time, owed once."""
    return Owed(purpose=REMIND, key=f"{REMIND}:{to_micros(due)}", due_at=due)
