"""What opsbot tells one person of its own accord: a role they were given, a lead they are asked to
take over, an update that is due."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from opsbot.core import entry as e
from opsbot.core.announcement import who
from opsbot.core.brief import WHAT_CAN_I_DO, brief_header, brief_lines, told_whole
from opsbot.core.cadence import cadence_of
from opsbot.core.card import Button, Card, Line, Room, line
from opsbot.core.catch_up import catch_up
from opsbot.core.entry import Entry, Role
from opsbot.core.incident import Incident
from opsbot.core.living import Offer
from opsbot.core.moment import lasting
from opsbot.core.role_guide import GUIDE, ROLE_NAME
from opsbot.core.rules import Rules
from opsbot.core.update_text import written_lines

SNOOZE = "30m"


def role_card(incident: Incident, role: Role, slack_id: str, entries: Sequence[Entry]) -> Card:
    """Somebody was given a role: by whom, what it asks of them, and where."""
    given = next((one for one in reversed(entries) if _gives(one, role, slack_id)), None)
    what = f"{ROLE_NAME[role]} of "
    by = (who(given.actor), f" made you {what}") if given else (f"You are {what}",)
    lines = (
        line(*by, f"INC-{incident.number}."), *guide_lines(role), *_room(incident),
        *brief_lines(incident)[:2],
    )  # fmt: skip
    return Card(
        header=brief_header(incident), lines=lines, buttons=(WHAT_CAN_I_DO,),
        more=told_whole(incident),
    )  # fmt: skip


def guide_lines(role: Role) -> tuple[Line, ...]:
    """What the role asks of whoever has it."""
    return tuple(line(sentence) for sentence in GUIDE[role])


def _gives(entry: Entry, role: Role, slack_id: str) -> bool:
    match entry.body:
        case e.RoleAssigned(role=given, slack_id=whom, gone=False):
            return (given, whom) == (role, slack_id)
        case _:
            return False


def _room(incident: Incident) -> tuple[Line, ...]:
    surface = incident.surface
    if not surface.channel_id:
        return ()
    return (line("In ", Room(channel_id=surface.channel_id, name=surface.channel_name)),)


def offer_card(incident: Incident, offer: Offer, entries: Sequence[Entry]) -> Card:
    """Somebody is asked to take over the lead: everything they have to know, and one click."""
    told = catch_up(
        incident, entries, offer.to_slack_id,
        Button(action=f"handover:accept=yes&offer={offer.seq}", label="Accept", primary=True),
        Button(action=f"handover:decline=yes&offer={offer.seq}", label="Decline"),
    )  # fmt: skip
    first, *others = written_lines(offer.said) if offer.said else ("",)
    said = f": {first}" if first else "."
    asked = line(who(offer.by), f" asks you to take over the lead{said}")
    more = (line(one) for one in others)
    return Card(
        header=told.header, lines=(asked, *more, *_room(incident), *told.lines),
        buttons=told.buttons, more=told.more,
    )  # fmt: skip


def reminder_card(incident: Incident, rules: Rules, now: datetime) -> Card:
    """The lead alone is told that an update is due, with the ways to be left in peace."""
    update, cadence = incident.living.update, cadence_of(incident, rules)
    wanted = f" {incident.severity} wants one every {lasting(cadence)}." if cadence else ""
    if update is None:
        began = incident.living.reopened.at if incident.living.reopened else incident.opened_at
        age = f" for {lasting(now - began)}" if began else ""
        text = f"INC-{incident.number} has had no update{age}.{wanted}"
    else:
        age = lasting(now - update.at)
        text = f"The last update of INC-{incident.number} is {age} old.{wanted}"
    buttons = (
        Button(action="update", label="Post update...", primary=True),
        Button(action=f"snooze:length={SNOOZE}", label="Snooze 30 min"),
        Button(action="snooze:reminders=off", label="Stop"),
    )
    return Card(header=brief_header(incident), lines=(line(text),), buttons=buttons)
