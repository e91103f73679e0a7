"""What can be asked of a sandbox workspace: what people see, who is mentioned, what changed."""

from __future__ import annotations

from typing import Any

import pytest

from opsbot.sandbox.slack.model import Change
from opsbot.sandbox.slack.workspace import Workspace
from tests.sandbox.slack_world import ManualClock, SlackWorld

Json = dict[str, Any]


def mrkdwn(text: str) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def plain(text: str) -> Json:
    return {"type": "header", "text": {"type": "plain_text", "text": text}}


def preformatted(text: str) -> Json:
    part = {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": text}]}
    return {"type": "rich_text", "elements": [part]}


def typed(element: Json) -> Json:
    return {
        "type": "rich_text",
        "elements": [{"type": "rich_text_section", "elements": [element]}],
    }


def where_it_mentions(**content: Any) -> list[tuple[str, str]]:
    workspace = Workspace(clock=ManualClock())
    channel = workspace.add_channel("inc-1")
    said: dict[str, Any] = {"text": "x", **content}
    workspace.post(channel, user=workspace.bot_user_id, **said)
    return [(mention.where, mention.token) for mention in workspace.unescaped_mentions()]


@pytest.mark.parametrize(
    "token",
    [
        "<!channel>",
        "<!here>",
        "<!everyone>",
        "<!here|here>",
        "<@U1>",
        "<@W0A1B2|ada>",
        "<!subteam^S1>",
    ],
)
def test_a_live_token_in_parsed_text_is_found(token: str) -> None:
    """In text, mrkdwn objects, markdown blocks and attachments."""
    said = f"disk full {token}"
    assert where_it_mentions(text=said) == [("text", token)]
    assert where_it_mentions(blocks=[mrkdwn(said)]) == [("/blocks/0/text/text", token)]
    markdown = {"type": "markdown", "text": said}
    assert where_it_mentions(blocks=[markdown]) == [("/blocks/0/text", token)]
    assert where_it_mentions(attachments=[{"fallback": said}]) == [
        ("/attachments/0/fallback", token)
    ]


@pytest.mark.parametrize(
    "said", ["&lt;!channel&gt;", "@here", "<#C1|general>", "<https://example.com|x>", "< !here>"]
)
def test_escaped_and_other_tokens_mention_nobody(said: str) -> None:
    assert where_it_mentions(text=said, blocks=[mrkdwn(said)]) == []


def test_text_that_is_not_parsed_mentions_nobody() -> None:
    live = "<!channel>"
    assert where_it_mentions(blocks=[plain(live), preformatted(live)]) == []
    assert where_it_mentions(text=live, mrkdwn=False) == []


def test_typed_mentions_are_told_apart() -> None:
    """A user element somebody built counts as a mention, not as an unescaped one."""
    workspace = Workspace(clock=ManualClock())
    channel = workspace.add_channel("inc-1")
    blocks = [
        typed({"type": "user", "user_id": "U1"}),
        typed({"type": "broadcast", "range": "here"}),
    ]
    workspace.post(channel, user=workspace.bot_user_id, text="x", blocks=blocks)
    assert [m.token for m in workspace.mentions()] == ["user:U1", "broadcast:here"]
    assert workspace.unescaped_mentions() == []


def test_earlier_versions_topics_whispers_and_bookmarks_count() -> None:
    workspace = Workspace(clock=ManualClock())
    bot, channel = workspace.bot_user_id, workspace.add_channel("inc-1")
    message = workspace.post(channel, user=bot, text="<!here>")
    workspace.edit(message, text="calm", blocks=[], attachments=[], metadata=None)
    workspace.set_topic(channel, "<@U1>", bot)
    workspace.post_ephemeral(channel, to="U2", text="<@U2>", blocks=[])
    workspace.add_bookmark(
        channel, title="<!channel>", link="https://example.com", emoji="", user=bot
    )
    places = [mention.where.split()[0] for mention in workspace.unescaped_mentions()]
    assert places == ["topic", "bookmark", "text", "text"]


def test_visible_text_reads_like_the_channel() -> None:
    """Blocks in place of text, replies indented, nothing deleted."""
    workspace = Workspace(clock=ManualClock())
    bot, channel = workspace.bot_user_id, workspace.add_channel("inc-1")
    button = {"type": "button", "text": {"type": "plain_text", "text": "Ack"}, "action_id": "a"}
    row = {"type": "actions", "elements": [button]}
    image = {"type": "image", "image_url": "https://example.com/a.png", "alt_text": "chart"}
    card = workspace.post(
        channel, user=bot, text="fallback", blocks=[plain("SEV2"), mrkdwn("errors"), row, image]
    )
    workspace.post(channel, user=bot, text="one\ntwo", thread_ts=card.ts)
    workspace.delete(workspace.post(channel, user=bot, text="gone"))
    workspace.post(channel, user=bot, text="later")
    assert workspace.visible_text("inc-1").splitlines() == [
        "SEV2",
        "errors",
        "[Ack]",
        "[image: chart]",
        "    one",
        "    two",
        "later",
    ]


def test_an_unknown_channel_has_no_text() -> None:
    with pytest.raises(KeyError, match="inc-9"):
        Workspace().visible_text("inc-9")


async def test_subscribers_hear_every_change_until_they_leave(slack: SlackWorld) -> None:
    heard: list[Change] = []
    leave = slack.workspace.subscribe(heard.append)
    created = await slack.client.conversations_create(name="inc-1")
    channel = slack.workspace.channels[created["channel"]["id"]]
    ts = await slack.posted(channel, "card")
    await slack.client.pins_add(channel=channel.id, timestamp=ts)
    await slack.client.chat_update(channel=channel.id, ts=ts, text="card 2")
    leave()
    await slack.posted(channel, "unheard")
    assert [change.kind for change in heard] == [
        "channel_created",
        "member_joined",
        "message_posted",  # Slack's own line about the join
        "message_posted",
        "pin_added",
        "message_changed",
    ]
    assert (heard[-1].channel, heard[-1].ts, heard[0].detail) == (channel.id, ts, {"name": "inc-1"})


def test_the_same_seeding_gives_the_same_ids() -> None:
    """A run can be repeated: ids are handed out in order."""

    def ids() -> list[str]:
        workspace = Workspace(clock=ManualClock())
        ada = workspace.add_user("ada")
        channel = workspace.add_channel("team", members=[ada.id])
        group = workspace.add_usergroup("oncall", [ada.id])
        message = workspace.post(channel, user=ada.id, text="x")
        return [workspace.bot_user_id, ada.id, channel.id, group.id, message.ts]

    assert ids() == ids()
