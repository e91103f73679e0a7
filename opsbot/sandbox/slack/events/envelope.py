"""The outer object every event comes in (Slack page "Events API", the outer payload)."""

from __future__ import annotations

from opsbot.sandbox.slack.delivery.parcel import Parcel
from opsbot.sandbox.slack.events.happening import Happening
from opsbot.sandbox.slack.model import Json
from opsbot.sandbox.slack.workspace import Workspace

VERIFICATION_TOKEN = "sandbox-verification-token"
"""Slack's deprecated `token` field; trust nothing because of it."""


def enveloped(workspace: Workspace, happening: Happening) -> Parcel:
    """Put an event into its envelope, with an id no other event has.

    What a person of another workspace does in a shared channel carries that workspace's `team_id`;
    ours then stands in `context_team_id` and `authorizations` (Slack page "Slack Connect").
    """
    author = workspace.users.get(happening.author)
    team = (author.team_id if author is not None else "") or workspace.team_id
    now = workspace.now()
    event_id = f"Ev{now:X}{workspace.new_id('')[-6:]}"
    channel = _channel_of(happening.event)
    payload: Json = {
        "token": VERIFICATION_TOKEN,
        "team_id": team,
        "context_team_id": workspace.team_id,
        "context_enterprise_id": None,
        "api_app_id": workspace.app_id,
        "event": happening.event,
        "type": "event_callback",
        "event_id": event_id,
        "event_time": now,
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": workspace.team_id,
                "user_id": workspace.bot_user_id,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": team != workspace.team_id,
        "event_context": f"4-{event_id}-{channel}" if channel else f"4-{event_id}",
    }
    return Parcel(
        type="events_api", kind=str(happening.event["type"]), id=event_id, payload=payload
    )


def _channel_of(event: Json) -> str:
    for name in ("channel", "channel_id", "new_channel_id"):
        if isinstance(event.get(name), str):
            return str(event[name])
    return ""
