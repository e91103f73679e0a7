"""The channels that opsbot is in, to find the digest and the ops channel among them."""

from __future__ import annotations

from collections.abc import Mapping

from opsbot.app.doctor import Means
from opsbot.core.text import inert
from opsbot.ports import Refused, Unsure
from opsbot.slack.foreign_json import text_at
from opsbot.slack.paging import pages
from opsbot.slack.turns import Priority

# The first of these that opsbot is in is proposed.
_USUAL = {
    "digest": ("incidents", "incident", "alerts", "oncall", "on-call"),
    "ops": ("opsbot-ops", "opsbot", "ops", "platform", "sre"),
}


async def channels_we_are_in(means: Means) -> dict[str, str]:
    """Name and id of every channel in use that opsbot is in; nothing when Slack does not say."""
    found: dict[str, str] = {}
    if means.gateway is None:
        return found
    asked = {
        "types": "public_channel,private_channel",
        "exclude_archived": True,
        "limit": 999,
    }
    listing = pages(
        means.gateway, "users.conversations", asked, "channels", priority=Priority.PERSON
    )
    async for page in listing:
        if isinstance(page, Refused | Unsure):
            break
        found |= {inert(text_at(one, "name"), 80): text_at(one, "id") for one in page}
    return {name: channel_id for name, channel_id in found.items() if name and channel_id}


def pick(use: str, known: Mapping[str, str]) -> str:
    """The likely channel for this use; "" when none of the usual names is there."""
    return next((name for name in _USUAL[use] if name in known), "")
