"""What an app hears of the sandbox Slack through events: which, when, and with whom present."""

from __future__ import annotations

from typing import Any

from opsbot.sandbox.slack.events.subscriptions import DEFAULT_SUBSCRIPTIONS, SCOPES
from opsbot.sandbox.slack.workspace import Workspace
from tests.sandbox.slack_app import App
from tests.sandbox.slack_world import ManualClock, SlackWorld

Json = dict[str, Any]


async def told(slack: SlackWorld, app: App) -> list[Json]:
    """Return the inner events delivered since the last look, in the order they happened."""
    await slack.sandbox.courier.settled()
    events = sorted((payload["event"] for payload in app.events), key=lambda e: e["event_ts"])
    app.events.clear()
    return events


def test_every_default_subscription_has_its_scopes_written_down() -> None:
    assert set(SCOPES) >= DEFAULT_SUBSCRIPTIONS


async def test_the_envelope_names_team_app_and_authorization(slack: SlackWorld, app: App) -> None:
    app.hear_events()
    room = slack.room()
    ada = slack.person("ada", room)
    await slack.sandbox.people.say(ada, room.id, "one")
    await slack.sandbox.people.say(ada, room.id, "two")
    await slack.sandbox.courier.settled()
    first, second = app.events
    assert first["type"] == "event_callback"
    assert first["team_id"] == first["context_team_id"] == slack.workspace.team_id
    assert first["api_app_id"] == slack.workspace.app_id
    assert first["event_time"] == slack.workspace.now()
    assert first["event_id"].startswith("Ev")
    assert first["event_id"] != second["event_id"]
    assert room.id in first["event_context"]
    assert first["is_ext_shared_channel"] is False
    (authorization,) = first["authorizations"]
    assert (authorization["user_id"], authorization["is_bot"]) == (slack.bot, True)


async def test_a_message_reaches_the_app_where_the_bot_is_a_member(
    slack: SlackWorld, app: App
) -> None:
    """Public and private channels by membership, direct messages with the app always."""
    app.hear_events()
    inside, outside = slack.room(), slack.workspace.add_channel("outside")
    private = slack.room("inc-2", is_private=True)
    ada = slack.person("ada", inside, outside, private)
    people = slack.sandbox.people
    direct = await people.open_direct(ada)
    for channel in (inside.id, outside.id, private.id, direct):
        await people.say(ada, channel, "hello")
    events = await told(slack, app)
    assert [(one["channel"], one["channel_type"]) for one in events] == [
        (inside.id, "channel"),
        (private.id, "group"),
        (direct, "im"),
    ]
    assert slack.sandbox.feed.withheld["message.channels", "not a member"] == 1


async def test_a_persons_message_has_text_blocks_and_a_client_id(
    slack: SlackWorld, app: App
) -> None:
    app.hear_events()
    room = slack.room()
    ada = slack.person("ada", room)
    parent = await slack.posted(room)
    await told(slack, app)
    ts = await slack.sandbox.people.say(ada, room.id, "a < b", thread_ts=parent)
    (event,) = await told(slack, app)
    assert event.pop("client_msg_id")
    assert event == {
        "type": "message",
        "user": ada,
        "text": "a &lt; b",
        "ts": ts,
        "event_ts": ts,
        "team": slack.workspace.team_id,
        "channel": room.id,
        "channel_type": "channel",
        "thread_ts": parent,
        "parent_user_id": slack.bot,
        "blocks": [
            {
                "type": "rich_text",
                "block_id": "b0",
                "elements": [
                    {"type": "rich_text_section", "elements": [{"type": "text", "text": "a < b"}]}
                ],
            }
        ],
    }


