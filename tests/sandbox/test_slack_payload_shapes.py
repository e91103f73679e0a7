"""Every payload the sandbox Slack sends, held against the fields Slack's payloads have.

`slack_payload_fields.json` lists names and JSON types from java-slack-sdk's samples (MIT, commit
86ff7ca9, 2026-08-07: json-logs/samples/events and app-backend). They are a union of everything
seen, so a field may be absent from a payload, but none may be unknown or of another type.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.slack_app import App
from tests.sandbox.slack_forms import acting, asking, button, form, opened
from tests.sandbox.slack_world import SlackWorld

Json = dict[str, Any]
KNOWN: dict[str, dict[str, dict[str, str]]] = json.loads(
    Path(__file__).with_name("slack_payload_fields.json").read_text("utf-8")
)
TYPES = {str: "string", int: "number", bool: "boolean", dict: "object", list: "array"}

# On Slack's own pages, and missing from the samples.
PAGES: dict[str, set[str]] = {
    "outer": {"context_team_id", "context_enterprise_id"},
    "event": {"app_id", "bot_id", "bot_profile", "channel_type", "parent_user_id", "team"},
}


def strange(sent: Json, known: dict[str, str], also: set[str]) -> dict[str, str]:
    """Return the fields that Slack's payload does not have, or has with another type."""
    found = {name: TYPES[type(value)] for name, value in sent.items() if value is not None}
    return {
        name: kind
        for name, kind in found.items()
        if known.get(name) != kind and not (name not in known and name in also)
    }


async def everything(slack: SlackWorld, app: App) -> None:
    """Bring about every event once."""
    slack.sandbox.scopes = slack.sandbox.scopes | {"files:read"}
    app.hear_events()
    more = {"channel_created", "channel_left", "file_shared", "member_left_channel", "pin_removed"}
    slack.sandbox.app.subscribed |= more
    room = slack.room()
    root, bob = slack.person("root", room, is_admin=True), slack.person("bob")
    people, workspace = slack.sandbox.people, slack.workspace
    ts = await people.say(root, room.id, "@opsbot hello")
    await people.say(root, room.id, "reply", thread_ts=ts, broadcast=True)
    await people.edit(root, room.id, ts, "hello")
    await people.react(root, room.id, ts, "eyes")
    await people.unreact(root, room.id, ts, "eyes")
    await people.pin(root, room.id, ts)
    await people.unpin(root, room.id, ts)
    await people.invite(root, room.id, [bob])
    await people.leave(bob, room.id)
    await people.set_topic(root, room.id, "triage")
    await slack.client.files_upload_v2(channel=room.id, filename="a.txt", content="a")
    await people.delete(root, room.id, await people.say(root, room.id, "gone"))
    await people.open_home(root)
    await people.create_channel(root, "talk")
    await people.rename(root, room.id, "inc-2")
    await people.archive(root, room.id)
    await people.unarchive(root, room.id)
    workspace.move_channel(room, "C0MOVED")
    workspace.leave(room, slack.bot, actor=root)
    await people.delete_channel(root, "C0MOVED")
    slack.sandbox.uninstall()
    await slack.sandbox.courier.settled()


SAMPLES = {
    "app_home_opened": "AppHomeOpened",
    "app_mention": "AppMention",
    "app_uninstalled": "AppUninstalled",
    "channel_archive": "ChannelArchive",
    "channel_created": "ChannelCreated",
    "channel_deleted": "ChannelDeleted",
    "channel_id_changed": "ChannelIdChanged",
    "channel_left": "ChannelLeft",
    "channel_rename": "ChannelRename",
    "channel_unarchive": "ChannelUnarchive",
    "file_shared": "FileShared",
    "member_joined_channel": "MemberJoinedChannel",
    "member_left_channel": "MemberLeftChannel",
    "message": "Message",
    "message/channel_join": "MessageChannelJoin",
    "message/channel_topic": "MessageChannelTopic",
    "message/file_share": "MessageFileShare",
    "message/message_changed": "MessageChanged",
    "message/message_deleted": "MessageDeleted",
    "message/thread_broadcast": "MessageThreadBroadcast",
    "pin_added": "PinAdded",
    "pin_removed": "PinRemoved",
    "reaction_added": "ReactionAdded",
    "reaction_removed": "ReactionRemoved",
    "tokens_revoked": "TokensRevoked",
}


async def test_every_event_has_only_fields_slack_sends(slack: SlackWorld, app: App) -> None:
    await everything(slack, app)
    seen: set[str] = set()
    for payload in app.events:
        event = payload["event"]
        name = "/".join(filter(None, (event["type"], event.get("subtype"))))
        known = KNOWN.get(SAMPLES.get(name, ""))
        if known is None:
            assert name.startswith("message/channel_"), name
            continue
        seen.add(name)
        assert strange(payload, known["outer"], PAGES["outer"]) == {}, name
        assert strange(event, known["event"], PAGES["event"]) == {}, name
    assert seen == set(SAMPLES)


@pytest.fixture
async def payloads(slack: SlackWorld, app: App) -> dict[str, Json]:
    """One payload of every interaction, and a command."""
    room = slack.room()
    ada = slack.person("ada", room)
    people = slack.sandbox.people
    ts = await slack.posted(room, blocks=[acting("row", button("go", style="primary"))])
    await people.click(ada, room.id, ts, "go")
    await people.shortcut(ada, "note", room.id, ts)
    view = await opened(slack, ada, form(asking("a", "plain_text_input", optional=True)))
    await people.submit(ada, view)
    closing = await opened(slack, ada, form(notify_on_close=True))
    await people.close_view(ada, closing)
    await people.command(ada, room.id, "/incident", "list")
    found = {payload["type"]: payload for payload in app.payloads}
    return {**found, "command": app.commands[0]}


@pytest.mark.parametrize(
    ("kind", "sample"),
    [
        ("block_actions", "BlockAction"),
        ("message_action", "MessageShortcut"),
        ("view_submission", "ViewSubmission"),
        ("view_closed", "ViewClosed"),
    ],
)
async def test_every_interaction_has_only_fields_slack_sends(
    payloads: dict[str, Json], kind: str, sample: str
) -> None:
    payload, known = payloads[kind], KNOWN[sample]
    pages = {"response_urls", "action_ts"}
    assert strange(payload, known["outer"], pages) == {}
    for inner, fields in known.items():
        if inner == "action":
            assert strange(payload["actions"][0], fields, set()) == {}
        elif inner in payload:
            assert strange(payload[inner], fields, {"blocks", "edited"}) == {}, inner


async def test_a_command_has_every_field_slack_sends(payloads: dict[str, Json]) -> None:
    """Only an enterprise's two are left out: this workspace belongs to none."""
    missing = set(KNOWN["SlashCommand"]["outer"]) - set(payloads["command"])
    assert missing == {"enterprise_id", "enterprise_name"}
    assert set(payloads["command"]) <= set(KNOWN["SlashCommand"]["outer"])
