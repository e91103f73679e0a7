"""What people do in Slack, one value for every way of doing it: typed, by form, by button, by
mention, from a message's menu. Everything in it is a claim until it is looked up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType


class How(StrEnum):
    """By which way a person asked; the record comes out the same."""

    TYPED = "typed"
    FORM = "form"
    BUTTON = "button"
    MENTION = "mention"
    SHORTCUT = "shortcut"  # from a message's menu
    REACTION = "reaction"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who acts, as Slack's payload says: ids are looked up before they count."""

    user_id: str
    name: str = ""
    team_id: str = ""  # the caller's own workspace; another than ours for people from outside


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where it happened: the channel, and the message that was clicked or pointed at."""

    channel_id: str = ""
    channel_name: str = ""
    message_ts: str = ""
    thread_ts: str = ""
    ephemeral: bool = False  # the message was shown to the caller alone
    inside: bool = False  # looked up: opsbot is a member there
    private: bool = False  # looked up

    @property
    def is_direct(self) -> bool:
        """Whether it is a direct message (Slack's ids of those begin with D)."""
        return self.channel_id.startswith("D")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointed:
    """The message that a shortcut or a reaction points at, with its author's words.

    `text` is empty for a reaction, which carries none: it is read when it is needed.
    """

    channel_id: str
    ts: str
    author_id: str = ""
    author: str = ""  # their name, once it was looked up
    text: str = ""
    thread_ts: str = ""
    files: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """A person asks for a verb. Either `verb` is set, with `values` by parameter name (forms and
    buttons), or `line` holds words that are still to be read.

    `incident_id` is what a button or form claims; `number` or the channel tell it otherwise.
    """

    id: str  # identity of the delivery: what is appended derives its key from it
    occurred_at: datetime
    how: How
    caller: Caller
    place: Place
    verb: str = ""
    line: str = ""
    values: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    incident_id: str = ""
    pointed: Pointed | None = None
    trigger_id: str = ""  # opens one form within three seconds of the press
    response_url: str = ""  # answers the caller: five times within thirty minutes
    command: str = ""  # the slash command as typed, e.g. /inc


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeOpened:
    """Somebody looks at opsbot's Home tab."""

    id: str
    occurred_at: datetime
    caller: Caller
    page: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberJoined:
    """Somebody came into a channel."""

    id: str
    occurred_at: datetime
    caller: Caller
    channel_id: str


class ChannelTurn(StrEnum):
    """What happened to a channel."""

    ARCHIVED = "archived"
    UNARCHIVED = "unarchived"
    RENAMED = "renamed"
    DELETED = "deleted"
    MOVED = "moved"  # the id itself changed


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelChanged:
    """Somebody archived, renamed or moved a channel; `value` is the new name or the new id."""

    id: str
    occurred_at: datetime
    caller: Caller
    channel_id: str
    turn: ChannelTurn
    value: str = ""


PersonEvent = Invocation | HomeOpened | MemberJoined | ChannelChanged
