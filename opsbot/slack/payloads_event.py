"""What happens in Slack and is told by the Events API: mentions, pins, people coming in, channels
that change. Everything else is nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from opsbot.core.invocation import (
    Caller,
    ChannelChanged,
    ChannelTurn,
    HomeOpened,
    How,
    Invocation,
    MemberJoined,
    PersonEvent,
    Place,
    Pointed,
)
from opsbot.core.text import inert
from opsbot.slack.foreign_json import as_object, text_at
from opsbot.slack.payloads_claims import (
    NOBODY,
    Ourselves,
    are_ids,
    moment,
    our_users,
    words,
    workspace_of,
)

# Messages that a person wrote just now. Others are edits, joins, topics, bots.
_WRITTEN = (None, "file_share", "thread_broadcast")
_SLACKBOT = "USLACKBOT"
_MENTION = re.compile(r"<@([A-Z0-9]{1,30})(?:\|[^<>]{0,200})?>")
_ADDRESS = re.compile(rf"[ \t]*{_MENTION.pattern}[ \t]*")  # with the blanks that it stands between

_TURNS = {
    f"{sort}_{word}": turn
    for sort in ("channel", "group")
    for word, turn in (
        ("archive", ChannelTurn.ARCHIVED),
        ("unarchive", ChannelTurn.UNARCHIVED),
        ("rename", ChannelTurn.RENAMED),
        ("deleted", ChannelTurn.DELETED),
        ("id_changed", ChannelTurn.MOVED),
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """One event with its envelope; `own` are our user ids."""

    payload: Mapping[str, Any]
    event: Mapping[str, Any]
    own: frozenset[str]
    ourselves: Ourselves
    received_at: datetime

    @property
    def type(self) -> str:
        return text_at(self.event, "type")

    @property
    def id(self) -> str:
        event_id = text_at(self.payload, "event_id")
        return f"event:{event_id}" if event_id else ""

    @property
    def at(self) -> datetime:
        when = text_at(self.event, "event_ts", "ts") or self.payload.get("event_time")
        return moment(when, self.received_at)

    @property
    def channel(self) -> str:
        channel = self.event.get("channel")
        return channel if isinstance(channel, str) else text_at(as_object(channel), "id")

    def caller(self, *keys: str) -> Caller:
        """Who acted; `keys` are the fields that may hold their id."""
        claimed = text_at(self.event, "user_team", "team") or text_at(self.payload, "team_id")
        user = text_at(self.event, *keys) if keys else ""
        return Caller(user_id=user, team_id=workspace_of(claimed, self.payload))


def event_in(
    payload: Mapping[str, Any], received_at: datetime, ourselves: Ourselves = NOBODY
) -> PersonEvent | None:
    """Read an `event_callback`; None for whatever nobody asked opsbot by.

    What opsbot itself did is nothing, and so is what another bot says. Source: Slack page "Events
    API", and the page of each event.
    """
    if payload.get("type") != "event_callback":
        return None
    told = _Told(
        payload=payload,
        event=as_object(payload.get("event")),
        own=our_users(payload, ourselves),
        ourselves=ourselves,
        received_at=received_at,
    )
    read = _READERS.get(told.type)
    if read is None or told.caller("user", "actor_id").user_id in told.own:
        return None
    return read(told)


def _mention(told: _Told) -> Invocation | None:
    event = told.event
    ts, channel, thread = text_at(event, "ts"), told.channel, text_at(event, "thread_ts")
    caller = told.caller("user")
    named = (channel, ts, caller.user_id)
    if not _is_said_by_a_person(event) or not all(named):
        return None
    if not are_ids(*named, thread, caller.team_id) or not _is_meant(told):
        return None
    return Invocation(
        id=f"mention:{channel}:{ts}",
        occurred_at=moment(ts, told.received_at),
        how=How.MENTION,
        caller=caller,
        place=Place(channel_id=channel, message_ts=ts, thread_ts=thread),
        line=_without_our_name(text_at(event, "text"), told.own),
    )


def _is_said_by_a_person(event: Mapping[str, Any]) -> bool:
    """Whether somebody wrote this just now: no bot, no edit, nothing that only looks like it."""
    if (event.get("subtype") or None) not in _WRITTEN or event.get("user") == _SLACKBOT:
        return False
    return not any(event.get(mark) for mark in ("bot_id", "bot_profile", "edited", "hidden"))


def _is_meant(told: _Told) -> bool:
    """Whether a text is for us: a mention, anything in a direct message, or our name in it."""
    if told.type == "app_mention" or told.event.get("channel_type") == "im":
        return True
    found = _MENTION.findall(text_at(told.event, "text"))
    return any(user in told.own for user in found)


def _without_our_name(text: str, own: frozenset[str]) -> str:
    """The words around our mention, themselves untouched; whose it is when we do not know our own
    id: the first."""
    text = words(text).strip()
    if own:
        text = _ADDRESS.sub(lambda found: " " if found[1] in own else found[0], text)
    elif first := _MENTION.match(text):
        text = text[first.end() :]
    return text.strip()


def _reaction(told: _Told) -> Invocation | None:
    item = as_object(told.event.get("item"))
    emoji = text_at(told.event, "reaction").partition("::")[0]  # without a skin tone
    channel, ts = text_at(item, "channel"), text_at(item, "ts")
    caller, author = told.caller("user"), text_at(told.event, "item_user")
    if emoji not in told.ourselves.emoji or item.get("type") != "message":
        return None
    if not all((channel, ts, caller.user_id)):
        return None
    if not are_ids(channel, ts, caller.user_id, caller.team_id, author):
        return None
    return Invocation(
        id=f"reaction:{channel}:{ts}",
        occurred_at=told.at,
        how=How.REACTION,
        caller=caller,
        place=Place(channel_id=channel, message_ts=ts),
        verb="note",
        pointed=Pointed(channel_id=channel, ts=ts, author_id=author),
    )


def _home(told: _Told) -> HomeOpened | None:
    caller = told.caller("user")
    if told.event.get("tab") != "home" or not _whole(told, caller):
        return None
    return HomeOpened(id=told.id, occurred_at=told.at, caller=caller)


def _joined(told: _Told) -> MemberJoined | None:
    caller = told.caller("user")
    if not told.channel or not _whole(told, caller):
        return None
    return MemberJoined(id=told.id, occurred_at=told.at, caller=caller, channel_id=told.channel)


def _changed(told: _Told) -> ChannelChanged | None:
    turn = _TURNS[told.type]
    caller = told.caller("user", "actor_id")  # a rename names nobody
    channel, value = told.channel, ""
    if turn is ChannelTurn.RENAMED:
        value = inert(text_at(as_object(told.event.get("channel")), "name"), 80)
    elif turn is ChannelTurn.MOVED:
        channel = text_at(told.event, "old_channel_id")
        value = text_at(told.event, "new_channel_id")
    needs_value = turn in (ChannelTurn.RENAMED, ChannelTurn.MOVED)
    if not told.id or not channel or (needs_value and not value):
        return None
    if not are_ids(told.id, channel, value, caller.user_id, caller.team_id):
        return None
    return ChannelChanged(
        id=told.id, occurred_at=told.at, caller=caller, channel_id=channel, turn=turn, value=value
    )


def _whole(told: _Told, caller: Caller) -> bool:
    named = bool(told.id and caller.user_id)
    return named and are_ids(told.id, told.channel, caller.user_id, caller.team_id)


_READERS: dict[str, Callable[[_Told], PersonEvent | None]] = {
    "app_mention": _mention,
    "message": _mention,
    "reaction_added": _reaction,
    "app_home_opened": _home,
    "member_joined_channel": _joined,
    **dict.fromkeys(_TURNS, _changed),
}
EVENT_TYPES = frozenset(_READERS)
