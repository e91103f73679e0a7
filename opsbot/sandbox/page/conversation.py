"""A channel as a viewer reads it: its header, its messages in order, and an open thread."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta

from opsbot.sandbox.page import date_format
from opsbot.sandbox.page.message import Author, MessageDrawing, MessageView
from opsbot.sandbox.page.viewer import Viewer
from opsbot.sandbox.page.words import Words
from opsbot.sandbox.slack.model import Bookmark, Channel

SHOWN = 100  # messages of a channel on the page before one asks for earlier ones
_TOGETHER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinned:
    """A pinned message in the header's list."""

    address: str
    author: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelView:
    """The channel's header and messages; `earlier` counts those not shown."""

    id: str
    name: str
    kind: str
    topic: str
    archived: bool
    is_member: bool
    is_general: bool
    members: tuple[Author, ...]
    pins: tuple[Pinned, ...]
    bookmarks: tuple[Bookmark, ...]
    messages: tuple[MessageView, ...]
    earlier: int
    may_post: bool

    @property
    def title(self) -> str:
        """What the channel is called in a sentence."""
        return self.name if self.kind in ("im", "mpim") else f"#{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadView:
    """A thread: the message it stands below, and its replies."""

    ts: str
    parent: MessageView
    replies: tuple[MessageView, ...]


class Conversation:
    """Draws one channel for one viewer."""

    def __init__(self, words: Words, channel: Channel) -> None:
        self._words, self._channel = words, channel
        self._viewer: Viewer = words.viewer
        self._drawing = MessageDrawing(words, channel)

    def view(self, *, shown: int = SHOWN) -> ChannelView:
        """Return the channel with its latest messages."""
        channel, viewer = self._channel, self._viewer
        top = [found for found in channel.messages.values() if self._stands(found.ts)]
        mine = [one for one in viewer.ephemerals(channel.id) if one.thread_ts is None]
        drawn = [self._drawing.message(found) for found in top[max(0, len(top) - shown) :]]
        drawn += [self._drawing.ephemeral(one) for one in mine]
        return ChannelView(
            id=channel.id,
            name=channel_name(viewer, channel),
            kind=channel.kind,
            topic=channel.topic.value,
            archived=channel.archived,
            is_member=viewer.id in channel.members,
            is_general=channel.is_general,
            members=tuple(self._drawing.author(user) for user in channel.members),
            pins=tuple(self._pins()),
            bookmarks=tuple(channel.bookmarks),
            messages=_grouped(viewer, drawn),
            earlier=max(0, len(top) - shown),
            may_post=viewer.id in channel.members and not channel.archived,
        )

    def thread(self, ts: str) -> ThreadView | None:
        """Return a thread, None when its first message never was."""
        parent = self._channel.messages.get(ts)
        if parent is None or parent.is_reply:
            return None
        replies = [self._drawing.message(found) for found in self._channel.replies(ts)]
        mine = [one for one in self._viewer.ephemerals(self._channel.id) if one.thread_ts == ts]
        replies += [self._drawing.ephemeral(one) for one in mine]
        return ThreadView(
            ts=ts,
            parent=self._drawing.message(parent),
            replies=_grouped(self._viewer, replies, days=False),
        )

    def _stands(self, ts: str) -> bool:
        found = self._channel.messages[ts]
        if found.is_reply and not found.broadcast:
            return False
        return not found.deleted or bool(self._channel.replies(ts))

    def _pins(self) -> Iterable[Pinned]:
        for pin in reversed(self._channel.pins):
            found = self._channel.messages.get(pin.ts)
            if found is not None and not found.deleted:
                said = self._words.mrkdwn(found.text).striptags()
                yield Pinned(
                    address=self._viewer.message_address(found),
                    author=self._viewer.name(found.user),
                    words=said[:120] or "a file",
                )


def channel_name(viewer: Viewer, channel: Channel) -> str:
    """Return a channel's name; a direct message is called after the others in it."""
    if channel.kind not in ("im", "mpim"):
        return channel.name
    others = [member for member in channel.members if member != viewer.id] or [viewer.id]
    return ", ".join(viewer.name(member) for member in others)


def _grouped(
    viewer: Viewer, messages: list[MessageView], *, days: bool = True
) -> tuple[MessageView, ...]:
    """Put messages in order, a divider before each day, and name an author once in a while."""
    now = viewer.moment(viewer.now)
    drawn: list[MessageView] = []
    for found in sorted(messages, key=lambda one: tuple(map(int, one.ts.split(".")))):
        last = drawn[-1] if drawn else None
        new_day = days and (last is None or last.at.date() != found.at.date())
        follows = last is not None and not new_day and _follows(last, found)
        first = date_format.day(found.at, now) if new_day else ""
        drawn.append(replace(found, first_of_day=first, follows=follows))
    return tuple(drawn)


def _follows(last: MessageView, found: MessageView) -> bool:
    alike = (last.author.id, last.is_system, last.is_gone) == (
        found.author.id, found.is_system, found.is_gone
    )  # fmt: skip
    quiet = not (found.only_you or last.only_you or found.pinned_by or found.broadcast)
    return alike and quiet and not found.is_system and found.at - last.at < _TOGETHER
