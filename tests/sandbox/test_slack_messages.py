"""Posting, editing, deleting and reading messages in the sandbox Slack."""

from __future__ import annotations

from typing import Any

import pytest

from opsbot.sandbox.slack.model import Posting
from tests.sandbox.slack_world import SlackWorld, error_of


async def test_a_post_is_answered_with_its_channel_and_ts(slack: SlackWorld) -> None:
    room = slack.room()
    answer = await slack.client.chat_postMessage(channel=room.id, text="hello")
    assert (answer["channel"], answer["message"]["text"]) == (room.id, "hello")
    assert answer["message"]["bot_id"] == slack.workspace.bot_id
    assert room.messages[answer["ts"]].user == slack.bot


async def test_timestamps_are_unique_and_rise_on_a_clock_that_stands_still(
    slack: SlackWorld,
) -> None:
    slack.sandbox.enforce_tiers = False
    stamps = [await slack.posted(slack.workspace.general) for _ in range(20)]
    assert stamps == sorted(set(stamps))


async def test_posting_without_membership_needs_chat_write_public(slack: SlackWorld) -> None:
    other = slack.workspace.add_channel("other")
    await slack.posted(other)
    slack.sandbox.scopes = slack.sandbox.scopes - {"chat:write.public"}
    post = slack.client.chat_postMessage(channel=other.id, text="x")
    assert await error_of(post) == "not_in_channel"


async def test_a_message_must_say_something(slack: SlackWorld) -> None:
    room = slack.room()
    for text in ("", "  \n"):
        answer = await slack.raw("chat.postMessage", json={"channel": room.id, "text": text})
        assert answer["error"] == "no_text"


async def test_a_channel_can_be_named_and_a_person_written_to(slack: SlackWorld) -> None:
    room, ada = slack.room(), slack.workspace.add_user("ada")
    by_name = await slack.client.chat_postMessage(channel="#inc-1", text="x")
    direct = await slack.client.chat_postMessage(channel=ada.id, text="x")
    assert by_name["channel"] == room.id
    assert slack.workspace.channels[direct["channel"]].kind == "im"


async def test_long_text_is_cut_when_posted_and_refused_when_edited(slack: SlackWorld) -> None:
    """Posting cuts at 40,000 characters; editing refuses more than 4,000."""
    room = slack.room()
    ts = await slack.posted(room, "x" * 40_001)
    assert len(slack.said(room, ts).text) == 40_000
    await slack.client.chat_update(channel=room.id, ts=ts, text="y" * 4_000)
    edit = slack.client.chat_update(channel=room.id, ts=ts, text="y" * 4_001)
    assert await error_of(edit) == "msg_too_long"


TOO_MUCH: list[tuple[dict[str, Any], str]] = [
    ({"blocks": "{"}, "invalid_blocks_format"),
    ({"blocks": {"type": "divider"}}, "invalid_blocks_format"),
    ({"blocks": ["divider"]}, "invalid_blocks_format"),
    ({"attachments": [{}] * 101}, "too_many_attachments"),
    ({"attachments": "{"}, "invalid_attachments"),
    ({"markdown_text": "x"}, "markdown_text_conflict"),
    ({"text": "", "markdown_text": "x" * 12_001}, "msg_too_long"),
    ({"metadata": "{"}, "invalid_metadata_format"),
    ({"metadata": {"event_type": "card"}}, "invalid_metadata_schema"),
    (
        {"metadata": {"event_type": "x", "event_payload": {"k": "v" * 9000}}},
        "metadata_too_large",
    ),
    ({"as_user": True}, "as_user_not_supported"),
]


@pytest.mark.parametrize(("extra", "error"), TOO_MUCH)
async def test_content_slack_would_not_take(
    slack: SlackWorld, extra: dict[str, Any], error: str
) -> None:
    body = {"channel": slack.room().id, "text": "hello", **extra}
    assert (await slack.raw("chat.postMessage", json=body))["error"] == error


async def test_markdown_text_becomes_a_markdown_block(slack: SlackWorld) -> None:
    room = slack.room()
    answer = await slack.client.chat_postMessage(channel=room.id, markdown_text="**down**")
    assert slack.said(room, answer["ts"]).blocks[0]["text"] == "**down**"


