"""The app's own life as events: its Home opened, its token revoked, itself uninstalled."""

from __future__ import annotations

from collections.abc import Iterator

from opsbot.sandbox.slack.events.happening import Happening
from opsbot.sandbox.slack.model import Change, Json
from opsbot.sandbox.slack.workspace import Workspace


def home_opened(workspace: Workspace, change: Change) -> Iterator[Happening]:
    """Yield `app_home_opened`, with the view on the Home tab when one was published."""
    event: Json = {
        "type": "app_home_opened",
        "user": change.user,
        "channel": change.channel,
        "tab": change.detail["tab"],
        "event_ts": workspace.new_ts(),
    }
    if change.detail["view"] is not None:
        event["view"] = change.detail["view"]
    yield Happening(subscription="app_home_opened", event=event)


def uninstalled(workspace: Workspace, change: Change) -> Iterator[Happening]:
    """Yield `tokens_revoked`, then `app_uninstalled`; the token is dead by then."""
    revoked: Json = {
        "type": "tokens_revoked",
        "tokens": {"oauth": [], "bot": [workspace.bot_user_id]},
    }
    yield Happening(subscription="tokens_revoked", event=revoked)
    yield Happening(subscription="app_uninstalled", event={"type": "app_uninstalled"})
