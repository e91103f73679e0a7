"""reactions.*: emoji on messages, one of each per person."""

from __future__ import annotations

import re

from opsbot.sandbox.slack import render
from opsbot.sandbox.slack.call import ApiCall, Handler
from opsbot.sandbox.slack.errors import SlackError
from opsbot.sandbox.slack.model import Channel, Json, Message

_NAME = re.compile(r"[a-z0-9_+'-]+(?:::skin-tone-[2-6])?")


def _item(call: ApiCall) -> tuple[Channel, Message]:
    if "channel" not in call.args or "timestamp" not in call.args:
        raise SlackError("no_item_specified")
    channel = call.channel()
    return channel, call.message(channel, call.args.word("timestamp"), malformed="bad_timestamp")


def _name(call: ApiCall) -> str:
    name = call.args.word("name").strip(":")
    if not _NAME.fullmatch(name):
        raise SlackError("invalid_name")
    return name


def add(call: ApiCall) -> Json:
    """React to a message in a channel the bot is in."""
    channel, message = _item(call)
    name = _name(call)
    if channel.archived:
        raise SlackError("is_archived")
    call.need_member(channel)
    if call.user in message.reactions.get(name, []):
        raise SlackError("already_reacted")
    call.workspace.react(message, name, call.user)
    return {}


def remove(call: ApiCall) -> Json:
    """Take the bot's own reaction away."""
    _, message = _item(call)
    name = _name(call)
    if call.user not in message.reactions.get(name, []):
        raise SlackError("no_reaction")
    call.workspace.unreact(message, name, call.user)
    return {}


def get(call: ApiCall) -> Json:
    """Return the reactions to a message."""
    channel, message = _item(call)
    shown = render.message(call.workspace, message, with_metadata=False)
    shown["permalink"] = render.permalink(call.workspace, message)
    return {"type": "message", "channel": channel.id, "message": shown}


HANDLERS: dict[str, Handler] = {
    "reactions.add": add,
    "reactions.remove": remove,
    "reactions.get": get,
}
