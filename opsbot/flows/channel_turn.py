"""Somebody archived, renamed or moved a room: the record hears of it, and the room follows."""

from __future__ import annotations

from opsbot.core import entry as e
from opsbot.core.entry import Body, Draft
from opsbot.core.incident import Incident
from opsbot.core.invocation import Caller, ChannelChanged, ChannelTurn
from opsbot.core.people import SLACK, Actor, ActorKind
from opsbot.core.surface import MOVED
from opsbot.flows.intake import LOCK, converge_soon
from opsbot.ports import Ports


async def channel_turn(ports: Ports, changed: ChannelChanged) -> None:
    """Record what happened to a room of ours; channels of no incident are nobody's business."""
    async with ports.record.transaction(LOCK) as tx:
        holder = await tx.holder_of_channel(changed.channel_id)
        if holder is None:
            return
        incident = await tx.incident(holder)
        body = _fact(incident, changed)
        if body is None:
            return
        draft = Draft(
            key=changed.id, occurred_at=changed.occurred_at, actor=_by(changed.caller),
            source="slack", body=body,
        )  # fmt: skip
        await tx.append(holder, [draft])
        await tx.owe(converge_soon(await tx.incident(holder), ports.clock.now()))


def _by(caller: Caller) -> Actor:
    """Who did it; a rename names nobody, and must not count as somebody's work."""
    if not caller.user_id:
        return Actor(kind=ActorKind.SYSTEM, id="slack")
    return Actor(kind=ActorKind.PERSON, id=f"{SLACK}{caller.user_id}", name=caller.name)


def _fact(incident: Incident, changed: ChannelChanged) -> Body | None:
    surface = incident.surface
    match changed.turn:
        case ChannelTurn.ARCHIVED if surface.facts.get("archived") != "yes":
            return e.SurfaceChanged(what="abandoned", value="archived by somebody")
        case ChannelTurn.DELETED:
            return e.SurfaceChanged(what="abandoned", value="deleted by somebody")
        case ChannelTurn.UNARCHIVED if surface.abandoned:
            return e.SurfaceChanged(what="abandoned", value="")
        case ChannelTurn.RENAMED if changed.value and changed.value != surface.channel_name:
            return e.ChannelOpened(channel_id=changed.channel_id, name=changed.value, adopted=True)
        case ChannelTurn.MOVED if changed.value:
            return e.SurfaceChanged(what=MOVED, value=changed.value)
        case _:
            return None
