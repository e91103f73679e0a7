"""The sandbox Slack's own HTTP interface, for other processes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.slack_world import SlackWorld, error_of


async def get(slack: SlackWorld, path: str) -> dict[str, Any]:
    async with slack.session.get(f"{slack.workspace.url}sandbox/{path}") as response:
        body: dict[str, Any] = await response.json()
        return body


async def post(slack: SlackWorld, path: str, body: Any) -> tuple[int, str]:
    async with slack.session.post(f"{slack.workspace.url}sandbox/{path}", json=body) as response:
        return response.status, await response.text()


async def test_the_state_shows_channels_people_and_what_is_written(slack: SlackWorld) -> None:
    room, ada = slack.room(), slack.workspace.add_user("ada", email="ada@example.com")
    room.members.append(ada.id)
    ts = await slack.posted(room, "card")
    await slack.client.pins_add(channel=room.id, timestamp=ts)
    await slack.client.conversations_setTopic(channel=room.id, topic="triage")
    await slack.client.chat_postEphemeral(channel=room.id, user=ada.id, text="psst")
    state = await get(slack, "state")
    shown = next(channel for channel in state["channels"] if channel["id"] == room.id)
    assert shown["members"] == [slack.bot, ada.id]
    assert (shown["topic"]["value"], shown["pins"]) == ("triage", [ts])
    assert shown["messages"][0]["text"] == "card"
    assert shown["visible_text"].startswith("card")
    assert [whisper["text"] for whisper in state["ephemerals"]] == ["psst"]
    assert "ada@example.com" in str(state["users"])


async def test_the_journal_is_read_from_a_point_on_and_emptied(slack: SlackWorld) -> None:
    await slack.client.auth_test()
    await slack.client.team_info()
    later = await get(slack, "journal?since=1")
    assert [call["method"] for call in later["calls"]] == ["team.info"]
    assert later["counts"] == {"auth.test": 1, "team.info": 1}
    assert (await post(slack, "journal/reset", {}))[0] == 200
    assert (await get(slack, "journal"))["calls"] == []


async def test_faults_are_switched_from_outside(slack: SlackWorld) -> None:
    fault = {"method": "auth.test", "kind": "error", "name": "internal_error", "times": 1}
    assert (await post(slack, "faults", fault))[0] == 200
    assert await error_of(slack.client.auth_test()) == "internal_error"
    await post(slack, "faults", {"latency": 0.01, "down": "503"})
    assert (slack.sandbox.faults.latency, slack.sandbox.faults.down) == (0.01, "503")
    await post(slack, "faults", {"clear": True})
    await slack.client.auth_test()


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "sulk"},
        {"kind": "error", "method": "auth.test", "name": "name_taken"},
        {"kind": "ratelimited"},
        {"down": "perhaps"},
        [1],
    ],
)
async def test_a_wrong_fault_is_a_400_with_a_sentence(slack: SlackWorld, body: Any) -> None:
    status, text = await post(slack, "faults", body)
    assert status == 400
    assert text


async def test_an_impossible_click_is_a_409(slack: SlackWorld) -> None:
    body = {"user": "U404", "channel": "C1", "ts": "1.0", "action_id": "ack"}
    assert await post(slack, "click", body) == (409, "The workspace has no active user U404.")
