"""The manifest: taken by Slack's own schema, complete, and with a reason for everything."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from opsbot.slack.manifest import NotPublic, as_json, as_yaml, manifest, public_address
from opsbot.slack.scopes import EVENTS, SCOPES

SCHEMA: dict[str, Any] = json.loads(
    (Path(__file__).parent / "samples" / "manifest.schema.2.0.0.json").read_text("utf-8")
)
VALIDATOR: Any = jsonschema.Draft7Validator(SCHEMA)
HOST = "https://opsbot.example.com"


@pytest.mark.parametrize("url", ["", HOST])
@pytest.mark.parametrize("commands", [("/incident", "/inc"), ("/ops-incident",), ()])
def test_slack_would_take_it(url: str, commands: tuple[str, ...]) -> None:
    VALIDATOR.validate(manifest(commands=commands, url=url))


def test_the_schema_refuses_what_slack_refuses() -> None:
    """Or the test above would prove nothing."""
    broken = manifest()
    broken["features"]["slash_commands"][0]["command"] = "incident"
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(broken)


@pytest.mark.parametrize("url", ["", HOST])
def test_yaml_and_json_say_the_same(url: str) -> None:
    made = manifest(url=url)
    assert yaml.safe_load(as_yaml(made)) == made
    assert json.loads(as_json(made)) == made


def test_by_socket_mode_no_address_is_named() -> None:
    made = manifest()
    assert made["settings"]["socket_mode_enabled"] is True
    assert "http" not in as_json(made)


def test_by_http_every_door_has_its_address() -> None:
    made = manifest(url=f"{HOST}/")
    settings = made["settings"]
    assert settings["socket_mode_enabled"] is False
    assert settings["event_subscriptions"]["request_url"] == f"{HOST}/slack/events"
    assert settings["interactivity"]["request_url"] == f"{HOST}/slack/interactions"
    assert {command["url"] for command in made["features"]["slash_commands"]} == {
        f"{HOST}/slack/commands"
    }


def test_every_command_is_there_and_escapes_people_and_channels() -> None:
    commands = manifest(commands=("/ops", "/o"))["features"]["slash_commands"]
    assert [command["command"] for command in commands] == ["/ops", "/o"]
    assert all(command["should_escape"] for command in commands)
    assert commands[1]["description"] == "The same as /ops"


def test_every_scope_and_event_stands_with_its_reason() -> None:
    lines = as_yaml(manifest()).splitlines()
    for name, scope in SCOPES.items():
        quoted = f'"{name}"' if ":" in name else name  # Slack's reader wants colons in quotes
        assert f"    - {quoted}  # {scope.why}" in lines
    for name, event in EVENTS.items():
        assert f"    - {name}  # {event.why}" in lines


def test_every_event_has_the_scope_that_slack_asks_for_it() -> None:
    assert {event.scope for event in EVENTS.values()} - {""} <= SCOPES.keys()


def test_an_optional_scope_is_a_bot_scope_too() -> None:
    """Slack refuses a manifest whose optional scopes do not stand in both lists."""
    scopes = manifest()["oauth_config"]["scopes"]
    assert scopes["bot"] == sorted(scopes["bot"])
    assert scopes["bot_optional"] == ["usergroups:read"]
    assert set(scopes["bot_optional"]) < set(scopes["bot"])


@pytest.mark.parametrize(
    "url",
    [
        "http://opsbot.example.com",
        "opsbot.example.com",
        "https://",
        "https://user:pw@opsbot.example.com",
        "https://opsbot.example.com?x=1",
        "https://opsbot.example.com:port",
        "https://[::1",
    ],
)
def test_an_address_that_slack_cannot_call_is_refused_with_an_example(url: str) -> None:
    with pytest.raises(NotPublic, match=r"https://opsbot\.example\.com"):
        manifest(url=url)


@given(st.sampled_from(["", "https://", "https://host/"]), st.text(max_size=40))
def test_whatever_is_written_as_an_address_is_one_or_refused(start: str, rest: str) -> None:
    try:
        address = public_address(start + rest)
    except NotPublic:
        return
    assert address.lower().startswith("https://")
    assert address.isprintable()
    assert not address.endswith("/")
