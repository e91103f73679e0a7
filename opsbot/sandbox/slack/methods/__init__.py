"""The Web API methods, one family a file; each handler returns the fields beside `ok`."""

from __future__ import annotations

from opsbot.sandbox.slack.call import Handler
from opsbot.sandbox.slack.methods import (
    apps,
    bookmarks,
    chat,
    conversations,
    conversations_list,
    files,
    invitations,
    people,
    pins,
    reactions,
    views,
)

HANDLERS: dict[str, Handler] = {
    **apps.HANDLERS,
    **bookmarks.HANDLERS,
    **chat.HANDLERS,
    **conversations.HANDLERS,
    **conversations_list.HANDLERS,
    **files.HANDLERS,
    **invitations.HANDLERS,
    **people.HANDLERS,
    **pins.HANDLERS,
    **reactions.HANDLERS,
    **views.HANDLERS,
}
