"""The Slack app's manifest asks for what the code needs, and for nothing else."""

from __future__ import annotations

import re
from typing import Any

import yaml

from opsbot.sandbox.slack.facts import ALSO_NEEDED
from opsbot.sandbox.slack.facts import METHODS as FACTS
from opsbot.slack.methods import METHODS
from tests.docs.pages import ROOT, code, fences, page, rows, section

TEXT = page("docs/slack-app.md")
(MANIFEST_TEXT,) = [fence.text for fence in fences(TEXT) if fence.language == "yaml"]
MANIFEST: dict[str, Any] = yaml.safe_load(MANIFEST_TEXT)
SCOPES = set(MANIFEST["oauth_config"]["scopes"]["bot"])

# Rooms are public or private channels: of a method's scopes, those for direct messages never help.
_FAMILIES = ("channels:", "groups:")
_KEYS: dict[str, set[str]] = {  # Slack's manifest schema, as far as this manifest goes
    "": {"_metadata", "display_information", "features", "oauth_config", "settings"},
    "_metadata": {"major_version", "minor_version"},
    "display_information": {"name", "description", "background_color", "long_description"},
    "features": {"bot_user"},
    "features.bot_user": {"display_name", "always_online"},
    "oauth_config": {"scopes"},
    "oauth_config.scopes": {"bot"},
    "settings": {
        "interactivity", "org_deploy_enabled", "socket_mode_enabled", "token_rotation_enabled",
    },
    "settings.interactivity": {"is_enabled", "request_url"},
}  # fmt: skip


def needed() -> set[str]:
    """The scopes of every method opsbot calls, for public and for private channels."""
    wanted: set[str] = set(ALSO_NEEDED.values())
    for method in METHODS:
        scopes = FACTS[method].scopes
        by_family = [s for s in scopes if s.startswith(_FAMILIES)]
        if not by_family or len(scopes) == 1:
            wanted |= set(scopes)
            continue
        # The broad scope of each kind of channel; the narrower ones are part of it.
        wanted |= {s for s in by_family if s in ("channels:manage", "groups:write")}
        wanted |= {s for s in by_family if s.endswith((":history", ":read"))}
    return wanted


def test_the_manifest_asks_for_exactly_the_scopes_the_methods_need() -> None:
    assert needed() == SCOPES


def test_every_scope_is_explained() -> None:
    table = rows(section(TEXT, "Why each permission"))
    assert {word for row in table for word in code(row[0])} == SCOPES


def test_the_manifest_has_the_shape_slack_takes() -> None:
    for path, keys in _KEYS.items():
        part = MANIFEST
        for name in path.split(".") if path else ():
            part = part[name]
        assert set(part) <= keys, path
    assert len(MANIFEST["display_information"]["name"]) <= 35
    assert len(MANIFEST["display_information"]["description"]) <= 140
    assert len(MANIFEST["features"]["bot_user"]["display_name"]) <= 80


def test_clicks_go_to_the_door_that_opsbot_opens() -> None:
    url: str = MANIFEST["settings"]["interactivity"]["request_url"]
    assert url.startswith("https://")
    source = (ROOT / "opsbot" / "app" / "slack.py").read_text("utf-8")
    assert f'"{url.removeprefix("https://opsbot.example.com")}"' in source


def test_every_button_is_explained() -> None:
    source = (ROOT / "opsbot" / "core" / "incident_card.py").read_text("utf-8")
    labels = re.findall(r"Button\(action=\"\w+\", label=\"([^\"]+)\"", source)
    assert len(labels) == source.count("Button(")
    table = {row[0].strip("*") for row in rows(section(TEXT, "What comes in"))}
    assert table == set(labels)
