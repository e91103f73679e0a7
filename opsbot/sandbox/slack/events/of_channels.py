"""Channels as events: made, renamed, archived, deleted, moved, joined and left.

Changes of a public channel are told without membership; a private channel's are called `group_*`
and told to members only (Slack pages of each event).
"""

from __future__ import annotations

from collections.abc import Iterator

from opsbot.sandbox.slack import render
from opsbot.sandbox.slack.events.happening import CHANNEL_TYPE, Happening, members
from opsbot.sandbox.slack.model import Change, Channel, Json
from opsbot.sandbox.slack.workspace import Workspace


def created(workspace: Workspace, change: Change) -> Iterator[Happening]:
    """Yield `channel_created` for public channels; there is no such event for private ones."""
    channel = workspace.channels[change.channel]
    if channel.kind != "public":
        return
    event: Json = {
        "type": "channel_created",
        "channel": render.channel(workspace, channel, workspace.bot_user_id),
        "event_ts": workspace.new_ts(),
    }
    yield Happening(subscription="channel_created", event=event)


def renamed(workspace: Workspace, change: Change) -> Iterator[Happening]:
    """Yield `channel_rename` or `group_rename` with the new name."""
    channel = workspace.channels[change.channel]
    shown: Json = {
        "id": channel.id,
        "is_channel": channel.kind == "public",
        "is_mpim": False,
        "name": channel.name,
        "name_normalized": channel.name,
        "created": channel.created,
    }
    yield _about(workspace, channel, "rename", members(channel), {"channel": shown})


def archived(workspace: Workspace, change: Change) -> Iterator[Happening]:
    """Yield `channel_archive` or `group_archive`, to those who were in it."""
    channel = workspace.channels[change.channel]
    fields: Json = {"channel": channel.id, "user": change.user, "is_moved": 0}
    yield _about(workspace, channel, "archive", tuple(change.detail["members"]), fields)


def unarchived(workspace: Workspace, change: Change) -> Iterator[Happening]:
    """Yield `channel_unarchive` or `group_unarchive`."""
    channel = workspace.channels[change.channel]
    fields: Json = {"channel": channel.id, "user": change.user}
    yield _about(workspace, channel, "unarchive", members(channel), fields)


def deleted(workspace: Workspace, change: Change) -> Iterator[Happening]:
    """Yield `channel_deleted` or `group_deleted`; the channel itself is gone by now."""
    private = change.detail["is_private"]
    name = "group_deleted" if private else "channel_deleted"
    event: Json = {
        "type": name,
        "channel": change.channel,
        "actor_id": change.user,
        "event_ts": workspace.new_ts(),
    }
    seen_by = tuple(change.detail["members"]) if private else None
    yield Happening(subscription=name, event=event, seen_by=seen_by)


def moved(workspace: Workspace, change: Change) -> Iterator[Happening]:
    """Yield `channel_id_changed`, as an enterprise's move of a channel does."""
    channel = workspace.channels[change.channel]
    event: Json = {
        "type": "channel_id_changed",
        "old_channel_id": change.detail["old"],
        "new_channel_id": channel.id,
        "event_ts": workspace.new_ts(),
    }
    yield Happening(
        subscription="channel_id_changed",
        event=event,
        seen_by=members(channel) if channel.is_private else None,
    )


def joined(workspace: Workspace, change: Change) -> Iterator[Happening]:
    """Yield `member_joined_channel`, the bot's own joining too."""
    channel = workspace.channels[change.channel]
    event = _membership(workspace, change, channel)
    if change.detail.get("inviter"):
        event["inviter"] = change.detail["inviter"]
    yield Happening(
        subscription="member_joined_channel",
        event=event,
        seen_by=members(channel),
        author=change.user,
    )


def left(workspace: Workspace, change: Change) -> Iterator[Happening]:
    """Yield `member_left_channel`; the bot's own leaving is `channel_left` or `group_left`."""
    channel = workspace.channels[change.channel]
    if change.user == workspace.bot_user_id:
        name = "group_left" if channel.is_private else "channel_left"
        event: Json = {
            "type": name,
            "channel": channel.id,
            "actor_id": change.detail.get("actor", change.user),
            "event_ts": workspace.new_ts(),
        }
        yield Happening(subscription=name, event=event)
        return
    yield Happening(
        subscription="member_left_channel",
        event=_membership(workspace, change, channel),
        seen_by=members(channel),
        author=change.user,
    )


def _membership(workspace: Workspace, change: Change, channel: Channel) -> Json:
    joined_or_left = "joined" if change.kind == "member_joined" else "left"
    return {
        "type": f"member_{joined_or_left}_channel",
        "user": change.user,
        "channel": channel.id,
        # Slack shortens it here, unlike in messages: C, G.
        "channel_type": "C" if CHANNEL_TYPE[channel.kind] == "channel" else "G",
        "team": workspace.team_id,
        "event_ts": workspace.new_ts(),
    }


def _about(
    workspace: Workspace, channel: Channel, verb: str, present: tuple[str, ...], fields: Json
) -> Happening:
    name = f"{'group' if channel.is_private else 'channel'}_{verb}"
    event: Json = {"type": name, **fields, "event_ts": workspace.new_ts()}
    seen_by = present if channel.is_private else None
    return Happening(subscription=name, event=event, seen_by=seen_by)
