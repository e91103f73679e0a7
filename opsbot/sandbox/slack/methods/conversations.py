"""conversations.*: creating, naming, topics, archiving, joining and direct messages."""

from __future__ import annotations

import re

from opsbot.sandbox.slack import render
from opsbot.sandbox.slack.call import ApiCall, Handler
from opsbot.sandbox.slack.errors import SlackError
from opsbot.sandbox.slack.facts import LIMITS
from opsbot.sandbox.slack.model import Channel, ChannelKind, Json

_ALLOWED = re.compile(r"[a-z0-9_-]+")


def check_name(name: str) -> None:
    """Raise one of the `invalid_name_*` errors for a name no channel may have."""
    if not name:
        raise SlackError("invalid_name_required")
    if len(name) > LIMITS["channel_name"]:
        raise SlackError("invalid_name_maxlength")
    if not _ALLOWED.fullmatch(name):
        raise SlackError("invalid_name_specials")
    if not re.search(r"[a-z0-9]", name):
        raise SlackError("invalid_name_punctuation")


def _answer(call: ApiCall, channel: Channel) -> Json:
    return {"channel": render.channel(call.workspace, channel, call.user)}


def create(call: ApiCall) -> Json:
    """Create a channel; archived channels and ones the bot cannot see still hold their names."""
    kind: ChannelKind = "private" if call.args.flag("is_private") else "public"
    call.need_scope_for(kind)
    name = call.args.word("name")
    check_name(name)
    if call.workspace.preferences.who_may_create_channels == "admins":
        raise SlackError("restricted_action")
    if call.workspace.channel_named(name):
        raise SlackError("name_taken")
    return _answer(call, call.workspace.create_channel(name, kind=kind, creator=call.user))


def rename(call: ApiCall) -> Json:
    """Rename a channel; only its creator may (bots are never admins)."""
    channel = call.real_channel()
    name = call.args.word("name")
    if channel.archived:
        raise SlackError("is_archived")
    call.need_member(channel)
    if channel.creator != call.user:
        raise SlackError("not_authorized")
    check_name(name)
    if name != channel.name:
        if call.workspace.channel_named(name):
            raise SlackError("name_taken")
        call.workspace.rename(channel, name, call.user)
    return _answer(call, channel)


def _noted(call: ApiCall, argument: str) -> tuple[Channel, str]:
    channel = call.channel()
    if channel.kind == "im":
        raise SlackError("method_not_supported_for_channel_type")
    if channel.archived:
        raise SlackError("is_archived")
    call.need_member(channel)
    value = call.args.word(argument)
    if len(value) > LIMITS["topic"]:
        raise SlackError("too_long")
    return channel, value


def set_topic(call: ApiCall) -> Json:
    """Set the topic of a channel the bot is in, up to 250 characters."""
    channel, value = _noted(call, "topic")
    call.workspace.set_topic(channel, value, call.user)
    return {**_answer(call, channel), "topic": value}


def set_purpose(call: ApiCall) -> Json:
    """Set the purpose of a channel the bot is in, up to 250 characters."""
    channel, value = _noted(call, "purpose")
    call.workspace.set_purpose(channel, value, call.user)
    return {**_answer(call, channel), "purpose": value}


def archive(call: ApiCall) -> Json:
    """Archive a channel the bot is in."""
    channel = call.real_channel()
    if channel.archived:
        raise SlackError("already_archived")
    if channel.is_general:
        raise SlackError("cant_archive_general")
    call.need_member(channel)
    call.workspace.archive(channel, call.user)
    return {}


def unarchive(call: ApiCall) -> Json:
    """Bring an archived channel back."""
    channel = call.real_channel()
    if not channel.archived:
        raise SlackError("not_archived")
    call.workspace.unarchive(channel, call.user)
    return {}


def join(call: ApiCall) -> Json:
    """Join a public channel; joining again is answered ok with a warning."""
    channel = call.channel()
    if channel.kind != "public":
        raise SlackError("method_not_supported_for_channel_type")
    if channel.archived:
        raise SlackError("is_archived")
    if call.user in channel.members:
        warned = {"warnings": ["already_in_channel"]}
        return {
            **_answer(call, channel),
            "warning": "already_in_channel",
            "response_metadata": warned,
        }
    call.workspace.join(channel, call.user)
    return _answer(call, channel)


def open_direct(call: ApiCall) -> Json:
    """Open a direct message with one person, or with up to eight."""
    if "channel" in call.args:
        channel = call.channel()
        if channel.kind not in ("im", "mpim"):
            raise SlackError("method_not_supported_for_channel_type")
        return {"channel": {"id": channel.id}}
    users = call.args.names("users")
    if not users:
        raise SlackError("users_list_not_supplied")
    if len(users) > LIMITS["mpim_users"]:
        raise SlackError("too_many_users")
    if any(call.person(user).deleted for user in users):
        raise SlackError("user_disabled")
    call.need_scope_for("im" if len(users) == 1 else "mpim")
    channel = call.workspace.open_direct(call.user, users)
    if call.args.flag("return_im"):
        return _answer(call, channel)
    return {"channel": {"id": channel.id}}


HANDLERS: dict[str, Handler] = {
    "conversations.create": create,
    "conversations.rename": rename,
    "conversations.setTopic": set_topic,
    "conversations.setPurpose": set_purpose,
    "conversations.archive": archive,
    "conversations.unarchive": unarchive,
    "conversations.join": join,
    "conversations.open": open_direct,
}