async def test_a_mention_is_told_twice_with_two_event_ids(slack: SlackWorld, app: App) -> None:
    """app_mention and message for the same ts; none for a direct message or another's name."""
    app.hear_events()
    room = slack.room()
    ada = slack.person("ada", room)
    people = slack.sandbox.people
    ts = await people.say(ada, room.id, "@opsbot status")
    await slack.sandbox.courier.settled()
    assert {(one["event"]["type"], one["event"]["ts"]) for one in app.events} == {
        ("message", ts),
        ("app_mention", ts),
    }
    assert len({one["event_id"] for one in app.events}) == 2
    mention = next(e["event"] for e in app.events if e["event"]["type"] == "app_mention")
    assert mention["text"] == f"<@{slack.bot}> status"
    assert "channel_type" not in mention
    app.events.clear()
    await people.say(ada, await people.open_direct(ada), "@opsbot status")
    await people.say(ada, room.id, "@ada status")
    assert [event["type"] for event in await told(slack, app)] == ["message", "message"]


async def test_the_bots_own_posts_echo_with_its_ids(slack: SlackWorld, app: App) -> None:
    app.hear_events()
    room = slack.room()
    ts = await slack.posted(room, f"I am <@{slack.bot}>")
    (event,) = await told(slack, app)
    assert (event["type"], event["ts"], event["user"]) == ("message", ts, slack.bot)
    assert event["bot_id"] == event["bot_profile"]["id"] == slack.workspace.bot_id
    assert event["app_id"] == slack.workspace.app_id
    assert "subtype" not in event


async def test_edits_and_deletions_carry_what_was_said_before(slack: SlackWorld, app: App) -> None:
    app.hear_events("message.channels")
    room = slack.room()
    ada = slack.person("ada", room)
    people = slack.sandbox.people
    ts = await people.say(ada, room.id, "down")
    await people.edit(ada, room.id, ts, "up")
    await people.delete(ada, room.id, ts)
    _, changed, deleted = await told(slack, app)
    assert (changed["subtype"], changed["hidden"]) == ("message_changed", True)
    assert (changed["message"]["text"], changed["previous_message"]["text"]) == ("up", "down")
    assert changed["message"]["ts"] == ts != changed["ts"] == changed["event_ts"]
    assert changed["message"]["edited"]["user"] == ada
    assert (deleted["subtype"], deleted["deleted_ts"]) == ("message_deleted", ts)
    assert deleted["previous_message"]["text"] == "up"


async def test_a_deleted_parent_becomes_a_tombstone(slack: SlackWorld, app: App) -> None:
    app.hear_events("message.channels")
    room = slack.room()
    ada = slack.person("ada", room)
    people = slack.sandbox.people
    parent = await people.say(ada, room.id, "card")
    await people.say(ada, room.id, "reply", thread_ts=parent, broadcast=True)
    await people.delete(ada, room.id, parent)
    _, reply, gone = await told(slack, app)
    assert (reply["subtype"], reply["root"]["ts"]) == ("thread_broadcast", parent)
    assert (gone["subtype"], gone["message"]["subtype"]) == ("message_changed", "tombstone")
    assert gone["previous_message"]["text"] == "card"


async def test_a_card_edited_by_the_app_is_told_too(slack: SlackWorld, app: App) -> None:
    app.hear_events("message.channels")
    room = slack.room()
    ts = await slack.posted(room, "card")
    await slack.client.chat_update(channel=room.id, ts=ts, text="card 2")
    _, changed = await told(slack, app)
    assert changed["message"]["bot_id"] == slack.workspace.bot_id


