"""What the app's settings at Slack say: where it listens, and what it takes part in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from opsbot.sandbox.slack.delivery.parcel import EnvelopeType
from opsbot.sandbox.slack.events.subscriptions import DEFAULT_SUBSCRIPTIONS
from opsbot.sandbox.slack.foreign_json import as_list, as_object
from opsbot.sandbox.slack.model import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortcut:
    """An entry of a message's menu (`message`) or of the lightning menu (`global`)."""

    callback_id: str
    name: str
    type: Literal["message", "global"] = "message"


@dataclass(slots=True, kw_only=True)
class InstalledApp:
    """The app as it is installed.

    `commands` maps each slash command to its `should_escape`. `shortcuts` None takes any callback
    id. `options_url` falls back to `interactivity_url`, as in Slack's settings.
    """

    events_url: str | None = None
    commands_url: str | None = None
    interactivity_url: str | None = None
    options_url: str | None = None
    subscribed: set[str] = field(default_factory=lambda: set(DEFAULT_SUBSCRIPTIONS))
    commands: dict[str, bool] = field(default_factory=lambda: {"/incident": True, "/inc": True})
    shortcuts: dict[str, Shortcut] | None = None

    def url_for(self, type_: EnvelopeType, kind: str = "") -> str | None:
        """Return where this kind of thing is posted to, None when nobody listens."""
        if type_ == "events_api":
            return self.events_url
        if type_ == "slash_commands":
            return self.commands_url
        if kind == "block_suggestion" and self.options_url is not None:
            return self.options_url
        return self.interactivity_url

    def follow(self, manifest: Json) -> None:
        """Take subscriptions, commands and shortcuts from an app manifest; addresses stay."""
        features = as_object(manifest.get("features")) or {}
        settings = as_object(manifest.get("settings")) or {}
        events = as_object(settings.get("event_subscriptions")) or {}
        self.subscribed = {str(name) for name in as_list(events.get("bot_events")) or []}
        commands = [as_object(row) or {} for row in as_list(features.get("slash_commands")) or []]
        self.commands = {
            str(row.get("command")): row.get("should_escape") is True for row in commands
        }
        rows = [as_object(row) or {} for row in as_list(features.get("shortcuts")) or []]
        self.shortcuts = {
            str(row.get("callback_id")): Shortcut(
                callback_id=str(row.get("callback_id")),
                name=str(row.get("name")),
                type="global" if row.get("type") == "global" else "message",
            )
            for row in rows
        }
