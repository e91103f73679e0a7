"""Pins, bookmarks and reactions in the sandbox Slack."""

from __future__ import annotations

import pytest

from tests.sandbox.slack_world import SlackWorld, error_of


async def test_a_message_is_pinned_once(slack: SlackWorld) -> None:
    room = slack.room()
    ts = await slack.posted(room, "card")
    await slack.client.pins_add(channel=room.id, timestamp=ts)
    again = slack.client.pins_add(channel=room.id, timestamp=ts)
    assert await error_of(again) == "already_pinned"
    listed = await slack.client.pins_list(channel=room.id)
    assert [item["message"]["text"] for item in listed["items"]] == ["card"]
    await slack.client.pins_remove(channel=room.id, timestamp=ts)
    assert await error_of(slack.client.pins_remove(channel=room.id, timestamp=ts)) == "no_pin"


async def test_only_what_is_there_is_pinned(slack: SlackWorld) -> None:
    room, other = slack.room(), slack.workspace.add_channel("other")
    ts = await slack.posted(room)
    elsewhere = await slack.posted(other)
    cases = {
        (room.id, "1800000000.999999"): "message_not_found",
        (room.id, "yesterday"): "bad_timestamp",
        (room.id, ""): "no_item_specified",
        (other.id, elsewhere): "not_in_channel",
        ("C404", ts): "channel_not_found",
    }
    for (channel, timestamp), error in cases.items():
        pin = slack.client.pins_add(channel=channel, timestamp=timestamp)
        assert await error_of(pin) == error


async def test_slacks_own_lines_cannot_be_pinned(slack: SlackWorld) -> None:
    room = slack.room()
    await slack.client.conversations_setTopic(channel=room.id, topic="x")
    (line,) = room.messages
    assert await error_of(slack.client.pins_add(channel=room.id, timestamp=line)) == "not_pinnable"


async def test_a_deleted_message_is_unpinned(slack: SlackWorld) -> None:
    room = slack.room()
    ts = await slack.posted(room)
    await slack.client.pins_add(channel=room.id, timestamp=ts)
    await slack.client.chat_delete(channel=room.id, ts=ts)
    assert room.pins == []


async def test_the_same_bookmark_twice_makes_two(slack: SlackWorld) -> None:
    """Slack does not dedupe bookmarks; whoever wants one lists first."""
    room = slack.room()
    for _ in range(2):
        await slack.client.bookmarks_add(
            channel_id=room.id, title="Alert", type="link", link="https://example.com/1"
        )
    listed = await slack.client.bookmarks_list(channel_id=room.id)
    assert [bookmark["title"] for bookmark in listed["bookmarks"]] == ["Alert", "Alert"]
    assert len({bookmark["id"] for bookmark in listed["bookmarks"]}) == 2


async def test_bookmarks_are_changed_and_removed_by_id(slack: SlackWorld) -> None:
    room = slack.room()
    client = slack.client
    added = await client.bookmarks_add(
        channel_id=room.id, title="Alert", type="link", link="https://example.com/1"
    )
    bookmark_id = added["bookmark"]["id"]
    await client.bookmarks_edit(channel_id=room.id, bookmark_id=bookmark_id, title="Page")
    assert (room.bookmarks[0].title, room.bookmarks[0].link) == ("Page", "https://example.com/1")
    await client.bookmarks_remove(channel_id=room.id, bookmark_id=bookmark_id)
    gone = client.bookmarks_remove(channel_id=room.id, bookmark_id=bookmark_id)
    assert await error_of(gone) == "not_found"


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"link": "ftp://example.com"}, "invalid_link"),
        ({"link": None}, "invalid_link"),
        ({"type": "folder"}, "invalid_bookmark_type"),
        ({"emoji": "fire"}, "invalid_emoji"),
        ({"title": ""}, "invalid_arguments"),
        ({"channel_id": "C404"}, "channel_not_found"),
    ],
)
async def test_bad_bookmarks_are_refused(
    slack: SlackWorld, changed: dict[str, str | None], error: str
) -> None:
    arguments = {
        "channel_id": slack.room().id,
        "title": "Alert",
        "type": "link",
        "link": "https://example.com/1",
    } | changed
    body = {name: value for name, value in arguments.items() if value is not None}
    assert (await slack.raw("bookmarks.add", data=body))["error"] == error


async def test_bookmarks_need_membership_and_a_living_channel(slack: SlackWorld) -> None:
    old = slack.room("old", archived=True)
    for channel in (slack.workspace.add_channel("other"), old):
        add = slack.client.bookmarks_add(
            channel_id=channel.id, title="Alert", type="link", link="https://example.com"
        )
        assert await error_of(add) == "permission_denied"


async def test_a_person_reacts_once_with_each_emoji(slack: SlackWorld) -> None:
    room = slack.room()
    ts = await slack.posted(room)
    client, item = slack.client, {"channel": room.id, "timestamp": ts}
    await client.reactions_add(name="eyes", **item)
    assert await error_of(client.reactions_add(name="eyes", **item)) == "already_reacted"
    assert await error_of(client.reactions_add(name="No Emoji", **item)) == "invalid_name"
    got = await client.reactions_get(**item)
    assert got["message"]["reactions"] == [{"name": "eyes", "users": [slack.bot], "count": 1}]
    await client.reactions_remove(name="eyes", **item)
    assert await error_of(client.reactions_remove(name="eyes", **item)) == "no_reaction"
    assert await error_of(client.reactions_get()) == "no_item_specified"
