"""Which event types an app may subscribe to here, and the bot scope each of them needs.

Slack's event reference names the scope on each event's page; without it the settings page does not
let one subscribe, so the event never comes.
"""

from __future__ import annotations

from collections.abc import Mapping

DEFAULT_SUBSCRIPTIONS: frozenset[str] = frozenset(
    """app_mention message.channels message.groups message.im reaction_added reaction_removed
    app_home_opened member_joined_channel channel_archive channel_unarchive channel_rename
    channel_deleted channel_id_changed group_archive group_unarchive group_rename pin_added
    tokens_revoked app_uninstalled""".split()  # noqa: SIM905 - a list of quoted words is harder to compare
)

# Event type -> the scopes of which any one suffices; none for the app's own life.
SCOPES: Mapping[str, tuple[str, ...]] = {
    "app_home_opened": (),
    "app_mention": ("app_mentions:read",),
    "app_uninstalled": (),
    "channel_archive": ("channels:read",),
    "channel_created": ("channels:read",),
    "channel_deleted": ("channels:read",),
    "channel_id_changed": ("channels:read", "groups:read", "mpim:read", "im:read"),
    "channel_left": ("channels:read",),
    "channel_rename": ("channels:read",),
    "channel_unarchive": ("channels:read",),
    "file_shared": ("files:read",),
    "group_archive": ("groups:read",),
    "group_deleted": ("groups:read",),
    "group_left": ("groups:read",),
    "group_rename": ("groups:read",),
    "group_unarchive": ("groups:read",),
    "member_joined_channel": ("channels:read", "groups:read"),
    "member_left_channel": ("channels:read", "groups:read"),
    "message.channels": ("channels:history",),
    "message.groups": ("groups:history",),
    "message.im": ("im:history",),
    "message.mpim": ("mpim:history",),
    "pin_added": ("pins:read",),
    "pin_removed": ("pins:read",),
    "reaction_added": ("reactions:read",),
    "reaction_removed": ("reactions:read",),
    "tokens_revoked": (),
}
