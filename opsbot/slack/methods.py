"""The Web API methods opsbot calls: how often, in which wire format, and whether they only read.

Source: the rate limit tier and the argument formats on each method's page. The floors are per
minute and workspace; `users.conversations` is listed as tier 3 by its page and tier 2 by Slack's
Java client, so it counts as 2. Posting has no tier: about one message a second per channel and
several hundred a minute per workspace (page "Rate limits"); 250 is our reading of the latter.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One method; `per_minute` is the tier's floor."""

    per_minute: int
    reads: bool = False
    takes_json: bool = False  # the others take a form: their arguments stay out of the URL
    posts: bool = False  # counts against the channel's own limit


_TIER_2, _TIER_3, _TIER_4 = 20, 50, 100

METHODS: dict[str, Method] = {
    "auth.test": Method(per_minute=600, reads=True),
    "bookmarks.add": Method(per_minute=_TIER_2),
    "bookmarks.list": Method(per_minute=_TIER_3, reads=True),
    "chat.getPermalink": Method(per_minute=600, reads=True),
    "chat.postEphemeral": Method(per_minute=_TIER_4, takes_json=True),
    "chat.postMessage": Method(per_minute=250, takes_json=True, posts=True),
    "chat.update": Method(per_minute=_TIER_3, takes_json=True),
    "conversations.archive": Method(per_minute=_TIER_2),
    "conversations.create": Method(per_minute=_TIER_2),
    "conversations.history": Method(per_minute=_TIER_3, reads=True),
    "conversations.info": Method(per_minute=_TIER_3, reads=True),
    "conversations.invite": Method(per_minute=_TIER_3),
    "conversations.join": Method(per_minute=_TIER_3),
    "conversations.replies": Method(per_minute=_TIER_3, reads=True),
    "conversations.setTopic": Method(per_minute=_TIER_2),
    "conversations.unarchive": Method(per_minute=_TIER_2),
    "files.completeUploadExternal": Method(per_minute=_TIER_4),
    "files.getUploadURLExternal": Method(per_minute=_TIER_4),
    "pins.add": Method(per_minute=_TIER_2),
    "reactions.add": Method(per_minute=_TIER_3),
    "usergroups.users.list": Method(per_minute=_TIER_2, reads=True),
    "users.conversations": Method(per_minute=_TIER_2, reads=True),
    "users.info": Method(per_minute=_TIER_4, reads=True),
    "users.lookupByEmail": Method(per_minute=_TIER_3, reads=True),
    "views.open": Method(per_minute=_TIER_4, takes_json=True),
    "views.publish": Method(per_minute=_TIER_4, takes_json=True),
}

_UNLISTED = Method(per_minute=_TIER_2)


def method_named(name: str) -> Method:
    """The method's row; one that is not listed counts as a rare write."""
    return METHODS.get(name, _UNLISTED)
