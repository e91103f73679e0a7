"""bookmarks.*: links in a channel's header bar; the same link twice makes two bookmarks."""

from __future__ import annotations

import re

from opsbot.sandbox.slack import render
from opsbot.sandbox.slack.call import ApiCall, Handler
from opsbot.sandbox.slack.errors import SlackError, invalid_arguments
from opsbot.sandbox.slack.facts import LIMITS
from opsbot.sandbox.slack.model import Bookmark, Channel, Json

_EMOJI = re.compile(r":[a-z0-9_+'-]+(?:::skin-tone-[2-6])?:")


def _channel(call: ApiCall) -> Channel:
    channel = call.channel("channel_id")
    if channel.archived or call.user not in channel.members:
        raise SlackError("permission_denied")
    return channel


def _checked(link: str, emoji: str) -> None:
    if not re.match(r"https?://\S", link):
        raise SlackError("invalid_link")
    if emoji and not _EMOJI.fullmatch(emoji):
        raise SlackError("invalid_emoji")


def _bookmark(call: ApiCall, channel: Channel) -> Bookmark:
    wanted = call.args.word("bookmark_id")
    for bookmark in channel.bookmarks:
        if bookmark.id == wanted:
            return bookmark
    raise SlackError("not_found")


def add(call: ApiCall) -> Json:
    """Add a bookmark of type link."""
    channel = _channel(call)
    args = call.args
    if args.word("type") != "link":
        raise SlackError("invalid_bookmark_type")
    if not args.word("title"):
        raise invalid_arguments("missing required field: title")
    _checked(args.word("link"), args.word("emoji"))
    if len(channel.bookmarks) >= LIMITS["bookmarks"]:
        raise SlackError("too_many_bookmarks")
    bookmark = call.workspace.add_bookmark(
        channel,
        title=args.word("title"),
        link=args.word("link"),
        emoji=args.word("emoji"),
        user=call.user,
    )
    return {"bookmark": render.bookmark(call.workspace, channel.id, bookmark)}


def edit(call: ApiCall) -> Json:
    """Change a bookmark; what is not sent stays."""
    channel = _channel(call)
    bookmark = _bookmark(call, channel)
    link = call.args.text("link") or bookmark.link
    emoji = bookmark.emoji if call.args.text("emoji") is None else call.args.word("emoji")
    _checked(link, emoji)
    call.workspace.edit_bookmark(
        channel,
        bookmark,
        title=call.args.text("title") or bookmark.title,
        link=link,
        emoji=emoji,
        user=call.user,
    )
    return {"bookmark": render.bookmark(call.workspace, channel.id, bookmark)}


def list_all(call: ApiCall) -> Json:
    """Return a channel's bookmarks in order."""
    channel = call.channel("channel_id")
    shown = [render.bookmark(call.workspace, channel.id, b) for b in channel.bookmarks]
    return {"bookmarks": shown}


def remove(call: ApiCall) -> Json:
    """Remove a bookmark."""
    channel = _channel(call)
    call.workspace.remove_bookmark(channel, _bookmark(call, channel), call.user)
    return {}


HANDLERS: dict[str, Handler] = {
    "bookmarks.add": add,
    "bookmarks.edit": edit,
    "bookmarks.list": list_all,
    "bookmarks.remove": remove,
}
