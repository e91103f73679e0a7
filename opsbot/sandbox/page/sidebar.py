"""The sidebar: which channels a viewer has, what is new in them, and who else there is to be."""

from __future__ import annotations

import re
from dataclasses import dataclass

from opsbot.sandbox.page.conversation import channel_name
from opsbot.sandbox.page.viewer import Viewer
from opsbot.sandbox.page.words import initials, tint
from opsbot.sandbox.slack import mentions
from opsbot.sandbox.slack.model import Channel, Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One line of the sidebar; `mentions` counts the unread messages that name the viewer."""

    id: str
    name: str
    address: str
    is_private: bool = False
    archived: bool = False
    unread: bool = False
    mentions: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Somebody:
    """A person one can be."""

    id: str
    name: str
    handle: str
    initials: str
    tint: int
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sidebar:
    """Everything in the sidebar."""

    workspace: str
    app: str
    channels: tuple[Place, ...]
    others: tuple[Place, ...]
    archived: tuple[Place, ...]
    directs: tuple[Place, ...]
    people: tuple[Somebody, ...]


class ReadMarks:
    """How far everybody has read each channel; kept while the page runs."""

    def __init__(self) -> None:
        self._read: dict[tuple[str, str], str] = {}

    def read(self, user_id: str, channel: Channel) -> None:
        """Note that somebody has seen a channel to its end."""
        self._read[user_id, channel.id] = _latest(channel)

    def unread(self, user_id: str, channel: Channel) -> list[Message]:
        """Return the posts by others that somebody has not seen; Slack's own lines do not count."""
        seen = _order(self._read.get((user_id, channel.id), ""))
        return [
            found
            for found in channel.messages.values()
            if _order(found.ts) > seen
            and found.user != user_id
            and not (found.subtype or found.deleted)
            and (not found.is_reply or found.broadcast)
        ]


def build_sidebar(viewer: Viewer, marks: ReadMarks) -> Sidebar:
    """Return the sidebar of one viewer."""
    workspace = viewer.workspace
    seen = [found for found in workspace.channels.values() if viewer.sees(found)]
    named = sorted((c for c in seen if c.kind in ("public", "private")), key=_by_name)
    mine = [found for found in named if viewer.id in found.members]
    directs = [found for found in seen if found.kind in ("im", "mpim") and found.messages]
    return Sidebar(
        workspace=workspace.name,
        app=viewer.name(workspace.bot_user_id),
        channels=tuple(_place(viewer, marks, c) for c in mine if not c.archived),
        others=tuple(_place(viewer, None, c) for c in named if c not in mine and not c.archived),
        archived=tuple(_place(viewer, None, c) for c in named if c.archived),
        directs=tuple(
            _place(viewer, marks, c) for c in directs if workspace.bot_user_id not in c.members
        ),
        people=tuple(_people(viewer)),
    )


def _by_name(channel: Channel) -> list[tuple[int, str]]:
    """Order numbers in names as numbers: inc-2 stands before inc-10."""
    parts = re.split(r"(\d+)", channel.name)
    return [(int(part) if part.isdecimal() else 0, part) for part in parts]


def _place(viewer: Viewer, marks: ReadMarks | None, channel: Channel) -> Place:
    unread = marks.unread(viewer.id, channel) if marks is not None else []
    return Place(
        id=channel.id,
        name=channel_name(viewer, channel),
        address=viewer.channel_address(channel.id),
        is_private=channel.is_private,
        archived=channel.archived,
        unread=bool(unread),
        mentions=sum(_names(found, viewer.id) for found in unread),
    )


def _names(message: Message, user_id: str) -> bool:
    said = (mention.token for mention in mentions.of_message(message))
    return any(token in (f"<@{user_id}>", f"user:{user_id}") for token in said)


def _people(viewer: Viewer) -> list[Somebody]:
    return [
        Somebody(
            id=user.id,
            name=user.real_name,
            handle=user.name,
            initials=initials(user.real_name),
            tint=tint(user.id),
            note=_note(
                user.is_admin, user.is_restricted or user.is_ultra_restricted, user.is_stranger
            ),
        )
        for user in viewer.workspace.users.values()
        if not (user.is_bot or user.deleted)
    ]


def _note(is_admin: bool, is_guest: bool, is_stranger: bool) -> str:
    if is_stranger:
        return "outside the organisation"
    return "guest" if is_guest else "admin" if is_admin else ""


def _latest(channel: Channel) -> str:
    return max(channel.messages, key=_order, default="")


def _order(ts: str) -> tuple[int, ...]:
    return tuple(map(int, ts.split("."))) if ts else (0,)
