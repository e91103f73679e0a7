"""What people write and do in the sandbox Slack, and what Slack does not let them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from opsbot.sandbox.slack.acts.typed_text import command_text, message_text
from opsbot.sandbox.slack.cannot import CannotAct
from opsbot.sandbox.slack.visible_text import of_blocks
from opsbot.sandbox.slack.workspace import Workspace
from tests.sandbox.slack_world import ManualClock, SlackWorld

TOKENS = re.compile(
    r"<(?:@U000000002(?:\|ada)?|#C000000001\|general|!here|!channel|!everyone|https?://[^<>]*)>"
)


def workspace_with_ada() -> tuple[Workspace, str]:
    workspace = Workspace(clock=ManualClock())
    return workspace, workspace.add_user("ada").id


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("a < b & c > d", "a &lt; b &amp; c &gt; d"),
        ("@ada: look", "<@U000000002>: look"),
        ("ask @ada.", "ask <@U000000002>."),
        ("mail ada@example.com", "mail ada@example.com"),
        ("@here @nobody", "<!here> @nobody"),
        ("see #general, not #gone", "see <#C000000001|general>, not #gone"),
        ("https://example.com/a?b=1&c=2.", "<https://example.com/a?b=1&amp;c=2>."),
        (":fire: at 10:30:00", ":fire: at 10:30:00"),
        ("<@U000000002>", "&lt;@U000000002&gt;"),
        ("@@ada ##general", "@@ada ##general"),
    ],
)
def test_typed_text_becomes_what_slack_writes(typed: str, text: str) -> None:
    """A typed token is no token: only names that exist become one."""
    workspace, ada = workspace_with_ada()
    assert message_text(workspace, ada, typed)[0] == text


def read_back(element: dict[str, Any]) -> str:
    """What a person must have typed for this element."""
    written = {
        "user": "@ada",
        "channel": "#general",
        "broadcast": f"@{element.get('range')}",
        "emoji": f":{element.get('name')}:",
        "link": element.get("url", ""),
    }
    return str(written.get(element["type"], element.get("text")))


@given(st.text(alphabet=st.sampled_from("<>&@#!|:adhere./-_ \n") | st.characters()))
@example("@ada @here, #general https://example.com/<x> :fire:")
def test_any_typed_text_is_taken_whole_and_makes_no_token_of_its_own(typed: str) -> None:
    """Angle brackets come only from names, channels and links that were recognised."""
    workspace, ada = workspace_with_ada()
    text, blocks = message_text(workspace, ada, typed)
    assert "".join(map(read_back, blocks[0]["elements"][0]["elements"])) == typed
    for written in (text, command_text(workspace, ada, typed)):
        assert not re.search("[<>]", TOKENS.sub("", written))


async def test_a_mention_is_a_typed_element_in_the_blocks(slack: SlackWorld) -> None:
    """People mention on purpose: it counts as a mention, not as an unescaped one."""
    room = slack.room()
    ada = slack.person("ada", room)
    ts = await slack.sandbox.people.say(ada, room.id, "@opsbot see #inc-1")
    message = slack.said(room, ts)
    elements = message.blocks[0]["elements"][0]["elements"]
    assert [element["type"] for element in elements] == ["user", "text", "channel"]
    assert of_blocks(message.blocks)
    assert [mention.author for mention in slack.workspace.mentions()] == [ada, ada]
    assert slack.workspace.unescaped_mentions() == []


async def test_one_writes_only_where_one_is_and_may(slack: SlackWorld) -> None:
    room, old = slack.room(), slack.room("old", archived=True)
    quiet = slack.room("quiet")
    quiet.posting = "read_only"
    ada, bob = slack.person("ada", room, old, quiet), slack.person("bob")
    say = slack.sandbox.people.say
    reply = await say(ada, room.id, "r", thread_ts=await say(ada, room.id, "parent"))
    cases = [
        (say(bob, room.id, "x"), "join it first"),
        (say(ada, old.id, "x"), "archived"),
        (say(ada, quiet.id, "x"), "read-only"),
        (say(ada, room.id, " "), "empty"),
        (say(ada, room.id, "x", thread_ts=reply), "no thread"),
        (say(ada, "C404", "x"), "sees no channel"),
        (say("U404", room.id, "x"), "no active user"),
    ]
    for saying, sentence in cases:
        with pytest.raises(CannotAct, match=sentence):
            await saying


async def test_one_changes_ones_own_messages_and_administrators_delete_any(
    slack: SlackWorld,
) -> None:
    room = slack.room()
    ada, bob = slack.person("ada", room), slack.person("bob", room)
    root = slack.person("root", room, is_admin=True)
    people = slack.sandbox.people
    ts = await people.say(ada, room.id, "one")
    for forbidden in (people.edit(bob, room.id, ts, "x"), people.delete(bob, room.id, ts)):
        with pytest.raises(CannotAct, match="did not write"):
            await forbidden
    await people.edit(ada, room.id, ts, "two")
    assert slack.workspace.visible_text(room.id) == "two"
    await people.delete(root, room.id, ts)
    assert slack.workspace.visible_text(room.id) == ""
    with pytest.raises(CannotAct, match="no message"):
        await people.react(ada, room.id, ts, "eyes")


async def test_reactions_and_pins_stand_once(slack: SlackWorld) -> None:
    room = slack.room()
    ada = slack.person("ada", room)
    people = slack.sandbox.people
    ts = await slack.posted(room)
    await people.react(ada, room.id, ts, ":pushpin:")
    await people.pin(ada, room.id, ts)
    assert slack.said(room, ts).reactions == {"pushpin": [ada]}
    for again in (
        people.react(ada, room.id, ts, "pushpin"),
        people.react(ada, room.id, ts, "No Emoji"),
        people.unreact(ada, room.id, ts, "eyes"),
        people.pin(ada, room.id, ts),
        people.unpin(ada, room.id, "1.000001"),
    ):
        with pytest.raises(CannotAct):
            await again
    await people.unreact(ada, room.id, ts, "pushpin")
    await people.unpin(ada, room.id, ts)
    assert (slack.said(room, ts).reactions, room.pins) == ({}, [])


async def test_channels_are_made_named_and_closed_by_those_who_may(slack: SlackWorld) -> None:
    ada, bob = slack.person("ada"), slack.person("bob")
    guest = slack.person("guest", is_restricted=True)
    root = slack.person("root", is_admin=True)
    people = slack.sandbox.people
    made = await people.create_channel(ada, "api-down")
    await people.join(bob, made)
    await people.join(bob, made)
    await people.set_topic(bob, made, "triage")
    channel = slack.workspace.channels[made]
    assert (channel.members, channel.topic.value) == ([ada, bob], "triage")
    forbidden = [
        (people.create_channel(ada, "api-down"), "already"),
        (people.create_channel(ada, "API"), "invalid_name_specials"),
        (people.create_channel(guest, "x"), "guest"),
        (people.rename(bob, made, "other"), "creator or an administrator"),
        (people.delete_channel(ada, made), "administrators"),
        (people.leave(ada, slack.workspace.general.id), "#general"),
        (people.archive(root, made), "join it first"),
        (people.unarchive(ada, made), "not archived"),
        (people.set_topic(ada, made, "x" * 251), "250"),
        (people.join(guest, made), "sees no channel"),
    ]
    for act, sentence in forbidden:
        with pytest.raises(CannotAct, match=sentence):
            await act
    await people.rename(ada, made, "api-up")
    await people.archive(ada, made)
    with pytest.raises(CannotAct, match="archived"):
        await people.rename(ada, made, "x")
    await people.unarchive(bob, made)
    await people.delete_channel(root, made)
    assert made not in slack.workspace.channels


async def test_direct_messages_are_opened_once(slack: SlackWorld) -> None:
    ada, bob = slack.person("ada"), slack.person("bob")
    people = slack.sandbox.people
    with_app = await people.open_direct(ada)
    assert await people.open_direct(ada) == with_app
    group = slack.workspace.channels[await people.open_direct(ada, [bob, slack.bot])]
    assert (group.kind, set(group.members)) == ("mpim", {ada, bob, slack.bot})
    with pytest.raises(CannotAct, match="direct message"):
        await people.leave(ada, with_app)