@pytest.mark.parametrize(
    ("posting", "thread_ts", "error"),
    [
        ("read_only", None, "restricted_action_read_only_channel"),
        ("thread_only", None, "restricted_action_thread_only_channel"),
        ("non_threadable", "1800000000.000001", "restricted_action_non_threadable_channel"),
    ],
)
async def test_a_channel_may_restrict_posting(
    slack: SlackWorld, posting: Posting, thread_ts: str | None, error: str
) -> None:
    room = slack.room()
    room.posting = posting
    post = slack.client.chat_postMessage(channel=room.id, text="x", thread_ts=thread_ts)
    assert await error_of(post) == error


async def test_a_workspace_may_forbid_mass_mentions(slack: SlackWorld) -> None:
    """Then a post with one fails, and the same post without it goes through."""
    slack.workspace.preferences.mass_mentions = "admins"
    room = slack.room()
    post = slack.client.chat_postMessage(channel=room.id, text="<!here> look")
    assert await error_of(post) == "restricted_action"
    await slack.posted(room, "&lt;!here&gt; look")


async def test_text_without_blocks_takes_the_blocks_away(slack: SlackWorld) -> None:
    """chat.update keeps attachments and metadata unless they are sent, and drops blocks."""
    room = slack.room()
    metadata = {"event_type": "card", "event_payload": {"key": "k1"}}
    ts = await slack.posted(
        room, blocks=[{"type": "divider"}], attachments=[{"text": "bar"}], metadata=metadata
    )
    await slack.client.chat_update(channel=room.id, ts=ts, text="new")
    message = slack.said(room, ts)
    assert (message.text, message.blocks) == ("new", [])
    assert (message.attachments, message.metadata) == ([{"text": "bar"}], metadata)
    assert [revision.text for revision in message.revisions] == ["hello"]
    await slack.client.chat_update(channel=room.id, ts=ts, text="new", attachments=[], metadata={})
    assert (message.attachments, message.metadata) == ([], None)


async def test_an_edit_of_blocks_only_leaves_no_edited_mark(slack: SlackWorld) -> None:
    room = slack.room()
    ts = await slack.posted(room)
    update = slack.client.chat_update
    same = await update(channel=room.id, ts=ts, text="hello", blocks=[{"type": "divider"}])
    other = await update(channel=room.id, ts=ts, text="changed")
    assert "edited" not in same["message"]
    assert other["message"]["edited"]["user"] == slack.bot


async def test_only_own_messages_can_be_edited_or_deleted(slack: SlackWorld) -> None:
    room, ada = slack.room(), slack.workspace.add_user("ada")
    theirs = slack.workspace.post(room, user=ada.id, text="mine")
    edit = slack.client.chat_update(channel=room.id, ts=theirs.ts, text="x")
    delete = slack.client.chat_delete(channel=room.id, ts=theirs.ts)
    assert await error_of(edit) == "cant_update_message"
    assert await error_of(delete) == "cant_delete_message"


async def test_what_is_not_there_cannot_be_edited(slack: SlackWorld) -> None:
    room, ada = slack.room(), slack.workspace.add_user("ada")
    room.members.append(ada.id)
    shown = await slack.client.chat_postEphemeral(channel=room.id, user=ada.id, text="psst")
    deleted = await slack.posted(room)
    await slack.client.chat_delete(channel=room.id, ts=deleted)
    for ts in (shown["message_ts"], deleted, "1.5", "1800000000.999999"):
        edit = slack.client.chat_update(channel=room.id, ts=ts, text="x")
        assert await error_of(edit) == "message_not_found"


async def test_nothing_is_edited_in_an_archived_channel(slack: SlackWorld) -> None:
    room = slack.room()
    ts = await slack.posted(room)
    await slack.client.conversations_archive(channel=room.id)
    edit = slack.client.chat_update(channel=room.id, ts=ts, text="x")
    assert await error_of(edit) == "is_inactive"


async def test_an_ephemeral_reaches_members_only_and_no_history(slack: SlackWorld) -> None:
    room, ada = slack.room(), slack.workspace.add_user("ada")
    whisper = slack.client.chat_postEphemeral
    assert await error_of(whisper(channel=room.id, user=ada.id, text="x")) == "user_not_in_channel"
    room.members.append(ada.id)
    await whisper(channel=room.id, user=ada.id, text="psst")
    other = slack.workspace.add_channel("other", members=[ada.id])
    assert await error_of(whisper(channel=other.id, user=ada.id, text="x")) == "not_in_channel"
    assert [shown.text for shown in slack.workspace.ephemerals] == ["psst"]
    history = await slack.client.conversations_history(channel=room.id)
    assert history["messages"] == []


