"""Channels in the sandbox Slack: names, topics, archiving, visibility, listing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbot.sandbox.slack.errors import SlackError
from opsbot.sandbox.slack.methods.conversations import check_name
from tests.sandbox.slack_world import SlackWorld, error_of


async def test_the_bot_is_creator_and_member_of_what_it_creates(slack: SlackWorld) -> None:
    answer = await slack.client.conversations_create(name="inc-7-checkout")
    channel = answer["channel"]
    assert channel["name"] == "inc-7-checkout"
    assert channel["creator"] == slack.bot
    assert channel["is_member"] is True
    members = await slack.client.conversations_members(channel=channel["id"])
    assert members["members"] == [slack.bot]


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("", "invalid_name_required"),
        ("a" * 81, "invalid_name_maxlength"),
        ("Inc-7", "invalid_name_specials"),  # upper case
        ("inc 7", "invalid_name_specials"),
        ("inc.7", "invalid_name_specials"),
        ("störung", "invalid_name_specials"),
        ("inc-7\n", "invalid_name_specials"),
        ("-_-", "invalid_name_punctuation"),
    ],
)
async def test_illegal_channel_names_are_refused(slack: SlackWorld, name: str, error: str) -> None:
    assert await error_of(slack.client.conversations_create(name=name)) == error


@given(st.text(max_size=100))
def test_a_name_is_taken_or_refused_with_a_documented_error(name: str) -> None:
    """Whatever the text, the check either passes a legal name or raises an invalid_name error."""
    error = ""
    try:
        check_name(name)
    except SlackError as refused:
        error = refused.name
    legal = set("abcdefghijklmnopqrstuvwxyz0123456789-_")
    fits = 1 <= len(name) <= 80 and set(name) <= legal and not set(name) <= set("-_")
    assert fits if error == "" else error.startswith("invalid_name")


async def test_an_eighty_character_name_is_taken(slack: SlackWorld) -> None:
    answer = await slack.client.conversations_create(name="a" * 80)
    assert answer["ok"] is True


async def test_archived_and_invisible_channels_still_hold_their_names(slack: SlackWorld) -> None:
    """name_taken comes from archived channels and from private ones the bot cannot see."""
    slack.workspace.add_channel("old", archived=True)
    slack.workspace.add_channel("hidden", is_private=True)
    for name in ("old", "hidden", "general"):
        assert await error_of(slack.client.conversations_create(name=name)) == "name_taken"


async def test_a_workspace_may_forbid_creating_channels(slack: SlackWorld) -> None:
    slack.workspace.preferences.who_may_create_channels = "admins"
    assert await error_of(slack.client.conversations_create(name="inc-1")) == "restricted_action"


async def test_a_private_channel_is_not_found_by_those_outside(slack: SlackWorld) -> None:
    hidden = slack.workspace.add_channel("hidden", is_private=True)
    calls = [
        slack.client.conversations_info(channel=hidden.id),
        slack.client.conversations_setTopic(channel=hidden.id, topic="x"),
        slack.client.chat_postMessage(channel=hidden.id, text="x"),
        slack.client.conversations_history(channel=hidden.id),
        slack.client.conversations_join(channel=hidden.id),
        slack.client.conversations_info(channel="C404"),
    ]
    assert [await error_of(call) for call in calls] == ["channel_not_found"] * 6


async def test_topic_and_purpose_hold_250_characters(slack: SlackWorld) -> None:
    room = slack.room()
    await slack.client.conversations_setTopic(channel=room.id, topic="t" * 250)
    await slack.client.conversations_setPurpose(channel=room.id, purpose="p" * 250)
    assert (room.topic.value, room.purpose.value) == ("t" * 250, "p" * 250)
    too_long = [
        slack.client.conversations_setTopic(channel=room.id, topic="t" * 251),
        slack.client.conversations_setPurpose(channel=room.id, purpose="p" * 251),
    ]
    assert [await error_of(call) for call in too_long] == ["too_long", "too_long"]


async def test_topic_changes_are_counted_and_the_same_topic_is_none(slack: SlackWorld) -> None:
    room = slack.room()
    for topic in ("triage", "triage", "resolved"):
        await slack.client.conversations_setTopic(channel=room.id, topic=topic)
    assert slack.workspace.topic_changes(room.id) == 2
    assert slack.workspace.posts(room.id) == []


async def test_changing_a_channel_needs_membership(slack: SlackWorld) -> None:
    other = slack.workspace.add_channel("other")
    calls = [
        slack.client.conversations_setTopic(channel=other.id, topic="x"),
        slack.client.conversations_rename(channel=other.id, name="x"),
        slack.client.conversations_archive(channel=other.id),
        slack.client.conversations_history(channel=other.id),
        slack.client.conversations_replies(channel=other.id, ts="1800000000.000001"),
    ]
    assert [await error_of(call) for call in calls] == ["not_in_channel"] * 5


async def test_archiving_freezes_a_channel_and_unarchiving_frees_it(slack: SlackWorld) -> None:
    room = slack.room()
    await slack.client.conversations_archive(channel=room.id)
    calls = [
        slack.client.conversations_setTopic(channel=room.id, topic="x"),
        slack.client.chat_postMessage(channel=room.id, text="x"),
        slack.client.conversations_invite(channel=room.id, users="U1"),
        slack.client.conversations_join(channel=room.id),
        slack.client.conversations_rename(channel=room.id, name="x"),
    ]
    assert [await error_of(call) for call in calls] == ["is_archived"] * 5
    assert await error_of(slack.client.conversations_archive(channel=room.id)) == "already_archived"
    await slack.client.conversations_unarchive(channel=room.id)
    assert await error_of(slack.client.conversations_unarchive(channel=room.id)) == "not_archived"
    await slack.posted(room)


async def test_general_cannot_be_archived(slack: SlackWorld) -> None:
    general = slack.workspace.general
    assert (
        await error_of(slack.client.conversations_archive(channel=general.id))
        == "cant_archive_general"
    )


async def test_archiving_a_private_channel_puts_the_bot_out(slack: SlackWorld) -> None:
    room = slack.room("secret", is_private=True)
    await slack.client.conversations_archive(channel=room.id)
    unarchive = slack.client.conversations_unarchive(channel=room.id)
    assert await error_of(unarchive) == "channel_not_found"


async def test_only_the_creator_renames_and_the_id_survives(slack: SlackWorld) -> None:
    room = slack.room()
    other = slack.workspace.add_channel("other", members=[slack.bot])
    rename = slack.client.conversations_rename
    answer = await rename(channel=room.id, name="inc-1-login")
    assert (answer["channel"]["id"], room.previous_names) == (room.id, ["inc-1"])
    assert await error_of(rename(channel=room.id, name="other")) == "name_taken"
    assert await error_of(rename(channel=room.id, name="No")) == "invalid_name_specials"
    assert await error_of(rename(channel=other.id, name="mine")) == "not_authorized"


async def test_joining_twice_is_a_warning(slack: SlackWorld) -> None:
    other = slack.workspace.add_channel("other")
    first = await slack.client.conversations_join(channel=other.id)
    second = await slack.client.conversations_join(channel=other.id)
    assert first.get("warning") is None
    assert second["warning"] == "already_in_channel"
    assert other.members == [slack.bot]


async def test_listing_pages_with_cursors_and_hides_private_channels(slack: SlackWorld) -> None:
    for number in range(4):
        slack.workspace.add_channel(f"team-{number}")
    slack.workspace.add_channel("hidden", is_private=True)
    names: list[str] = []
    cursor = ""
    for _ in range(3):
        answer = await slack.client.conversations_list(
            limit=2, cursor=cursor, types="public_channel,private_channel"
        )
        names += [channel["name"] for channel in answer["channels"]]
        cursor = answer["response_metadata"]["next_cursor"]
    assert cursor == ""
    assert names == ["general", "team-0", "team-1", "team-2", "team-3"]


async def test_a_page_without_archived_channels_may_come_up_short(slack: SlackWorld) -> None:
    """Fewer than `limit` does not mean the end; only an empty cursor does."""
    slack.workspace.add_channel("old", archived=True)
    slack.workspace.add_channel("new")
    answer = await slack.client.conversations_list(limit=2, exclude_archived=True)
    assert [channel["name"] for channel in answer["channels"]] == ["general"]
    assert answer["response_metadata"]["next_cursor"]


async def test_bad_paging_is_refused(slack: SlackWorld) -> None:
    listing = slack.client.conversations_list
    assert await error_of(listing(limit=1000)) == "invalid_limit"
    assert await error_of(listing(cursor="x")) == "invalid_cursor"
    assert await error_of(listing(cursor="bmV4dDo5OTk=")) == "invalid_cursor"
    assert await error_of(listing(types="channels")) == "invalid_types"


async def test_users_conversations_lists_what_the_bot_is_in(slack: SlackWorld) -> None:
    room = slack.room("secret", is_private=True)
    slack.workspace.add_channel("other")
    answer = await slack.client.users_conversations(types="public_channel,private_channel")
    assert [channel["id"] for channel in answer["channels"]] == [room.id]


async def test_direct_messages_open_once(slack: SlackWorld) -> None:
    ada = slack.workspace.add_user("ada")
    gone = slack.workspace.add_user("gone", deleted=True)
    first = await slack.client.conversations_open(users=ada.id)
    second = await slack.client.conversations_open(users=[ada.id], return_im=True)
    assert first["channel"]["id"] == second["channel"]["id"]
    assert second["channel"]["user"] == ada.id
    assert await error_of(slack.client.conversations_open(users=gone.id)) == "user_disabled"
    assert await error_of(slack.client.conversations_open(users="U404")) == "user_not_found"
    assert await error_of(slack.client.conversations_open(users="")) == "users_list_not_supplied"


async def test_direct_messages_take_no_channel_methods(slack: SlackWorld) -> None:
    ada = slack.workspace.add_user("ada")
    opened = await slack.client.conversations_open(users=ada.id)
    invite = slack.client.conversations_invite(channel=opened["channel"]["id"], users=ada.id)
    slack.sandbox.scopes = slack.sandbox.scopes | {"im:write"}
    assert await error_of(invite) == "method_not_supported_for_channel_type"
