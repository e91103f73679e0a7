"""pins.*: pinning messages to a channel the bot is in."""

from __future__ import annotations

from opsbot.sandbox.slack import render
from opsbot.sandbox.slack.call import ApiCall, Handler
from opsbot.sandbox.slack.errors import SlackError
from opsbot.sandbox.slack.facts import LIMITS
from opsbot.sandbox.slack.model import Channel, Json, Message


def _item(call: ApiCall) -> tuple[Channel, Message]:
    channel = call.channel()
    ts = call.args.word("timestamp")
    if not ts:
        raise SlackError("no_item_specified")
    return channel, call.message(channel, ts, malformed="bad_timestamp")


def add(call: ApiCall) -> Json:
    """Pin a message."""
    channel, message = _item(call)
    call.need_member(channel)
    if channel.archived:
        raise SlackError("restricted_action")
    if any(pin.ts == message.ts for pin in channel.pins):
        raise SlackError("already_pinned")
    if message.subtype:
        raise SlackError("not_pinnable")
    if len(channel.pins) >= LIMITS["pins"]:
        raise SlackError("too_many_pins")
    call.workspace.pin(channel, message.ts, call.user)
    return {}


def remove(call: ApiCall) -> Json:
    """Unpin a message."""
    channel, message = _item(call)
    if not any(pin.ts == message.ts for pin in channel.pins):
        raise SlackError("no_pin")
    call.workspace.unpin(channel, message.ts, call.user)
    return {}


def list_all(call: ApiCall) -> Json:
    """Return what is pinned, newest first."""
    channel = call.channel()
    call.need_member(channel)
    items = [
        {
            "type": "message",
            "channel": channel.id,
            "created": pin.created,
            "created_by": pin.user,
            "message": {
                **render.message(call.workspace, channel.messages[pin.ts], with_metadata=False),
                "permalink": render.permalink(call.workspace, channel.messages[pin.ts]),
                "pinned_to": [channel.id],
            },
        }
        for pin in reversed(channel.pins)
    ]
    return {"items": items}


HANDLERS: dict[str, Handler] = {"pins.add": add, "pins.remove": remove, "pins.list": list_all}
