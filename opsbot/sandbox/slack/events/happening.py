"""An event before it is put into an envelope."""

from __future__ import annotations

from dataclasses import dataclass

from opsbot.sandbox.slack.model import Channel, Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One event as the app may hear it.

    `subscription` is the name in the app's settings (`message.channels`), `event` the inner object.
    `seen_by` lists who must include the bot for it to be told, None when membership does not
    matter. `author` is the person it comes from, for Slack Connect's foreign workspaces.
    """

    subscription: str
    event: Json
    seen_by: tuple[str, ...] | None = None
    author: str = ""


def members(channel: Channel) -> tuple[str, ...]:
    """Return who is in a channel, as `seen_by` wants it."""
    return tuple(channel.members)


CHANNEL_TYPE = {"public": "channel", "private": "group", "im": "im", "mpim": "mpim"}
MESSAGE_SUBSCRIPTION = {
    "public": "message.channels",
    "private": "message.groups",
    "im": "message.im",
    "mpim": "message.mpim",
}
