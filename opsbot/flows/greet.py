"""Who comes into a room late is told, alone and once, what happened so far."""

from __future__ import annotations

from datetime import timedelta

from opsbot.core.catch_up import catch_up
from opsbot.core.invocation import How, Invocation, MemberJoined, Place
from opsbot.core.moment import shifted
from opsbot.core.permission import Denied, may
from opsbot.ports import Done, Ports

LATE = timedelta(minutes=3)  # whoever was brought in at the opening reads the card


async def greet(ports: Ports, joined: MemberJoined) -> None:
    """Whisper the brief to a late joiner of an incident's room."""
    people = ports.people
    holder = await ports.record.holder_of_channel(joined.channel_id)
    if people is None or holder is None:
        return
    incident = await ports.record.incident(holder)
    now = ports.clock.now()
    early = incident.opened_at is None or now < shifted(incident.opened_at, LATE)
    if early or incident.status.is_over:
        return
    standing = await people.standing(joined.caller)
    if not isinstance(standing, Done):
        return
    rules = ports.rules
    allowed = [may(verb, standing.value, incident, rules.permissions, guests=rules.guests)
               for verb in ("status", "brief")]  # fmt: skip
    claim = f"{incident.id}:greet:{joined.caller.user_id}"
    denied = any(isinstance(one, Denied) for one in allowed)
    if denied or await ports.record.claim(claim, now) is not None:
        return
    where = Invocation(
        id=joined.id, occurred_at=joined.occurred_at, how=How.MENTION, caller=joined.caller,
        place=Place(channel_id=joined.channel_id), verb="status",
    )  # fmt: skip
    entries = await ports.record.entries(incident.id)
    card = catch_up(incident, entries, joined.caller.user_id)
    await people.answer(where, card, incident_id=incident.id)
