"""What Slack should look like for an incident, and the difference to what stands there.

`room_plan` is the projection; `difference` compares it with the surface facts and names the
moves that can be made right now. Opening a room, keeping it current, repairing it after a crash
and archiving it are this one comparison.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from opsbot.core.card import Card, card_hash
from opsbot.core.digest_card import digest_card
from opsbot.core.direct import DIRECT
from opsbot.core.entry import Mode, Placement, Visibility
from opsbot.core.incident import Incident
from opsbot.core.incident_card import bookmarks, incident_card, topic
from opsbot.core.moment import shifted
from opsbot.core.naming import channel_name
from opsbot.core.page_posts import page_posts
from opsbot.core.people import Person
from opsbot.core.policy import Ruling
from opsbot.core.postmortem_card import postmortem_posts
from opsbot.core.room_posts import announcements, looks, moved_card, pictures, pictures_gone, posts
from opsbot.core.rules import Rules
from opsbot.core.run_card import RUN, run_card
from opsbot.core.surface import LEFT, Surface

CARD, DIGEST, TIMELINE = "card", "digest", "timeline"
NAME_ATTEMPTS = 5


class Where(StrEnum):
    CHANNEL = "channel"
    THREAD = "thread"
    DIGEST = "digest"
    NOWHERE = "nowhere"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message that should stand: `thread_of` names the slot it hangs below."""

    slot: str
    card: Card
    channel_id: str = ""  # empty: the incident's own channel
    thread_of: str = ""
    edits: bool = True  # kept current; False for a message said once
    urgent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomPlan:
    """Where the incident lives and what should stand there."""

    where: Where
    visibility: Visibility
    names: tuple[str, ...] = ()
    stem: str = ""  # what every name of this room begins with, whatever its title
    topic: str = ""
    people: tuple[Person, ...] = ()
    asks_on_call: bool = False
    messages: tuple[Message, ...] = ()
    bookmarks: tuple[tuple[str, str], ...] = ()
    archived: bool = False


def room_plan(
    incident: Incident, rules: Rules, now: datetime, timeline: Card | None = None,
    direct: Sequence[tuple[str, Card]] = (),
) -> RoomPlan:  # fmt: skip
    """The room that the record asks for at `now`; `direct` is what is left of direct messages that
    stand (`direct.py`)."""
    where, private = _where(incident, rules, now), _direct_messages(incident, direct)
    if where is Where.NOWHERE:
        return RoomPlan(where=where, visibility=incident.visibility, messages=private)
    shadow = incident.mode is Mode.SHADOW
    home = _home(where, incident, rules)
    messages = _messages(incident, rules, where, home, timeline)
    in_channel = where is Where.CHANNEL
    return RoomPlan(
        where=where,
        visibility=incident.visibility,
        names=_names(incident, rules) if in_channel else (),
        stem=f"{rules.channel_prefix}{incident.number}",
        topic=topic(incident) if in_channel and not incident.surface.lent else "",
        people=incident.people if in_channel and not shadow else (),
        asks_on_call=in_channel and not shadow,
        messages=(*messages, *private),
        bookmarks=bookmarks(incident) if in_channel else (),
        archived=in_channel and not incident.surface.lent and _archive_due(incident, rules, now),
    )


def _where(incident: Incident, rules: Rules, now: datetime) -> Where:
    if incident.visibility is Visibility.PRIVATE and incident.declared_by:
        # A person asked for nobody else to know, and every place but its own room has readers.
        own = incident.placement is Placement.ROOM and incident.mode is Mode.LIVE
        return _where_of_room(incident, rules, now) if own else Where.NOWHERE
    if incident.mode is Mode.SHADOW:
        shown = incident.placement is not Placement.IGNORE
        return Where.THREAD if shown and rules.channels.shadow else Where.NOWHERE
    if incident.placement is Placement.ROOM:
        return _where_of_room(incident, rules, now)
    if incident.placement is Placement.THREAD and incident.thread_channel:
        return Where.THREAD
    if incident.placement is Placement.IGNORE or not rules.channels.digest:
        return Where.NOWHERE
    return Where.DIGEST


