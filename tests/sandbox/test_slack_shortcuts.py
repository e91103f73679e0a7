"""Shortcuts in the sandbox Slack, and an app set up from its manifest."""

from __future__ import annotations

import pytest

from opsbot.sandbox.slack.cannot import CannotAct
from opsbot.sandbox.slack.installed_app import InstalledApp, Shortcut
from tests.sandbox.slack_app import App, failing
from tests.sandbox.slack_forms import modal
from tests.sandbox.slack_world import SlackWorld

MANIFEST = {
    "features": {
        "slash_commands": [
            {"command": "/ops", "description": "x", "should_escape": True},
            {"command": "/plain", "description": "x"},
        ],
        "shortcuts": [{"name": "Add to timeline", "type": "message", "callback_id": "note"}],
    },
    "settings": {"event_subscriptions": {"bot_events": ["app_mention"]}},
}


async def test_a_message_shortcut_carries_the_message(slack: SlackWorld, app: App) -> None:
    room = slack.room()
    ada = slack.person("ada", room)
    ts = await slack.posted(room, "disk full")
    await slack.sandbox.people.shortcut(ada, "note", room.id, ts)
    (payload,) = app.payloads
    assert (payload["type"], payload["callback_id"]) == ("message_action", "note")
    assert (payload["message"]["text"], payload["message_ts"]) == ("disk full", ts)
    assert payload["channel"] == {"id": room.id, "name": "inc-1"}
    await slack.client.views_open(trigger_id=payload["trigger_id"], view=modal())
    async with slack.session.post(payload["response_url"], json={"text": "noted"}) as response:
        assert response.status == 200
    assert [shown.text for shown in slack.workspace.ephemerals] == ["noted"]


async def test_a_global_shortcut_has_no_place(slack: SlackWorld, app: App) -> None:
    ada = slack.person("ada")
    await slack.sandbox.people.shortcut(ada, "declare")
    (payload,) = app.payloads
    assert (payload["type"], payload["callback_id"]) == ("shortcut", "declare")
    assert {"channel", "message", "response_url"}.isdisjoint(payload)
    assert payload["action_ts"]


async def test_a_shortcut_needs_a_message_one_can_see(slack: SlackWorld, app: App) -> None:
    room = slack.room(is_private=True)
    ada, bob = slack.person("ada", room), slack.person("bob")
    ts = await slack.posted(room)
    shortcut = slack.sandbox.people.shortcut
    with pytest.raises(CannotAct, match="sees no channel"):
        await shortcut(bob, "note", room.id, ts)
    with pytest.raises(CannotAct, match="no message"):
        await shortcut(ada, "note", room.id, "1.000001")
    with pytest.raises(CannotAct, match="both the channel and the ts"):
        await shortcut(ada, "note", room.id)
    slack.sandbox.app.shortcuts = {
        "declare": Shortcut(callback_id="declare", name="x", type="global")
    }
    with pytest.raises(CannotAct, match="no message shortcut 'note'"):
        await shortcut(ada, "note", room.id, ts)
    assert app.payloads == []


async def test_a_shortcut_that_fails_is_told(slack: SlackWorld, app: App) -> None:
    ada = slack.person("ada")
    app.answer = failing(404)
    answer = await slack.sandbox.people.shortcut(ada, "declare")
    assert slack.sandbox.people.notices[ada][0].text == answer.told != ""


def test_an_app_follows_its_manifest() -> None:
    """Commands with their escaping, shortcuts and subscriptions, and nothing else."""
    settings = InstalledApp(events_url="http://127.0.0.1:1/events")
    settings.follow(MANIFEST)
    assert settings.commands == {"/ops": True, "/plain": False}
    assert settings.shortcuts == {"note": Shortcut(callback_id="note", name="Add to timeline")}
    assert settings.subscribed == {"app_mention"}
    assert settings.events_url == "http://127.0.0.1:1/events"
    settings.follow({})
    assert (settings.commands, settings.shortcuts, settings.subscribed) == ({}, {}, set())
