"""Bring Slack to what the record says: plan, difference, the missing calls, facts; until nothing
differs. Opening a room, updating it, repairing it after a crash and archiving it are this flow."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from weakref import WeakValueDictionary

from opsbot.core import entry as e
from opsbot.core.card import Card, card_hash
from opsbot.core.direct import DIRECT, settled_messages
from opsbot.core.entry import Body, Draft, Placement
from opsbot.core.incident import Incident
from opsbot.core.moment import shifted
from opsbot.core.people import OPSBOT, Person, slack_account
from opsbot.core.room import (
    CARD,
    DIGEST,
    Bookmark,
    Invite,
    Move,
    OpenChannel,
    Pin,
    SetArchived,
    SetTopic,
    Show,
    difference,
    move_name,
    room_plan,
)
from opsbot.core.room_posts import timeline_card
from opsbot.core.surface import GONE, LEFT, TRY_AGAIN
from opsbot.core.timeline import build_timeline
from opsbot.ports import (
    Done,
    InviteResult,
    Obligation,
    OpenedChannel,
    Outcome,
    Ports,
    PostedMessage,
    Refused,
    RoomSurface,
    Steps,
    Unsure,
)

WAVES = 8  # more rounds than any plan needs; what is left is owed again
_ONLY_LATER = ("ratelimited", "rate_limited")  # a budget, not news for the record
LOOK_AGAIN = 2.0  # seconds until an unknown outcome is looked into
_locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()


async def converge(ports: Ports, steps: Steps, arguments: Mapping[str, str]) -> float | None:
    """Answer None when Slack shows what the record says, else after how many seconds to retry."""
    incident_id = arguments["incident_id"]
    room = ports.room
    if room is None:
        return None

    async def step() -> float | None:
        lock = _locks.setdefault(incident_id, asyncio.Lock())
        async with lock:
            return await _converge(ports, room, incident_id)

    return await steps.run("converge", step)


async def _converge(ports: Ports, room: RoomSurface, incident_id: str) -> float | None:
    waits: list[float] = []
    for _ in range(WAVES):
        incident = await ports.record.incident(incident_id)
        moves = await missing_moves(ports, incident)
        if not moves:
            return None
        results = await asyncio.gather(*(_make(ports, room, incident, m) for m in moves))
        waits = [wait for wait in results if wait is not None]
        if waits:
            break
    return min(waits, default=LOOK_AGAIN)


async def missing_moves(ports: Ports, incident: Incident) -> tuple[Move, ...]:
    """What Slack lacks of what the record says, as far as is known; empty when nothing."""
    now = ports.clock.now()
    timeline, direct = await _timeline(ports, incident), await _direct(ports, incident)
    plan = room_plan(incident, ports.rules, now, timeline, direct)
    return difference(plan, incident.surface, now)


async def _direct(ports: Ports, incident: Incident) -> tuple[tuple[str, Card], ...]:
    """What is left of the direct messages that were answered or have lapsed."""
    if not any(slot.startswith(DIRECT) for slot in incident.surface.messages):
        return ()
    return settled_messages(incident, await ports.record.entries(incident.id))


async def _timeline(ports: Ports, incident: Incident) -> Card | None:
    """The timeline hangs below the card, so it is told only once the card stands."""
    if incident.placement not in (Placement.ROOM, Placement.THREAD):
        return None
    waiting = incident.window is not None and not incident.reports
    if "card" not in incident.surface.messages or waiting:
        return None
    return timeline_card(incident, build_timeline(await ports.record.entries(incident.id)))


async def _make(ports: Ports, room: RoomSurface, incident: Incident, move: Move) -> float | None:
    """Make one move and append its fact. None: made or finally refused; else seconds to wait."""
    match move:
        case OpenChannel():
            return await _open_channel(ports, room, incident, move)
        case Show(ts=""):
            return await _post(ports, room, incident, move)
        case Invite():
            return await _invite(ports, room, incident, move)
        case _:
            outcome, fact = await _simple(room, incident, move)
            return await _fact(ports, incident, move, outcome, fact)


async def _open_channel(
    ports: Ports, room: RoomSurface, incident: Incident, move: OpenChannel
) -> float | None:
    async def taken(channel_id: str) -> bool:
        holder = await ports.record.holder_of_channel(channel_id)
        return holder is not None and holder != incident.id

    # Claimed before the first try: a later one looks for its own earlier work, whatever the title
    # was then.
    earlier = await ports.record.claim(f"{incident.id}:channel", ports.clock.now())
    outcome: Outcome[OpenedChannel] = await room.open_channel(
        move.names,
        private=move.private,
        opened_at=incident.opened_at or ports.clock.now(),
        look_first=earlier is not None,
        taken=taken,
        stem=move.stem,
    )
    body = None
    if isinstance(outcome, Done):
        opened = outcome.value
        body = e.ChannelOpened(
            channel_id=opened.channel_id, name=opened.name, adopted=opened.adopted
        )
    return await _fact(ports, incident, move, outcome, body)


async def _post(ports: Ports, room: RoomSurface, incident: Incident, move: Show) -> float | None:
    message = move.message
    # Claimed before the first try, so that a later one knows it may find its own earlier work.
    place = f"{incident.id}:show:{message.slot}:{message.channel_id}"
    earlier = await ports.record.claim(place, ports.clock.now())
    outcome: Outcome[PostedMessage] = await room.post(
        message.channel_id,
        message.card,
        slot=message.slot,
        incident_id=incident.id,
        thread_ts=move.thread_ts,
        look_first=earlier,
        urgent=message.urgent,
    )
    body = None
    if isinstance(outcome, Done):
        # Adopted from an earlier try: it may show older content, so the next round edits it.
        shown = "" if earlier else card_hash(message.card)
        body = e.MessageShown(
            slot=message.slot,
            channel_id=outcome.value.channel_id,
            ts=outcome.value.ts,
            shown=shown,
        )
    return await _fact(ports, incident, move, outcome, body)


async def _invite(
    ports: Ports, room: RoomSurface, incident: Incident, move: Invite
) -> float | None:
    found = await _addresses(ports, incident, move)
    if not isinstance(found, Done):
        return await _fact(ports, incident, move, found, None)
    outcome: Outcome[InviteResult] = await room.invite(incident.surface.channel_id, found.value)
    if not isinstance(outcome, Done):
        return await _fact(ports, incident, move, outcome, None)
    facts: list[Body] = []
    if found.value:
        result = outcome.value
        facts.append(e.PeopleInvited(invited=result.invited, missing=result.missing))
    told = {p.person_id for p in (*outcome.value.invited, *outcome.value.missing)}
    if move.asks_on_call and all(person.id in told for person in found.value):
        facts.append(e.SurfaceChanged(what="on_call", value="asked"))
    await _append(ports, incident, facts)
    return None


async def _addresses(ports: Ports, incident: Incident, move: Invite) -> Outcome[tuple[Person, ...]]:
    """The people to bring in, with the addresses that only the pager knows.

    Without them nobody can be found in Slack, so a pager that does not answer is waited for;
    nobody is called missing because of it.
    """
    policies = [a.details.escalation_policy_id for a in incident.alerts.values() if a.details]
    policy = policies[0] if policies and move.asks_on_call else ""
    paged = [person.id for person in move.people if not slack_account(person.id)]
    if ports.pager is None or not (paged or policy):
        return Done(value=move.people)
    outcome = await ports.pager.people(paged, policy)
    if not isinstance(outcome, Done):
        return outcome
    found = {person.id: person for person in outcome.value}
    known = {person.id: found.get(person.id, person) for person in move.people}
    settled = incident.surface.settled
    extra = {p.id: p for p in outcome.value if p.id not in known and not settled(p.id)}
    return Done(value=(*known.values(), *extra.values()))


async def _simple(
    room: RoomSurface, incident: Incident, move: Move
) -> tuple[Outcome[None], Body | None]:
    """The moves that are idempotent at Slack: done twice, they are done once."""
    channel_id = incident.surface.channel_id
    match move:
        case Show(message=message, ts=ts):
            outcome = await room.edit(message.channel_id, ts, message.card, incident_id=incident.id)
            return outcome, e.MessageShown(
                slot=message.slot,
                channel_id=message.channel_id,
                ts=ts,
                shown=card_hash(message.card),
                edited=True,
            )
        case SetTopic(topic=topic):
            outcome = await room.set_topic(channel_id, topic)
            return outcome, e.SurfaceChanged(what="topic", value=topic)
        case Pin(ts=ts):
            outcome = await room.pin(channel_id, ts)
            return outcome, e.SurfaceChanged(what="pin", value=ts)
        case Bookmark(title=title, url=url):
            outcome = await room.bookmark(channel_id, title, url)
            return outcome, e.SurfaceChanged(what=f"bookmark:{url}", value=title)
        case SetArchived(archived=archived):
            act = room.archive if archived else room.unarchive
            outcome = await act(channel_id)
            return outcome, e.SurfaceChanged(what="archived", value="yes" if archived else "no")
        case _:
            raise AssertionError(f"{move} is not a simple move")


async def _fact(
    ports: Ports, incident: Incident, move: Move, outcome: Outcome[object], body: Body | None
) -> float | None:
    """Append what came of a move; a refusal is a fact like any other."""
    match outcome:
        case Done():
            await _append(ports, incident, [body] if body else [])
            return None
        case Refused(error=error) if fact := _gone(move, error):
            await _append(ports, incident, [fact])
            return None
        case Refused(retry_after=wait) if wait is None:
            await _give_up(ports, incident, _refusal(move, outcome, gives_up=True))
            return None
        case Refused(retry_after=wait):
            assert wait is not None  # noqa: S101 - the arm above took None
            held = incident.surface.refusals.get(move_name(move))
            told = outcome.error in _ONLY_LATER or (held and held.error == outcome.error)
            if not told:
                await _append(ports, incident, [_refusal(move, outcome, gives_up=False)])
            return max(wait.total_seconds(), 0.2)
        case Unsure():
            return LOOK_AGAIN


def _gone(move: Move, error: str) -> Body | None:
    """The fact behind a refusal that says what a person did to the room."""
    if error in ("is_archived", "is_inactive") and not _is_elsewhere(move):
        return e.SurfaceChanged(what="abandoned", value="archived by a person")
    if error == "message_not_found" and isinstance(move, Show) and move.ts:
        return e.SurfaceChanged(what=f"{GONE}{move.message.slot}", value=move.ts)
    return None


def _is_elsewhere(move: Move) -> bool:
    """Whether the message stands outside the room, whose archiving says nothing of the room's."""
    if not isinstance(move, Show):
        return False
    slot = move.message.slot
    return slot in (DIGEST, LEFT + CARD) or slot.startswith(DIRECT)


