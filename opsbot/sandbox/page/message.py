"""One message as a viewer reads it: who, when, what, what stands below it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from markupsafe import Markup, escape

from opsbot.sandbox.page import date_format, emoji
from opsbot.sandbox.page.viewer import Viewer, message_anchor
from opsbot.sandbox.page.words import Words, initials, picture_type, tint
from opsbot.sandbox.slack.model import Channel, Ephemeral, Json, Message, StoredFile
from opsbot.sandbox.slack.visible_text import TOMBSTONE

_PREVIEW = 2_000  # characters of a text file that are shown below a message
_FACES = 4  # avatars beside a thread's summary


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who wrote it."""

    id: str
    name: str
    initials: str
    tint: int
    is_app: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """An emoji below a message; `mine` when the viewer gave it too."""

    name: str
    shown: str
    count: int
    who: str
    mine: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """What a message says of the thread below it."""

    count: int
    latest: str
    address: str
    faces: tuple[Author, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """An upload below a message: a picture, or a file with the beginning of its text."""

    title: str
    alt: str
    name: str
    size: str
    address: str
    is_picture: bool
    preview: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageView:
    """A message with everything a template needs; `text` stands when there are no blocks."""

    ts: str
    anchor: str
    channel: str
    thread: str
    author: Author
    at: datetime
    time: str
    full_time: str
    address: str
    text: Markup = field(default_factory=Markup)
    blocks: tuple[Json, ...] = ()
    attachments: tuple[Json, ...] = ()
    files: tuple[Attached, ...] = ()
    reactions: tuple[Reaction, ...] = ()
    replies: Thread | None = None
    is_system: bool = False
    is_mine: bool = False
    is_gone: bool = False
    only_you: bool = False
    edited: bool = False
    pinned_by: str = ""
    broadcast: bool = False
    first_of_day: str = ""
    follows: bool = False


class MessageDrawing:
    """Turns messages of one channel into what a viewer reads."""

    def __init__(self, words: Words, channel: Channel) -> None:
        self._words, self._channel = words, channel
        self._viewer: Viewer = words.viewer

    def message(self, found: Message) -> MessageView:
        """Return a message of the channel."""
        moment = self._viewer.moment(float(found.ts))
        system = bool(found.subtype) and found.subtype != "bot_message"
        gone = found.deleted
        return MessageView(
            ts=found.ts,
            anchor=message_anchor(found),
            channel=found.channel,
            thread=found.thread_ts or "",
            author=self.author("USLACKBOT" if gone else found.user),
            at=moment,
            time=f"{moment:%H:%M}",
            full_time=date_format.full(moment),
            address=self._viewer.message_address(found),
            text=self._text(found),
            blocks=() if gone else tuple(found.blocks),
            attachments=() if gone else tuple(found.attachments),
            files=() if gone else tuple(self._files(found)),
            reactions=() if gone else tuple(self._reactions(found)),
            replies=None if found.is_reply else self._thread(found),
            is_system=system,
            is_mine=found.user == self._viewer.id and not system,
            is_gone=gone,
            edited=found.edited_ts is not None,
            pinned_by=self._pinned_by(found),
            broadcast=found.broadcast,
        )

    def ephemeral(self, shown: Ephemeral) -> MessageView:
        """Return a message that only the viewer sees."""
        moment = self._viewer.moment(float(shown.ts))
        return MessageView(
            ts=shown.ts,
            anchor=message_anchor(shown),
            channel=shown.channel,
            thread=shown.thread_ts or "",
            author=self.author(self._viewer.workspace.bot_user_id),
            at=moment,
            time=f"{moment:%H:%M}",
            full_time=date_format.full(moment),
            address="",
            text=self._words.mrkdwn(shown.text),
            blocks=tuple(shown.blocks),
            only_you=True,
        )

    def author(self, user_id: str) -> Author:
        """Return a person or app as an author."""
        user = self._viewer.person(user_id)
        name = self._viewer.name(user_id)
        full = user.real_name if user is not None else name
        return Author(
            id=user_id,
            name=full,
            initials=initials(full),
            tint=tint(user_id),
            is_app=user is not None and user.is_bot,
        )

    def _text(self, found: Message) -> Markup:
        if found.deleted:
            return escape(TOMBSTONE)
        said = _system_sentence(found, self._channel)
        if said:
            return escape(said)
        if not found.mrkdwn:
            return self._words.plain(found.text)
        return self._words.mrkdwn(found.text)

    def _pinned_by(self, found: Message) -> str:
        pins = (pin for pin in self._channel.pins if pin.ts == found.ts)
        pin = next(pins, None)
        return self._viewer.name(pin.user) if pin is not None else ""

    def _reactions(self, found: Message) -> list[Reaction]:
        return [
            Reaction(
                name=name,
                shown=emoji.character(name) or f":{name}:",
                count=len(users),
                who=", ".join(self._viewer.name(user) for user in users),
                mine=self._viewer.id in users,
            )
            for name, users in found.reactions.items()
        ]

    def _thread(self, found: Message) -> Thread | None:
        replies = self._channel.replies(found.ts)
        if not replies:
            return None
        latest, now = self._viewer.moment(float(replies[-1].ts)), self._viewer.now
        authors = dict.fromkeys(reply.user for reply in replies)
        return Thread(
            count=len(replies),
            latest=date_format.ago(latest, self._viewer.moment(now)),
            address=self._viewer.channel_address(found.channel, thread=found.ts),
            faces=tuple(self.author(user) for user in islice(authors, _FACES)),
        )

    def _files(self, found: Message) -> list[Attached]:
        stored = (self._viewer.workspace.files.get(file_id) for file_id in found.files)
        return [self._file(one) for one in stored if one is not None]

    def _file(self, stored: StoredFile) -> Attached:
        picture = picture_type(stored) is not None
        return Attached(
            title=stored.title or stored.name,
            alt=stored.alt_text or stored.title or stored.name,
            name=stored.name,
            size=_size(len(stored.data or b"")),
            address=self._words.file_address(stored),
            is_picture=picture,
            preview="" if picture else _preview(stored),
        )


def _system_sentence(found: Message, channel: Channel) -> str:
    """Return Slack's own line; a topic is never read as markup."""
    extra = found.extra
    old, new = extra.get("old_name", ""), extra.get("name", "")
    said = {
        "channel_join": f"joined #{channel.name}.",
        "channel_leave": f"left #{channel.name}.",
        "channel_topic": f"set the channel topic: {extra.get('topic', '')}",
        "channel_purpose": f"set the channel description: {extra.get('purpose', '')}",
        "channel_name": f"renamed the channel from “{old}” to “{new}”.",
        "channel_archive": f"archived #{channel.name}.",
        "channel_unarchive": f"un-archived #{channel.name}.",
    }
    return said.get(found.subtype, "")


def _size(length: int) -> str:
    return f"{length / 1024:.0f} kB" if length >= 1024 else f"{length} bytes"


def _preview(stored: StoredFile) -> str:
    try:
        return (stored.data or b"")[: _PREVIEW * 4].decode("utf-8")[:_PREVIEW]
    except UnicodeDecodeError as cut:
        # A cut within the last character is no sign of a binary file.
        good = (stored.data or b"")[: cut.start]
        return good.decode("utf-8")[:_PREVIEW] if cut.start > _PREVIEW else ""
