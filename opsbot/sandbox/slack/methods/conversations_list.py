"""conversations.info, .list, .members, .history, .replies and users.conversations: the reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from opsbot.sandbox.slack import render
from opsbot.sandbox.slack.arguments import Arguments, is_ts
from opsbot.sandbox.slack.call import ApiCall, Handler
from opsbot.sandbox.slack.errors import SlackError
from opsbot.sandbox.slack.facts import LIMITS
from opsbot.sandbox.slack.model import Channel, ChannelKind, Json, Message
from opsbot.sandbox.slack.paging import limit_of, page

_TYPES: dict[str, ChannelKind] = {
    "public_channel": "public",
    "private_channel": "private",
    "im": "im",
    "mpim": "mpim",
}


def info(call: ApiCall) -> Json:
    """Return one channel; private ones only to members."""
    channel = call.channel()
    shown = render.channel(call.workspace, channel, call.user)
    if call.args.flag("include_num_members"):
        shown["num_members"] = len(channel.members)
    return {"channel": shown}


def _kinds(call: ApiCall) -> set[ChannelKind]:
    wanted = call.args.names("types") or ["public_channel"]
    if any(name not in _TYPES for name in wanted):
        raise SlackError("invalid_types")
    kinds: list[ChannelKind] = [_TYPES[name] for name in wanted]
    for kind in kinds:
        call.need_scope_for(kind)
    return set(kinds)


def _listed(call: ApiCall, channels: list[Channel]) -> Json:
    limit = limit_of(call.args, default=LIMITS["history_page_default"], most=LIMITS["list_page"])
    found, cursor = page(channels, call.args, limit=limit)
    # Slack leaves archived channels out of a page after cutting it, so a page may come up short.
    if call.args.flag("exclude_archived"):
        found = [channel for channel in found if not channel.archived]
    return {
        "channels": [render.channel(call.workspace, channel, call.user) for channel in found],
        "response_metadata": {"next_cursor": cursor},
    }


def list_all(call: ApiCall) -> Json:
    """Return the channels the bot can see."""
    kinds = _kinds(call)
    channels = call.workspace.channels.values()
    return _listed(
        call, [c for c in channels if c.kind in kinds and call.workspace.can_see(call.user, c)]
    )


def of_user(call: ApiCall) -> Json:
    """Return the channels a person is in, as far as the bot can see them."""
    kinds = _kinds(call)
    user = call.args.word("user") or call.user
    seen = (c for c in call.workspace.channels.values() if call.workspace.can_see(call.user, c))
    return _listed(call, [c for c in seen if c.kind in kinds and user in c.members])


def members(call: ApiCall) -> Json:
    """Return who is in a channel."""
    channel = call.channel()
    limit = limit_of(call.args, default=LIMITS["history_page_default"], most=LIMITS["list_page"])
    found, cursor = page(channel.members, call.args, limit=limit)
    return {"members": found, "response_metadata": {"next_cursor": cursor}}


def _within(messages: Iterable[Message], args: Arguments) -> Iterator[Message]:
    """Yield the messages between `oldest` and `latest`, those on the line only if `inclusive`."""
    oldest, latest = _bound(args, "oldest"), _bound(args, "latest")
    inclusive = args.flag("inclusive")
    for message in messages:
        at = float(message.ts)
        after = oldest is None or at > oldest or (inclusive and at == oldest)
        before = latest is None or at < latest or (inclusive and at == latest)
        if after and before:
            yield message


def _bound(args: Arguments, name: str) -> float | None:
    value = args.word(name)
    if not value or value == "now":
        return None
    try:
        return float(value)
    except ValueError:
        raise SlackError(f"invalid_ts_{name}") from None


def _limit(args: Arguments, default: int) -> int:
    limit = args.whole("limit") or default
    return max(1, min(limit, LIMITS["history_page"]))


def history(call: ApiCall) -> Json:
    """Return top-level messages, newest first; metadata only when asked for."""
    channel = call.channel()
    call.need_member(channel)
    top = [
        message
        for message in reversed(channel.messages.values())
        if (not message.is_reply or message.broadcast)
        and (not message.deleted or channel.replies(message.ts))
    ]
    inside = list(_within(top, call.args))
    limit = _limit(call.args, LIMITS["history_page_default"])
    return _messages(call, inside, limit)


def replies(call: ApiCall) -> Json:
    """Return a message and the replies below it, oldest first."""
    channel = call.channel()
    call.need_member(channel)
    ts = call.args.word("ts")
    asked = channel.messages.get(ts) if is_ts(ts) else None
    if asked is None:
        raise SlackError("thread_not_found")
    parent = channel.messages.get(asked.thread_ts or ts, asked)
    below = channel.replies(parent.ts)
    if parent.deleted and not below:
        raise SlackError("thread_not_found")
    inside = [parent, *_within(below, call.args)]
    return _messages(call, inside, _limit(call.args, LIMITS["history_page"]))


def _messages(call: ApiCall, inside: list[Message], limit: int) -> Json:
    found, cursor = page(inside, call.args, limit=limit)
    with_metadata = call.args.flag("include_all_metadata")
    answer: Json = {
        "messages": [
            render.message(call.workspace, message, with_metadata=with_metadata)
            for message in found
        ],
        "has_more": bool(cursor),
    }
    if cursor:
        answer["response_metadata"] = {"next_cursor": cursor}
    return answer


HANDLERS: dict[str, Handler] = {
    "conversations.info": info,
    "conversations.list": list_all,
    "conversations.members": members,
    "conversations.history": history,
    "conversations.replies": replies,
    "users.conversations": of_user,
}
