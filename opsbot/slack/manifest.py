"""The Slack app's manifest, made from what opsbot uses; Slack makes the app from it.

Shape: Slack page "App manifest reference" and its JSON Schema 2.0.0. Every optional scope has to
stand among the bot scopes too, and an empty list of slash commands is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import yaml

from opsbot.slack.scopes import EVENTS, SCOPES

COMMANDS = ("/incident", "/inc")
DECLARE_FROM_MESSAGE = "declare_from_message"
ADD_TO_TIMELINE = "add_to_timeline"
EVENTS_PATH, COMMANDS_PATH = "/slack/events", "/slack/commands"
INTERACTIONS_PATH = "/slack/interactions"

_HINT = "[declare | status | note | severity | lead | resolve | help]"
_LISTED = re.compile(r"^(?P<lead>\s*- )(?P<item>\S+)$")


class NotPublic(ValueError):
    """An address that Slack cannot be told to call; the message says what it has to be."""


def manifest(*, commands: Sequence[str] = COMMANDS, url: str = "") -> dict[str, Any]:
    """The manifest as Slack takes it, in JSON or YAML.

    With `url`, opsbot's public https address, Slack calls its HTTP doors; without one it waits
    for opsbot to connect by Socket Mode. Raises NotPublic when `url` is no https address.
    """
    base = public_address(url) if url else ""
    features: dict[str, Any] = {
        "app_home": {
            "home_tab_enabled": True,
            "messages_tab_enabled": True,
            "messages_tab_read_only_enabled": False,
        },
        "bot_user": {"display_name": "opsbot", "always_online": True},
        "shortcuts": _shortcuts(),
    }
    if commands:
        features["slash_commands"] = [_command(name, commands[0], base) for name in commands]
    return {
        "_metadata": {"major_version": 2, "minor_version": 1},
        "display_information": {
            "name": "opsbot",
            "description": "Incident response: pages become rooms, with evidence",
            "background_color": "#1f2933",
        },
        "features": features,
        "oauth_config": {"scopes": _scopes()},
        "settings": _settings(base),
    }


def public_address(url: str) -> str:
    """The address without a slash at its end. Raises NotPublic unless Slack could call it."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    plain = url.isascii() and url.isprintable() and " " not in url
    odd = parts.query or parts.fragment or parts.username or not plain
    if parts.scheme != "https" or not host or odd:
        raise NotPublic(
            "Slack calls https addresses only: write it like https://opsbot.example.com, without "
            "anything behind the host but a path"
        )
    return url.rstrip("/")


def _scopes() -> dict[str, Any]:
    optional = [name for name, scope in SCOPES.items() if scope.optional]
    return {"bot": list(SCOPES), **({"bot_optional": optional} if optional else {})}


def _shortcuts() -> list[dict[str, str]]:
    return [
        {
            "name": "Declare an incident",
            "type": "message",
            "callback_id": DECLARE_FROM_MESSAGE,
            "description": "Open an incident that begins with this message",
        },
        {
            "name": "Add to timeline",
            "type": "message",
            "callback_id": ADD_TO_TIMELINE,
            "description": "Put this message on the incident's timeline",
        },
    ]


def _command(name: str, first: str, base: str) -> dict[str, Any]:
    same = f"The same as {first}"
    return {
        "command": name,
        **({"url": base + COMMANDS_PATH} if base else {}),
        "description": "Declare an incident, or work on one" if name == first else same,
        "usage_hint": _HINT,
        "should_escape": True,  # people and channels come as ids, so nothing has to be looked up
    }


def _settings(base: str) -> dict[str, Any]:
    events: dict[str, Any] = {"bot_events": list(EVENTS)}
    interactivity: dict[str, Any] = {"is_enabled": True}
    if base:
        door = base + INTERACTIONS_PATH
        events = {"request_url": base + EVENTS_PATH, **events}
        interactivity |= {"request_url": door, "message_menu_options_url": door}
    return {
        "event_subscriptions": events,
        "interactivity": interactivity,
        "org_deploy_enabled": False,
        "socket_mode_enabled": not base,
        "token_rotation_enabled": False,
    }


def as_json(document: Mapping[str, Any]) -> str:
    """The manifest as JSON, which has no room for reasons."""
    return json.dumps(document, indent=2) + "\n"


def as_yaml(document: Mapping[str, Any]) -> str:
    """The manifest as YAML, with the reason of each scope and event behind it.

    Scopes stand in quotes: Slack's own YAML reader stumbles over a bare colon.
    """
    text = yaml.safe_dump(dict(document), sort_keys=False, width=100)
    return "\n".join(_explained(text.splitlines())) + "\n"


def _explained(lines: Sequence[str]) -> Iterator[str]:
    reasons = {**{name: s.why for name, s in SCOPES.items()}, **_event_reasons()}
    for line in lines:
        item = _LISTED.match(line)
        if item is None or item["item"] not in reasons:
            yield line
            continue
        name = item["item"]
        written = f'{item["lead"]}"{name}"' if ":" in name else line
        yield f"{written}  # {reasons[name]}"


def _event_reasons() -> dict[str, str]:
    return {name: event.why for name, event in EVENTS.items()}
