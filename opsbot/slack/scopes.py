"""The bot scopes opsbot needs today, and what for; docs/slack-app.md shows them as a manifest.

A test holds this table against the methods opsbot calls.
"""

from __future__ import annotations

NEEDED_SCOPES: dict[str, str] = {
    "bookmarks:read": "see whether the link to the page stands already",
    "bookmarks:write": "link the room to the page that opened it",
    "channels:history": "find our own message again when Slack did not answer",
    "channels:join": "enter the digest and ops channels when nobody invited the bot",
    "channels:manage": "create rooms, set topics, invite responders, archive",
    "channels:read": "find our own room again when Slack did not answer",
    "chat:write": "post and edit cards",
    "groups:history": "as channels:history, in private rooms",
    "groups:read": "as channels:read, in private rooms",
    "groups:write": "as channels:manage, for private rooms",
    "pins:write": "pin the card",
    "users:read": "with users:read.email",
    "users:read.email": "find responders by the address the pager knows",
}
