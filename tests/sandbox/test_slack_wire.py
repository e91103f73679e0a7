"""How calls reach the sandbox Slack: transports, tokens, scopes and headers."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import pytest

from opsbot.sandbox.slack.facts import MANIFEST_SCOPES, METHODS
from opsbot.sandbox.slack.methods import HANDLERS
from opsbot.sandbox.slack.server import BOT_TOKEN
from tests.sandbox.slack_world import AUTH, SlackWorld, error_of, refusal


def test_every_method_of_the_table_has_a_handler_and_the_other_way_round() -> None:
    assert set(HANDLERS) == set(METHODS)


async def test_auth_test_names_the_bot_and_the_granted_scopes(slack: SlackWorld) -> None:
    """The x-oauth-scopes header carries what the token was granted."""
    answer = await slack.client.auth_test()

    assert answer["user_id"] == slack.bot
    assert answer["bot_id"] == slack.workspace.bot_id
    granted = {name.lower(): value for name, value in answer.headers.items()}["x-oauth-scopes"]
    assert set(granted.split(",")) == MANIFEST_SCOPES


FORM = {"channel": "C_ROOM", "text": "hello", "blocks": '[{"type": "divider"}]'}


@pytest.mark.parametrize(
    "request_parts",
    [
        pytest.param({"params": FORM}, id="query of a POST"),
        pytest.param({"data": FORM}, id="form"),
        pytest.param({"data": FORM, "multipart": True}, id="multipart"),
        pytest.param({"json": {**FORM, "blocks": [{"type": "divider"}]}}, id="json"),
        pytest.param({"json": FORM}, id="json with encoded blocks"),
    ],
)
async def test_arguments_arrive_by_every_transport(
    slack: SlackWorld, request_parts: dict[str, Any]
) -> None:
    """Slack reads query, form, multipart and JSON; structured arguments may be encoded strings."""
    room = slack.room(id="C_ROOM")
    if request_parts.pop("multipart", False):
        form = aiohttp.FormData(request_parts["data"])
        form.add_field("note", b"x", filename="note.txt")
        request_parts["data"] = form

    answer = await slack.raw("chat.postMessage", **request_parts)

    assert answer["ok"] is True
    assert slack.said(room, answer["ts"]).blocks[0]["type"] == "divider"


async def test_reads_take_their_arguments_from_a_get_query(slack: SlackWorld) -> None:
    room = slack.room()
    answer = await slack.client.conversations_info(channel=room.id, include_num_members=True)
    assert answer["channel"]["num_members"] == 1


async def test_a_method_that_takes_no_json_does_not_see_a_json_body(slack: SlackWorld) -> None:
    """files.getUploadURLExternal reads forms only, a well-known trap."""
    body = {"filename": "notes.txt", "length": 5}
    by_json = await slack.raw("files.getUploadURLExternal", json=body)
    by_form = await slack.raw("files.getUploadURLExternal", data=body)
    assert (by_json["error"], by_form["ok"]) == ("missing_argument", True)


@pytest.mark.parametrize(
    ("headers", "body", "error"),
    [
        ({"Content-Type": "application/json"}, b"{", "invalid_json"),
        ({"Content-Type": "application/json"}, b"[1]", "json_not_object"),
        ({"Content-Type": "application/xml"}, b"<a/>", "invalid_post_type"),
        ({"Content-Type": "application/json"}, b'{"a-b": 1}', "invalid_arg_name"),
    ],
)
async def test_unreadable_bodies_are_refused_by_name(
    slack: SlackWorld, headers: dict[str, str], body: bytes, error: str
) -> None:
    answer = await slack.raw("chat.postMessage", headers={**AUTH, **headers}, data=body)
    assert (answer["ok"], answer["error"]) == (False, error)


async def test_tokens_are_checked(slack: SlackWorld) -> None:
    """No token is not_authed, a wrong one invalid_auth; a form field carries one too."""
    none = await slack.raw("auth.test", headers={})
    wrong = await slack.raw("auth.test", headers={"Authorization": "Bearer xoxb-other"})
    form = await slack.raw("auth.test", headers={}, data={"token": BOT_TOKEN})
    assert (none["error"], wrong["error"], form["ok"]) == ("not_authed", "invalid_auth", True)


async def test_a_token_in_the_query_string_counts_for_nothing(slack: SlackWorld) -> None:
    """Apps created since February 2021 may not send tokens in URLs."""
    answer = await slack.raw("auth.test", headers={}, params={"token": BOT_TOKEN})
    assert answer["error"] == "not_authed"


async def test_unknown_methods_are_refused(slack: SlackWorld) -> None:
    for method in ("rtm.connect", "no.such.method"):
        assert await error_of(slack.client.api_call(method)) == "unknown_method"


async def test_a_missing_scope_is_named_with_what_was_provided(slack: SlackWorld) -> None:
    slack.sandbox.scopes = frozenset({"chat:write"})
    body = await refusal(slack.client.pins_add(channel="C1", timestamp="1.000000"))
    assert body["error"] == "missing_scope"
    assert (body["needed"], body["provided"]) == ("pins:write", "chat:write")


async def test_private_channels_need_the_groups_scopes(slack: SlackWorld) -> None:
    """channels:manage does not create private channels, nor channels:read show them."""
    private = slack.room("secret", is_private=True)
    slack.sandbox.scopes = frozenset({"channels:manage", "channels:read"})
    create = slack.client.conversations_create(name="inc-2", is_private=True)
    listing = slack.client.conversations_list(types="public_channel,private_channel")
    assert (await refusal(create))["needed"] == "groups:write"
    assert (await refusal(listing))["needed"] == "groups:read"
    assert await error_of(slack.client.conversations_info(channel=private.id)) == "missing_scope"


async def test_lookup_by_email_needs_both_user_scopes(slack: SlackWorld) -> None:
    slack.sandbox.scopes = frozenset({"users:read.email"})
    body = await refusal(slack.client.users_lookupByEmail(email="ada@example.com"))
    assert body["needed"] == "users:read"


async def test_missing_arguments_are_named(slack: SlackWorld) -> None:
    body = await slack.raw("chat.getPermalink", data={"channel": slack.room().id})
    assert body["error"] == "invalid_arguments"
    assert "message_ts" in json.dumps(body["response_metadata"])


async def test_answers_keep_the_text_exactly_as_received(slack: SlackWorld) -> None:
    """Escaping is the app's business; nothing is escaped, unescaped or trimmed for it."""
    text = "&amp; <!here> *x* \u202e  "
    room = slack.room()
    ts = await slack.posted(room, text)
    assert slack.said(room, ts).text == text