async def test_reactions_and_pins_name_the_message_and_its_author(
    slack: SlackWorld, app: App
) -> None:
    app.hear_events("reaction_added", "reaction_removed", "pin_added", "pin_removed")
    room, outside = slack.room(), slack.workspace.add_channel("outside")
    ada = slack.person("ada", room, outside)
    people = slack.sandbox.people
    ts = await slack.posted(room)
    elsewhere = await people.say(ada, outside.id, "hello")
    await people.react(ada, outside.id, elsewhere, "eyes")
    await people.react(ada, room.id, ts, ":pushpin:")
    await people.unreact(ada, room.id, ts, "pushpin")
    await people.pin(ada, room.id, ts)
    await people.unpin(ada, room.id, ts)
    added, removed, pinned, unpinned = await told(slack, app)
    assert added == {
        "type": "reaction_added",
        "user": ada,
        "reaction": "pushpin",
        "item": {"type": "message", "channel": room.id, "ts": ts},
        "item_user": slack.bot,
        "event_ts": added["event_ts"],
    }
    assert removed["type"] == "reaction_removed"
    assert (pinned["channel_id"], pinned["pin_count"], pinned["item_user"]) == (
        room.id,
        1,
        slack.bot,
    )
    assert pinned["item"]["message"]["ts"] == ts
    assert (unpinned["type"], unpinned["has_pins"]) == ("pin_removed", False)


async def test_public_channels_change_in_view_of_everybody(slack: SlackWorld, app: App) -> None:
    """No membership needed, as long as the bot may read channels."""
    names = ("rename", "archive", "unarchive", "deleted", "created", "id_changed")
    app.hear_events(*(f"channel_{name}" for name in names))
    root = slack.person("root", is_admin=True)
    people = slack.sandbox.people
    channel = await people.create_channel(root, "talk")
    await people.rename(root, channel, "chat")
    await people.archive(root, channel)
    await people.unarchive(root, channel)
    slack.workspace.move_channel(slack.workspace.channels[channel], "C0MOVED")
    await people.delete_channel(root, "C0MOVED")
    created, renamed, archived, unarchived, moved, deleted = await told(slack, app)
    assert created["channel"]["id"] == channel
    assert (renamed["channel"]["name"], renamed["channel"]["id"]) == ("chat", channel)
    assert (archived["type"], archived["user"]) == ("channel_archive", root)
    assert (unarchived["type"], unarchived["channel"]) == ("channel_unarchive", channel)
    assert (moved["old_channel_id"], moved["new_channel_id"]) == (channel, "C0MOVED")
    assert (deleted["channel"], deleted["actor_id"]) == ("C0MOVED", root)


async def test_private_channels_change_for_members_only(slack: SlackWorld, app: App) -> None:
    """The bot hears that its private channel was archived, and is out of it by that."""
    app.hear_events("group_rename", "group_archive", "group_unarchive", "group_deleted")
    ours = slack.room("ours", is_private=True)
    theirs = slack.workspace.add_channel("theirs", is_private=True)
    root = slack.person("root", ours, theirs, is_admin=True)
    people = slack.sandbox.people
    for channel in (ours, theirs):
        await people.rename(root, channel.id, f"{channel.name}-2")
        await people.archive(root, channel.id)
        await people.unarchive(root, channel.id)
    events = await told(slack, app)
    assert [event["type"] for event in events] == ["group_rename", "group_archive"]
    assert slack.bot not in ours.members


async def test_joining_and_leaving_are_told_to_those_inside(slack: SlackWorld, app: App) -> None:
    names = ("member_joined_channel", "member_left_channel", "channel_left")
    app.hear_events(*names)
    room, other = slack.room(), slack.workspace.add_channel("other")
    ada, bob = slack.person("ada", room), slack.person("bob")
    people = slack.sandbox.people
    await people.invite(ada, room.id, [bob])
    await people.join(bob, other.id)
    await people.leave(bob, room.id)
    await people.invite(bob, other.id, [slack.bot])
    joined, left, bot_joined = await told(slack, app)
    assert (joined["user"], joined["inviter"], joined["channel_type"]) == (bob, ada, "C")
    assert (left["type"], left["user"]) == ("member_left_channel", bob)
    assert (bot_joined["user"], bot_joined["channel"]) == (slack.bot, other.id)
    slack.workspace.leave(other, slack.bot, actor=bob)
    (gone,) = await told(slack, app)
    assert (gone["type"], gone["actor_id"]) == ("channel_left", bob)


