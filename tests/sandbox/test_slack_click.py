"""People pressing buttons in the sandbox Slack, and the app answering by response_url."""

from __future__ import annotations

from typing import Any

import pytest

from opsbot.sandbox.slack.cannot import CannotAct
from tests.sandbox.slack_app import App
from tests.sandbox.slack_world import SlackWorld

Json = dict[str, Any]


def card(*labels: str) -> list[Json]:
    buttons = [
        {
            "type": "button",
            "action_id": label,
            "value": f"v-{label}",
            "text": {"type": "plain_text", "text": label},
        }
        for label in labels
    ]
    return [{"type": "actions", "block_id": "row", "elements": buttons}]


async def test_a_click_is_a_signed_block_actions_request(slack: SlackWorld, app: App) -> None:
    """Signature, payload fields and the action are what Slack's page says."""
    room, ada = slack.room(), slack.workspace.add_user("ada")
    ts = await slack.posted(room, blocks=card("ack", "more"))
    assert await slack.sandbox.click(ada.id, room.id, ts, "more") == 200
    (payload,) = app.payloads
    assert payload["type"] == "block_actions"
    assert (payload["user"]["id"], payload["channel"]["id"]) == (ada.id, room.id)
    assert (payload["container"]["message_ts"], payload["message"]["ts"]) == (ts, ts)
    (action,) = payload["actions"]
    assert (action["action_id"], action["block_id"], action["value"], action["type"]) == (
        "more",
        "row",
        "v-more",
        "button",
    )
    assert action["action_ts"] > ts


async def test_a_click_carries_a_trigger_that_opens_a_view(slack: SlackWorld, app: App) -> None:
    room, ada = slack.room(), slack.workspace.add_user("ada")
    ts = await slack.posted(room, blocks=card("ack"))
    await slack.sandbox.click(ada.id, room.id, ts, "ack")
    view = {
        "type": "modal",
        "title": {"type": "plain_text", "text": "Lead"},
        "blocks": [{"type": "divider"}],
    }
    await slack.client.views_open(trigger_id=app.payloads[0]["trigger_id"], view=view)
    assert [shown.user for shown in slack.sandbox.views.views.values()] == [ada.id]


async def test_copies_deliver_the_very_same_click_again(slack: SlackWorld, app: App) -> None:
    room, ada = slack.room(), slack.workspace.add_user("ada")
    ts = await slack.posted(room, blocks=card("ack"))
    await slack.sandbox.click(ada.id, room.id, ts, "ack", copies=3)
    assert len(app.bodies) == 3
    assert len(set(app.bodies)) == 1
    assert [delivery.status for delivery in slack.sandbox.deliveries] == [200] * 3


async def test_only_a_button_that_stands_there_now_can_be_pressed(
    slack: SlackWorld, app: App
) -> None:
    room, ada = slack.room(is_private=True), slack.workspace.add_user("ada")
    ts = await slack.posted(room, blocks=card("ack"))
    click = slack.sandbox.click
    with pytest.raises(CannotAct, match="sees no channel"):
        await click(ada.id, room.id, ts, "ack")
    room.members.append(ada.id)
    with pytest.raises(CannotAct, match="no button 'run'"):
        await click(ada.id, room.id, ts, "run")
    await slack.client.chat_update(channel=room.id, ts=ts, text="done", blocks=card("more"))
    with pytest.raises(CannotAct, match="no button 'ack'"):
        await click(ada.id, room.id, ts, "ack")
    with pytest.raises(CannotAct, match="no active user"):
        await click("U404", room.id, ts, "more")
    assert app.payloads == []


async def test_an_app_that_does_not_answer_is_status_zero(slack: SlackWorld, app: App) -> None:
    room, ada = slack.room(), slack.workspace.add_user("ada")
    ts = await slack.posted(room, blocks=card("ack"))
    slack.sandbox.interactivity_url = "http://127.0.0.1:9/nobody-listens"
    assert await slack.sandbox.click(ada.id, room.id, ts, "ack") == 0


async def test_a_response_url_works_five_times(slack: SlackWorld, app: App) -> None:
    """It needs no token, whispers by default, and then is used up."""
    room, ada = slack.room(), slack.workspace.add_user("ada")
    ts = await slack.posted(room, blocks=card("ack"))
    await slack.sandbox.click(ada.id, room.id, ts, "ack")
    url = app.payloads[0]["response_url"]
    statuses: list[int] = []
    for number in range(6):
        async with slack.session.post(url, json={"text": str(number)}) as response:
            statuses.append(response.status)
    assert statuses == [200] * 5 + [404]
    assert [shown.text for shown in slack.workspace.ephemerals] == ["0", "1", "2", "3", "4"]


async def test_a_response_url_expires_after_half_an_hour(slack: SlackWorld, app: App) -> None:
    room, ada = slack.room(), slack.workspace.add_user("ada")
    ts = await slack.posted(room, blocks=card("ack"))
    await slack.sandbox.click(ada.id, room.id, ts, "ack")
    slack.clock.advance(1801)
    async with slack.session.post(app.payloads[0]["response_url"], json={"text": "x"}) as response:
        assert (response.status, (await response.json())["error"]) == (404, "expired_url")


async def test_a_response_url_replaces_and_deletes_what_was_clicked(
    slack: SlackWorld, app: App
) -> None:
    room, ada = slack.room(), slack.workspace.add_user("ada")
    room.members.append(ada.id)
    ts = await slack.posted(room, blocks=card("ack"))
    whisper = slack.workspace.post_ephemeral(room, to=ada.id, text="", blocks=card("yes"))
    await slack.sandbox.click(ada.id, room.id, ts, "ack")
    await slack.sandbox.click(ada.id, room.id, whisper.ts, "yes")
    public, private = (payload["response_url"] for payload in app.payloads)
    async with slack.session.post(public, json={"text": "done", "replace_original": True}):
        assert slack.workspace.visible_text(room.id) == "done"
    async with slack.session.post(private, json={"delete_original": True}):
        assert slack.workspace.ephemerals == []
    assert "message" not in app.payloads[1]
    assert app.payloads[1]["container"]["is_ephemeral"] is True


async def test_a_response_url_checks_blocks_but_not_the_total(slack: SlackWorld, app: App) -> None:
    room, ada = slack.room(), slack.workspace.add_user("ada")
    ts = await slack.posted(room, blocks=card("ack"))
    await slack.sandbox.click(ada.id, room.id, ts, "ack")
    url = app.payloads[0]["response_url"]
    full = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3000}}
    async with slack.session.post(url, json={"blocks": [full] * 5}) as long:
        assert long.status == 200
    async with slack.session.post(url, json={"blocks": [{"type": "knob"}]}) as wrong:
        assert (wrong.status, (await wrong.json())["error"]) == (400, "invalid_blocks")
