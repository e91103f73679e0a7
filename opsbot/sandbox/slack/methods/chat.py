"""chat.*: posting, editing, deleting, whispering and linking to messages."""

from __future__ import annotations

from opsbot.sandbox.slack import render
from opsbot.sandbox.slack.call import ApiCall, Handler
from opsbot.sandbox.slack.errors import SlackError
from opsbot.sandbox.slack.facts import LIMITS
from opsbot.sandbox.slack.methods.message_content import read_content
from opsbot.sandbox.slack.model import Channel, Json, Message


def _destination(call: ApiCall) -> Channel:
    """Find where to post: a channel by id or name, or the direct message with a user id."""
    wanted = call.args.word("channel")
    workspace = call.workspace
    if wanted in workspace.users:
        return workspace.open_direct(call.user, [wanted])
    channel = workspace.channels.get(wanted) or workspace.channel_named(wanted.removeprefix("#"))
    if channel is None or not workspace.can_see(call.user, channel):
        raise SlackError("channel_not_found")
    return channel


def _need_posting(call: ApiCall, channel: Channel, *, in_thread: bool) -> None:
    if channel.archived:
        raise SlackError("is_archived")
    if call.user not in channel.members and "chat:write.public" not in call.scopes:
        raise SlackError("not_in_channel")
    if channel.posting == "read_only":
        raise SlackError("restricted_action_read_only_channel")
    if channel.posting == "thread_only" and not in_thread:
        raise SlackError("restricted_action_thread_only_channel")
    if channel.posting == "non_threadable" and in_thread:
        raise SlackError("restricted_action_non_threadable_channel")


def _parent(call: ApiCall, channel: Channel) -> str | None:
    """Return the thread to post in.

    A ts that names no message is taken by Slack without complaint and the reply is never seen
    (python-slack-sdk issue 840); `Workspace.orphan_replies` tells. A reply cannot be a parent.
    """
    thread_ts = call.args.text("thread_ts")
    if not thread_ts:
        return None
    parent = channel.messages.get(thread_ts)
    if parent is not None and (parent.is_reply or parent.subtype):
        raise SlackError("cannot_reply_to_message")
    return thread_ts


def post_message(call: ApiCall) -> Json:
    """Post a message; text beyond 40,000 characters is cut."""
    channel = _destination(call)
    thread_ts = _parent(call, channel)
    _need_posting(call, channel, in_thread=thread_ts is not None)
    content = read_content(call)
    if content.empty:
        raise SlackError("no_text")
    call.tiers.admit_post(channel.id)
    message = call.workspace.post(
        channel,
        user=call.user,
        text=content.fallback()[: LIMITS["text_cut"]],
        blocks=content.blocks,
        attachments=content.attachments,
        thread_ts=thread_ts,
        broadcast=call.args.flag("reply_broadcast") and thread_ts is not None,
        metadata=content.metadata or None,
        mrkdwn=call.args.flag("mrkdwn", default=True),
    )
    shown = render.message(call.workspace, message)
    return {"channel": channel.id, "ts": message.ts, "message": shown}


def _own_message(call: ApiCall, refusal: str) -> Message:
    channel = call.channel()
    message = call.message(channel, call.args.word("ts"), malformed="message_not_found")
    if message.user != call.user or message.subtype:
        raise SlackError(refusal)
    return message


def update(call: ApiCall) -> Json:
    """Edit one of the bot's own messages.

    Text without blocks takes the blocks away; attachments and metadata stay unless sent, and go
    when sent empty (chat.update page).
    """
    message = _own_message(call, "cant_update_message")
    channel = call.workspace.channels[message.channel]
    if channel.archived:
        raise SlackError("is_inactive")
    content = read_content(call)
    if len(content.text or "") > LIMITS["text_update"]:
        raise SlackError("msg_too_long")
    attachments = message.attachments if content.attachments is None else content.attachments
    if content.empty and not attachments:
        raise SlackError("no_text")
    metadata = message.metadata if content.metadata is None else content.metadata or None
    call.workspace.edit(
        message,
        text=content.fallback(),
        blocks=content.blocks or [],
        attachments=attachments,
        metadata=metadata,
    )
    shown = render.message(call.workspace, message)
    return {"channel": channel.id, "ts": message.ts, "text": message.text, "message": shown}


def delete(call: ApiCall) -> Json:
    """Delete one of the bot's own messages."""
    message = _own_message(call, "cant_delete_message")
    call.workspace.delete(message)
    return {"channel": message.channel, "ts": message.ts}


def post_ephemeral(call: ApiCall) -> Json:
    """Show a message to one member of a channel the bot is in."""
    channel = _destination(call)
    if channel.archived:
        raise SlackError("is_archived")
    call.need_member(channel)
    user = call.args.word("user")
    if user not in channel.members:
        raise SlackError("user_not_in_channel")
    content = read_content(call)
    if content.empty:
        raise SlackError("no_text")
    shown = call.workspace.post_ephemeral(
        channel,
        to=user,
        text=content.fallback()[: LIMITS["text_cut"]],
        blocks=content.blocks or [],
        thread_ts=call.args.text("thread_ts"),
    )
    return {"message_ts": shown.ts}


def get_permalink(call: ApiCall) -> Json:
    """Return the address of a message."""
    channel = call.channel()
    ts = call.args.word("message_ts")
    message = call.message(channel, ts, malformed="message_not_found")
    return {"channel": channel.id, "permalink": render.permalink(call.workspace, message)}


HANDLERS: dict[str, Handler] = {
    "chat.postMessage": post_message,
    "chat.update": update,
    "chat.delete": delete,
    "chat.postEphemeral": post_ephemeral,
    "chat.getPermalink": get_permalink,
}