async def test_the_home_tab_is_told_with_what_it_shows(slack: SlackWorld, app: App) -> None:
    app.hear_events("app_home_opened")
    ada = slack.person("ada")
    people = slack.sandbox.people
    await people.open_home(ada)
    home = {"type": "home", "blocks": [{"type": "divider"}]}
    published = await slack.client.views_publish(user_id=ada, view=home)
    await people.open_home(ada)
    await people.open_home(ada, tab="messages")
    first, second, third = await told(slack, app)
    assert (first["user"], first["tab"], "view" in first) == (ada, "home", False)
    assert slack.workspace.channels[first["channel"]].kind == "im"
    assert second["view"]["id"] == published["view"]["id"]
    assert (third["tab"], "view" in third) == ("messages", False)


async def test_an_app_hears_only_what_it_subscribed_to_and_has_scopes_for(
    slack: SlackWorld, app: App
) -> None:
    app.hear_events("message.channels")
    room = slack.room()
    ada = slack.person("ada", room)
    people = slack.sandbox.people
    slack.sandbox.scopes = slack.sandbox.scopes - {"channels:history"}
    ts = await people.say(ada, room.id, "unheard")
    slack.sandbox.scopes = slack.sandbox.scopes | {"channels:history"}
    await people.react(ada, room.id, ts, "eyes")
    assert await told(slack, app) == []
    withheld = slack.sandbox.feed.withheld
    assert withheld["message.channels", "no scope"] == 1
    assert withheld["reaction_added", "not subscribed"] == 1


async def test_a_stranger_of_a_shared_channel_comes_with_another_team(
    slack: SlackWorld, app: App
) -> None:
    """Slack Connect: the outer team is theirs, ours stands in context and authorizations."""
    app.hear_events("message.channels")
    room = slack.room()
    eve = slack.person("eve", room, is_stranger=True, team_id="T0OTHER")
    await slack.sandbox.people.say(eve, room.id, "hello")
    await slack.sandbox.courier.settled()
    (payload,) = app.events
    assert (payload["team_id"], payload["event"]["team"]) == ("T0OTHER", "T0OTHER")
    assert payload["context_team_id"] == slack.workspace.team_id
    assert payload["authorizations"][0]["team_id"] == slack.workspace.team_id
    assert payload["is_ext_shared_channel"] is True


async def test_a_shared_file_is_a_message_and_an_event(slack: SlackWorld, app: App) -> None:
    slack.sandbox.scopes = slack.sandbox.scopes | {"files:read"}
    app.hear_events("message.channels", "file_shared")
    room = slack.room()
    await slack.client.files_upload_v2(channel=room.id, filename="log.txt", content="line 1")
    message, shared = await told(slack, app)
    assert (message["subtype"], message["files"][0]["name"]) == ("file_share", "log.txt")
    assert (shared["type"], shared["file_id"]) == ("file_shared", message["files"][0]["id"])


async def test_seeding_is_not_told(slack: SlackWorld, app: App) -> None:
    """Setting the scene up is not something that happened."""
    app.hear_events("channel_created", "member_joined_channel", "message.channels")
    slack.room()
    assert await told(slack, app) == []


async def test_an_event_of_ones_own_making_is_delivered(slack: SlackWorld, app: App) -> None:
    """For what the workspace cannot bring about by itself."""
    app.hear_events("subteam_updated")
    event = {"type": "subteam_updated", "subteam": {"id": "S1"}, "event_ts": "1.000001"}
    slack.sandbox.feed.emit("subteam_updated", event)
    assert await told(slack, app) == [event]


def test_a_guest_finds_only_channels_they_are_in() -> None:
    workspace = Workspace(clock=ManualClock())
    guest = workspace.add_user("guest", is_restricted=True)
    public = workspace.add_channel("public")
    assert workspace.can_see(guest.id, public) is False
    public.members.append(guest.id)
    assert workspace.can_see(guest.id, public) is True