def _where_of_room(incident: Incident, rules: Rules, now: datetime) -> Where:
    """A channel, unless Slack refused one or a person archived it: then the team's channel, or
    the digest. (slack.md: a channel that somebody archived is not brought back by a bot.)"""
    refusal = incident.surface.refusals.get("channel")
    refused = refusal is not None and refusal.stands(now) and not incident.surface.channel_id
    if not refused and not incident.surface.abandoned:
        return Where.CHANNEL
    if incident.visibility is Visibility.PRIVATE:
        return Where.NOWHERE  # every other place has readers whom nobody chose
    if _team_channel(incident, rules):
        return Where.THREAD
    return Where.DIGEST if rules.channels.digest else Where.NOWHERE


def _team_channel(incident: Incident, rules: Rules) -> str:
    service = rules.catalogue.find(incident.service)
    return service.channel if service else ""


def _home(where: Where, incident: Incident, rules: Rules) -> str:
    """The channel that holds the incident's card; empty while its own is not open yet."""
    if incident.mode is Mode.SHADOW:
        return rules.channels.shadow
    if where is Where.THREAD:
        return incident.thread_channel or _team_channel(incident, rules)
    return incident.surface.channel_id if where is Where.CHANNEL else ""


def _names(incident: Incident, rules: Rules) -> tuple[str, ...]:
    private = incident.visibility is Visibility.PRIVATE
    return tuple(
        channel_name(
            incident.number,
            incident.title,
            prefix=rules.channel_prefix,
            private=private,
            attempt=attempt,
        )
        for attempt in range(NAME_ATTEMPTS)
    )


def _messages(
    incident: Incident, rules: Rules, where: Where, home: str, timeline: Card | None
) -> tuple[Message, ...]:
    found: list[Message] = []
    if home:
        card = replace(incident_card(incident, rules), more="see the thread")
        found.append(Message(slot=CARD, card=card, channel_id=home, urgent=True))
        thread_of = CARD if where is Where.THREAD else ""
        found += [
            Message(slot=f"post:{key}", card=said, channel_id=home, thread_of=thread_of,
                    edits=edits)
            for key, said, edits in posts(incident, rules)
        ]  # fmt: skip
        stands = incident.surface.messages.get(CARD)
        if stands and stands.channel_id == home:  # what is said from then on is said there
            found += _people_messages(incident, home, thread_of)
        if timeline is not None:
            found.append(Message(slot=TIMELINE, card=timeline, channel_id=home, thread_of=CARD))
    left = incident.surface.messages.get(LEFT + CARD)
    if left and home and left.channel_id != home:
        found.append(
            Message(slot=LEFT + CARD, card=moved_card(incident), channel_id=left.channel_id)
        )
    # The digest links to the room, so it waits for the room to stand.
    digest = rules.channels.digest
    waiting = where is Where.CHANNEL and not home
    public = incident.visibility is Visibility.PUBLIC and incident.mode is Mode.LIVE
    if digest and public and not waiting:
        found.append(
            Message(slot=DIGEST, card=digest_card(incident, where == "digest"), channel_id=digest)
        )
    return tuple(found)


def _people_messages(incident: Incident, home: str, thread_of: str) -> list[Message]:
    """What people changed, as lines of the room; pictures and looks stay in the card's thread."""
    said = [
        Message(slot=slot, card=card, channel_id=home, thread_of=thread_of, edits=edits)
        for slot, card, edits in announcements(incident)
    ]
    said += [
        Message(slot=f"{RUN}{run.run_id}", channel_id=home, thread_of=thread_of,
                card=replace(run_card(run), more=_whole(incident)), urgent=run.waits)
        for run in incident.runs.values()
        if run.seq > incident.housed_since and run.verdict.ruling is not Ruling.DENIED
    ]  # fmt: skip
    below = [
        Message(slot=slot, card=card, channel_id=home, thread_of=CARD)
        for slot, card in (*pictures(incident), *pictures_gone(incident), *looks(incident))
    ]
    paged = [
        Message(slot=slot, card=card, channel_id=home, thread_of=thread_of)
        for slot, card in (*page_posts(incident), *postmortem_posts(incident))
    ]
    return [*said, *paged, *below]


def _whole(incident: Incident) -> str:
    """Where a run can be read whole: its lines are cut to what a message takes."""
    return f"opsbot show {incident.number} --json has them"


def _direct_messages(incident: Incident, direct: Sequence[tuple[str, Card]]) -> tuple[Message, ...]:
    held = incident.surface.messages
    return tuple(
        Message(slot=slot, card=card, channel_id=held[slot].channel_id)
        for slot, card in direct
        if slot in held
    )


