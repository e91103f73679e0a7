"""What a workspace holds: people, channels, messages, files and the changes subscribers hear of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Json = dict[str, Any]
ChannelKind = Literal["public", "private", "im", "mpim"]
Posting = Literal["open", "read_only", "thread_only", "non_threadable"]


@dataclass(slots=True, kw_only=True)
class User:
    """A member, guest, bot or stranger; `deleted` is Slack's word for deactivated.

    `team_id` is empty for our own people, another workspace's for a stranger of Slack Connect.
    """

    id: str
    name: str
    real_name: str
    email: str = ""
    tz: str = "Etc/UTC"
    deleted: bool = False
    is_bot: bool = False
    is_admin: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_stranger: bool = False
    team_id: str = ""

    @property
    def is_guest(self) -> bool:
        """Whether they only see the channels they are in."""
        return self.is_restricted or self.is_ultra_restricted or self.is_stranger


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A topic or purpose: its text, who set it, and when (Unix seconds, 0 for never)."""

    value: str = ""
    creator: str = ""
    last_set: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """What a message said before an edit."""

    text: str
    blocks: list[Json]
    attachments: list[Json]


@dataclass(slots=True, kw_only=True)
class Message:
    """A posted message; `ts` is a string and, with the channel, its identity."""

    ts: str
    channel: str
    user: str
    text: str
    blocks: list[Json] = field(default_factory=list[Json])
    attachments: list[Json] = field(default_factory=list[Json])
    thread_ts: str | None = None
    broadcast: bool = False
    metadata: Json | None = None
    subtype: str = ""
    mrkdwn: bool = True
    extra: Json = field(default_factory=dict[str, Any])
    edited_ts: str | None = None
    deleted: bool = False
    revisions: list[Revision] = field(default_factory=list[Revision])
    reactions: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    files: list[str] = field(default_factory=list[str])

    @property
    def is_reply(self) -> bool:
        """Whether it stands in a thread below another message."""
        return self.thread_ts is not None and self.thread_ts != self.ts


@dataclass(slots=True, kw_only=True)
class Ephemeral:
    """A message only one person sees, until reload; no history holds it."""

    ts: str
    channel: str
    user: str
    text: str
    blocks: list[Json] = field(default_factory=list[Json])
    thread_ts: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """A pinned message: its ts, who pinned it, and when (Unix seconds)."""

    ts: str
    user: str
    created: int


@dataclass(slots=True, kw_only=True)
class Bookmark:
    """A link in a channel's header bar; two may be alike."""

    id: str
    title: str
    link: str
    emoji: str
    user: str
    created: int
    updated: int = 0


@dataclass(slots=True, kw_only=True)
class Channel:
    """A conversation; its id survives renames, its name stays taken after archiving."""

    id: str
    name: str
    kind: ChannelKind
    creator: str
    created: int
    archived: bool = False
    is_general: bool = False
    posting: Posting = "open"
    members: list[str] = field(default_factory=list[str])
    topic: Note = field(default_factory=Note)
    purpose: Note = field(default_factory=Note)
    previous_names: list[str] = field(default_factory=list[str])
    messages: dict[str, Message] = field(default_factory=dict[str, Message])
    pins: list[Pin] = field(default_factory=list[Pin])
    bookmarks: list[Bookmark] = field(default_factory=list[Bookmark])

    @property
    def is_private(self) -> bool:
        """Whether only members can see it."""
        return self.kind != "public"

    def replies(self, ts: str) -> list[Message]:
        """Return the replies below a message that are still there, oldest first."""
        below = (m for m in self.messages.values() if m.thread_ts == ts and m.ts != ts)
        return [message for message in below if not message.deleted]


@dataclass(slots=True, kw_only=True)
class Usergroup:
    """A user group such as an on-call rota's."""

    id: str
    handle: str
    name: str
    users: list[str]


@dataclass(slots=True, kw_only=True)
class StoredFile:
    """An upload; without the completing call nobody ever sees it.

    Slack goes on working on a completed file: until `ready_at` (monotonic seconds) it has no
    mimetype and no block may show it.
    """

    id: str
    name: str
    title: str
    length: int
    user: str
    created: int
    alt_text: str = ""
    data: bytes | None = None
    completed: bool = False
    ready_at: float = 0.0
    channels: list[str] = field(default_factory=list[str])


@dataclass(slots=True, kw_only=True)
class Preferences:
    """Workspace settings an administrator can turn against us."""

    who_may_create_channels: Literal["everyone", "admins"] = "everyone"
    who_may_invite_guests: Literal["everyone", "admins"] = "admins"
    mass_mentions: Literal["everyone", "admins"] = "everyone"
    paid_plan: bool = True
    # Whether `force` with some bad ids is answered ok: Slack's page implies it, no more.
    forced_invite_is_ok: bool = True
    # How long Slack works on a completed upload; real uploads take a moment, unpublished how long.
    file_processing_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that happened to the workspace, as subscribers are told.

    `kind` is a word like `message_posted` or `topic_changed`; `at` is Unix seconds.
    """

    kind: str
    at: float
    channel: str = ""
    ts: str = ""
    user: str = ""
    detail: Json = field(default_factory=dict[str, Any])
