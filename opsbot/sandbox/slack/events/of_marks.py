"""Reactions, pins and shared files as events."""

from __future__ import annotations

from collections.abc import Iterator

from opsbot.sandbox.slack import render
from opsbot.sandbox.slack.events.happening import Happening, members
from opsbot.sandbox.slack.model import Change, Json
from opsbot.sandbox.slack.workspace import Workspace


def reaction(workspace: Workspace, change: Change) -> Iterator[Happening]:
    """Yield `reaction_added` or `reaction_removed`."""
    channel = workspace.channels[change.channel]
    event: Json = {
        "type": change.kind,
        "user": change.user,
        "reaction": change.detail["name"],
        "item": {"type": "message", "channel": channel.id, "ts": change.ts},
        "item_user": channel.messages[change.ts].user,
        "event_ts": workspace.new_ts(),
    }
    yield Happening(
        subscription=change.kind, event=event, seen_by=members(channel), author=change.user
    )


def pin(workspace: Workspace, change: Change) -> Iterator[Happening]:
    """Yield `pin_added` or `pin_removed` with the pinned message."""
    channel = workspace.channels[change.channel]
    message = channel.messages[change.ts]
    created = workspace.now()
    item: Json = {
        "type": "message",
        "created": created,
        "created_by": change.user,
        "channel": channel.id,
        "message": {
            **render.message(workspace, message, with_metadata=False),
            "permalink": render.permalink(workspace, message),
        },
    }
    event: Json = {
        "type": change.kind,
        "user": change.user,
        "channel_id": channel.id,
        "item": item,
        "item_user": message.user,
        "pin_count": len(channel.pins),
        "pinned_info": {"channel": channel.id, "pinned_by": change.user, "pinned_ts": created},
        "event_ts": workspace.new_ts(),
    }
    if change.kind == "pin_removed":
        event["has_pins"] = bool(channel.pins)
    yield Happening(
        subscription=change.kind, event=event, seen_by=members(channel), author=change.user
    )


def file_shared(workspace: Workspace, change: Change) -> Iterator[Happening]:
    """Yield `file_shared` for one file in one channel."""
    channel = workspace.channels[change.channel]
    file_id = change.detail["file"]
    event: Json = {
        "type": "file_shared",
        "file_id": file_id,
        "file": {"id": file_id},
        "user_id": change.user,
        "channel_id": channel.id,
        "event_ts": workspace.new_ts(),
    }
    yield Happening(
        subscription="file_shared", event=event, seen_by=members(channel), author=change.user
    )