def _archive_due(incident: Incident, rules: Rules, now: datetime) -> bool:
    over_at = incident.over_at
    if not incident.status.is_over or over_at is None:
        return False
    return now >= shifted(over_at, rules.archive_after)


# --- the difference ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenChannel:
    names: tuple[str, ...]
    stem: str
    private: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """Post the message, or edit it when it stands with other content."""

    message: Message
    ts: str = ""
    thread_ts: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invite:
    people: tuple[Person, ...]
    asks_on_call: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTopic:
    topic: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    ts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bookmark:
    title: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetArchived:
    archived: bool


Move = OpenChannel | Show | Invite | SetTopic | Pin | Bookmark | SetArchived


def move_name(move: Move) -> str:
    """What a refusal of this move is recorded under."""
    match move:
        case OpenChannel():
            return "channel"
        case Show(message=message):
            return message.slot
        case Invite():
            return "people"
        case SetTopic():
            return "topic"
        case Pin():
            return "pin"
        case Bookmark(url=url):
            return f"bookmark:{url}"
        case SetArchived():
            return "archived"


def difference(plan: RoomPlan, surface: Surface, now: datetime) -> tuple[Move, ...]:
    """The moves that can be made at once to bring Slack towards the plan, most urgent first.

    Empty means Slack shows what the record says, as far as we know. Moves that were finally
    refused a short while ago are left out; they stand on the record with their cure.
    """
    moves = [
        move
        for move in _moves(plan, surface)
        if not ((refusal := surface.refusals.get(move_name(move))) and refusal.stands(now))
    ]
    return tuple(moves)


def _moves(plan: RoomPlan, surface: Surface) -> list[Move]:
    if plan.where is Where.NOWHERE:
        return [*_shows(plan, surface)]  # nothing but direct messages
    in_channel = plan.where is Where.CHANNEL
    if in_channel and not surface.channel_id:
        return [
            OpenChannel(
                names=plan.names, stem=plan.stem, private=plan.visibility is Visibility.PRIVATE
            )
        ]
    if surface.archived:
        # An archived channel takes no message; the digest and people still do.
        elsewhere = (DIGEST, DIRECT)
        others: list[Move] = [
            m for m in _shows(plan, surface) if m.message.slot.startswith(elsewhere)
        ]
        back: list[Move] = [SetArchived(archived=False)]
        return [*back, *others] if in_channel and not plan.archived else others
    shows = _shows(plan, surface)
    moves: list[Move] = [m for m in shows if m.message.urgent]
    if in_channel:
        moves += _room_moves(plan, surface)
    moves += [m for m in shows if not m.message.urgent]
    if not moves and plan.archived:
        return [SetArchived(archived=True)]
    return moves


def _shows(plan: RoomPlan, surface: Surface) -> list[Show]:
    found: list[Show] = []
    for message in plan.messages:
        held = surface.messages.get(message.slot)
        if held and held.channel_id == message.channel_id:
            if message.edits and held.shown != card_hash(message.card):
                found.append(Show(message=message, ts=held.ts))
            continue
        parent = surface.messages.get(message.thread_of) if message.thread_of else None
        if parent and parent.channel_id != message.channel_id:
            parent = None  # it stands where the incident used to live
        if message.thread_of and parent is None:
            continue  # waits for the message it hangs below
        found.append(Show(message=message, thread_ts=parent.ts if parent else ""))
    return found


def _room_moves(plan: RoomPlan, surface: Surface) -> list[Move]:
    moves: list[Move] = []
    waiting = tuple(person for person in plan.people if not surface.settled(person.id))
    asks = plan.asks_on_call and "on_call" not in surface.facts
    if waiting or asks:
        moves.append(Invite(people=waiting, asks_on_call=asks))
    if plan.topic and surface.facts.get("topic") != plan.topic:
        moves.append(SetTopic(topic=plan.topic))
    card = surface.messages.get(CARD)
    here = card is not None and card.channel_id == surface.channel_id
    if card and here and surface.facts.get("pin") != card.ts:
        moves.append(Pin(ts=card.ts))
    moves += [
        Bookmark(title=title, url=url)
        for title, url in plan.bookmarks
        if f"bookmark:{url}" not in surface.facts
    ]
    return moves