async def _give_up(ports: Ports, incident: Incident, refusal: e.SurfaceRefused) -> None:
    """Record what was refused for good, and owe one more look when somebody may have mended it."""
    now = ports.clock.now()
    draft = _draft(incident, refusal, now)
    again = Obligation(
        key=f"{incident.id}:look_again:{incident.seq}", incident_id=incident.id,
        purpose="look_again", due_at=shifted(now, TRY_AGAIN),
    )  # fmt: skip
    async with ports.record.transaction(incident.id) as tx:
        await tx.append(incident.id, [draft])
        if not incident.status.is_over:
            await tx.owe(again)


def _refusal(move: Move, refused: Refused, *, gives_up: bool) -> e.SurfaceRefused:
    return e.SurfaceRefused(
        move=move_name(move), error=refused.error, cure=refused.cure, gives_up=gives_up
    )


async def _append(ports: Ports, incident: Incident, bodies: list[Body]) -> None:
    """Surface facts: appended under a key of the state they were made from."""
    if not bodies:
        return
    now = ports.clock.now()
    await ports.record.append(incident.id, [_draft(incident, body, now) for body in bodies])


def _draft(incident: Incident, body: Body, now: datetime) -> Draft:
    return Draft(
        key=f"surface:{incident.seq}:{_name(body)}", occurred_at=now, actor=OPSBOT,
        source="slack", body=body,
    )  # fmt: skip


def _name(body: Body) -> str:
    match body:
        case e.MessageShown(slot=slot):
            return f"shown:{slot}"
        case e.SurfaceChanged(what=what):
            return f"changed:{what}"
        case e.SurfaceRefused(move=move):
            return f"refused:{move}"
        case _:
            return type(body).__name__
