"""Say something to one person in a direct message, at most once, and keep where it stands: once it
is answered or has lapsed, `converge` edits it."""

from __future__ import annotations

from opsbot.core import entry as e
from opsbot.core.card import Card, card_hash
from opsbot.core.entry import Draft
from opsbot.core.incident import Incident
from opsbot.core.people import OPSBOT
from opsbot.flows.claiming import claimed, refused
from opsbot.flows.intake import LOCK, converge_soon
from opsbot.ports import Done, Outcome, PeopleSurface, Ports, PostedMessage, Refused, Unsure

# Slack page "chat.postEphemeral": seen only by who is active in Slack just then, and nothing tells
# of it on a phone. A direct message reaches who is not looking.
_DIRECT = ""


async def say_once(
    ports: Ports, people: PeopleSurface, incident: Incident, to: str, card: Card, *, slot: str,
    claim: str,
) -> Outcome[None]:  # fmt: skip
    """Done also when it stands already. Unsure when nobody knows whether an earlier try was heard:
    told twice would be worse than once too little."""
    if slot in incident.surface.messages:
        return Done(value=None)
    held = await claimed(ports, claim)
    if held is None:
        return Unsure(reason="opsbot stopped while telling them")
    outcome = await people.whisper(_DIRECT, to, card, incident_id=incident.id)
    match outcome:
        case Done(value=place):
            if place is not None and card.buttons:
                await _stands(ports, incident.id, slot, place, card)
            return Done(value=None)
        case Refused():
            await refused(ports, held)
            return outcome
        case Unsure():
            return outcome


async def _stands(
    ports: Ports, incident_id: str, slot: str, place: PostedMessage, card: Card
) -> None:
    """On the record with a look at Slack, because it may have been answered while it was sent."""
    now = ports.clock.now()
    shown = e.MessageShown(
        slot=slot, channel_id=place.channel_id, ts=place.ts, shown=card_hash(card)
    )
    draft = Draft(
        key=f"shown:{slot}", occurred_at=now, actor=OPSBOT, source="slack", body=shown
    )  # fmt: skip
    async with ports.record.transaction(LOCK) as tx:
        await tx.append(incident_id, [draft])
        await tx.owe(converge_soon(await tx.incident(incident_id), now))
