"""Messages as events: posted, mentioning the app, changed, deleted (Slack page "message event")."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from opsbot.sandbox.slack import render
from opsbot.sandbox.slack.events.happening import (
    CHANNEL_TYPE,
    MESSAGE_SUBSCRIPTION,
    Happening,
    members,
)
from opsbot.sandbox.slack.model import Change, Channel, Json, Message
from opsbot.sandbox.slack.workspace import Workspace


def posted(workspace: Workspace, change: Change) -> Iterator[Happening]:
    """Yield `message`, and `app_mention` when a person names the bot outside a direct message."""
    channel = workspace.channels[change.channel]
    message = channel.messages[change.ts]
    event = _posted_event(workspace, channel, message)
    yield _happening(channel, event, author=message.user)
    if _mentions_app(workspace, channel, message):
        mention = {name: value for name, value in event.items() if name != "channel_type"}
        yield Happening(
            subscription="app_mention",
            event={**mention, "type": "app_mention"},
            seen_by=members(channel),
            author=message.user,
        )


def changed(workspace: Workspace, change: Change) -> Iterator[Happening]:
    """Yield `message_changed` with the message as it is and as it was."""
    channel = workspace.channels[change.channel]
    message = channel.messages[change.ts]
    if not message.revisions:
        return
    was = message.revisions[-1]
    previous = replace(
        message, text=was.text, blocks=was.blocks, attachments=was.attachments, edited_ts=None
    )
    yield _changed(workspace, channel, message, previous)


def deleted(workspace: Workspace, change: Change) -> Iterator[Happening]:
    """Yield `message_deleted`; a parent with replies is changed into a tombstone instead."""
    channel = workspace.channels[change.channel]
    message = channel.messages[change.ts]
    previous = replace(message, deleted=False)
    if channel.replies(message.ts):
        yield _changed(workspace, channel, message, previous)
        return
    event: Json = {
        "type": "message",
        "subtype": "message_deleted",
        "previous_message": render.message(workspace, previous),
        "hidden": True,
        "deleted_ts": message.ts,
        **_place(workspace, channel),
    }
    yield _happening(channel, event, author=message.user)


def _changed(
    workspace: Workspace, channel: Channel, message: Message, previous: Message
) -> Happening:
    event: Json = {
        "type": "message",
        "subtype": "message_changed",
        "message": render.message(workspace, message),
        "previous_message": render.message(workspace, previous),
        "hidden": True,
        **_place(workspace, channel),
    }
    return _happening(channel, event, author=message.user)


def _place(workspace: Workspace, channel: Channel) -> Json:
    ts = workspace.new_ts()
    kind = CHANNEL_TYPE[channel.kind]
    return {"channel": channel.id, "channel_type": kind, "ts": ts, "event_ts": ts}


def _happening(channel: Channel, event: Json, *, author: str) -> Happening:
    return Happening(
        subscription=MESSAGE_SUBSCRIPTION[channel.kind],
        event=event,
        seen_by=members(channel),
        author=author,
    )


def _posted_event(workspace: Workspace, channel: Channel, message: Message) -> Json:
    event = {
        **render.message(workspace, message),
        "channel": channel.id,
        "channel_type": CHANNEL_TYPE[channel.kind],
        "event_ts": message.ts,
    }
    if "bot_id" in event:
        event["bot_profile"] = _bot_profile(workspace)
    if message.broadcast:
        parent = channel.messages.get(message.thread_ts or "")
        event["subtype"] = "thread_broadcast"
        event["root"] = None if parent is None else render.message(workspace, parent)
    elif message.files and not message.subtype:
        event["subtype"] = "file_share"
        event["upload"] = False
    return event


def _bot_profile(workspace: Workspace) -> Json:
    bot = workspace.users[workspace.bot_user_id]
    return {
        "id": workspace.bot_id,
        "deleted": False,
        "name": bot.name,
        "updated": 0,
        "app_id": workspace.app_id,
        "icons": {},
        "team_id": workspace.team_id,
    }


def _mentions_app(workspace: Workspace, channel: Channel, message: Message) -> bool:
    by_itself = message.user == workspace.bot_user_id
    if by_itself or message.subtype or channel.kind == "im":
        return False
    return (
        f"<@{workspace.bot_user_id}>" in message.text
        or f"<@{workspace.bot_user_id}|" in message.text
    )