async def test_replies_stand_in_the_thread_and_not_in_the_channel(slack: SlackWorld) -> None:
    room = slack.room()
    parent = await slack.posted(room, "card")
    reply = await slack.posted(room, "evidence", thread_ts=parent)
    loud = await slack.posted(room, "resolved", thread_ts=parent, reply_broadcast=True)
    history = await slack.client.conversations_history(channel=room.id)
    thread = await slack.client.conversations_replies(channel=room.id, ts=parent)
    assert [message["ts"] for message in history["messages"]] == [loud, parent]
    assert [message["ts"] for message in thread["messages"]] == [parent, reply, loud]
    assert thread["messages"][0]["reply_count"] == 2
    assert [message.ts for message in slack.workspace.posts(room.id)] == [parent, loud]


async def test_a_reply_is_no_parent(slack: SlackWorld) -> None:
    room = slack.room()
    parent = await slack.posted(room)
    reply = await slack.posted(room, thread_ts=parent)
    post = slack.client.chat_postMessage(channel=room.id, text="x", thread_ts=reply)
    assert await error_of(post) == "cannot_reply_to_message"


async def test_a_reply_to_nothing_is_taken_and_never_seen(slack: SlackWorld) -> None:
    """A ts sent as a number loses its last zero; Slack takes it and the thread stays empty."""
    room = slack.room()
    answer = await slack.raw(
        "chat.postMessage",
        json={"channel": room.id, "text": "lost", "thread_ts": 1800000000.00001},
    )
    assert answer["ok"] is True
    assert [m.text for m in slack.workspace.orphan_replies()] == ["lost"]
    assert slack.workspace.visible_text(room.id) == ""


async def test_a_deleted_parent_leaves_a_tombstone(slack: SlackWorld) -> None:
    room = slack.room()
    parent = await slack.posted(room, "card")
    await slack.posted(room, "evidence", thread_ts=parent)
    await slack.client.chat_delete(channel=room.id, ts=parent)
    history = await slack.client.conversations_history(channel=room.id)
    assert history["messages"][0]["subtype"] == "tombstone"
    assert slack.workspace.visible_text(room.id) == "This message was deleted.\n    evidence"


async def test_history_is_bounded_and_gives_metadata_only_when_asked(slack: SlackWorld) -> None:
    """oldest and latest exclude their own message unless inclusive."""
    room = slack.room()
    metadata = {"event_type": "card", "event_payload": {"key": "k1"}}
    stamps = [await slack.posted(room, str(n), metadata=metadata) for n in range(4)]
    history = slack.client.conversations_history
    inside = await history(channel=room.id, oldest=stamps[0], latest=stamps[3])
    outside = await history(
        channel=room.id, oldest=stamps[0], latest=stamps[3], inclusive=True, limit=3
    )
    asked = await history(channel=room.id, limit=1, include_all_metadata=True)
    assert [message["text"] for message in inside["messages"]] == ["2", "1"]
    assert "metadata" not in inside["messages"][0]
    assert ([m["text"] for m in outside["messages"]], outside["has_more"]) == (
        ["3", "2", "1"],
        True,
    )
    assert asked["messages"][0]["metadata"] == metadata
    assert await error_of(history(channel=room.id, oldest="noon")) == "invalid_ts_oldest"


async def test_a_permalink_names_channel_message_and_thread(slack: SlackWorld) -> None:
    room = slack.room()
    parent = await slack.posted(room)
    reply = await slack.posted(room, thread_ts=parent)
    link = await slack.client.chat_getPermalink(channel=room.id, message_ts=reply)
    assert link["permalink"] == (
        f"{slack.workspace.url}archives/{room.id}/p{reply.replace('.', '')}"
        f"?thread_ts={parent}&cid={room.id}"
    )
    missing = slack.client.chat_getPermalink(channel=room.id, message_ts="1800000000.999999")
    assert await error_of(missing) == "message_not_found"
