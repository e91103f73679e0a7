"""Slash commands in the sandbox Slack: the request, the answer, and where Slack refuses them."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web

from opsbot.sandbox.slack.cannot import CannotAct
from tests.sandbox.slack_app import App, answering, failing
from tests.sandbox.slack_world import SlackWorld


async def test_a_command_is_a_signed_form(slack: SlackWorld, app: App) -> None:
    """Every field of Slack's page "Implementing slash commands", and a form's content type."""
    room = slack.room()
    ada = slack.person("ada", room)
    answer = await slack.sandbox.people.command(ada, room.id, "/incident", "  declare api down ")
    (command,) = app.commands
    assert answer.ok
    assert app.headers[0]["content-type"] == "application/x-www-form-urlencoded"
    assert command.pop("trigger_id")
    assert command.pop("response_url").startswith(slack.workspace.url)
    assert command == {
        "token": "sandbox-verification-token",
        "team_id": slack.workspace.team_id,
        "team_domain": "sandbox",
        "channel_id": room.id,
        "channel_name": "inc-1",
        "user_id": ada,
        "user_name": "ada",
        "command": "/incident",
        "text": "declare api down",
        "api_app_id": slack.workspace.app_id,
        "is_enterprise_install": "false",
    }


async def test_direct_messages_and_private_channels_carry_no_name(
    slack: SlackWorld, app: App
) -> None:
    room = slack.room(is_private=True)
    ada = slack.person("ada", room)
    people = slack.sandbox.people
    direct = await people.open_direct(ada)
    await people.command(ada, room.id, "/incident")
    await people.command(ada, direct, "/incident")
    names = [command["channel_name"] for command in app.commands]
    assert names == ["privategroup", "directmessage"]


async def test_names_and_links_are_escaped_when_the_command_asks_for_it(
    slack: SlackWorld, app: App
) -> None:
    """Only names that exist become tokens; without should_escape the text stays as typed."""
    room = slack.room()
    ada = slack.person("ada", room)
    group = slack.workspace.add_usergroup("oncall", [ada])
    typed = "lead @ada. #inc-1 @oncall @nobody #none a<b & https://example.com/x?a=1&b=2, ok"
    people = slack.sandbox.people
    await people.command(ada, room.id, "/incident", typed)
    slack.sandbox.app.commands["/plain"] = False
    await people.command(ada, room.id, "/plain", typed)
    escaped, plain = (command["text"] for command in app.commands)
    assert plain == typed
    assert escaped == (
        f"lead <@{ada}|ada>. <#{room.id}|inc-1> <!subteam^{group.id}|@oncall> @nobody #none "
        "a&lt;b &amp; <https://example.com/x?a=1&amp;b=2>, ok"
    )


async def test_a_private_channel_one_cannot_see_is_no_token(slack: SlackWorld, app: App) -> None:
    room = slack.room()
    slack.room("secret", is_private=True)
    ada = slack.person("ada", room)
    await slack.sandbox.people.command(ada, room.id, "/incident", "#secret")
    assert app.commands[0]["text"] == "#secret"


async def test_slack_refuses_commands_in_threads_and_unknown_ones(
    slack: SlackWorld, app: App
) -> None:
    room, old = slack.room(), slack.room("old", archived=True)
    ada = slack.person("ada", room, old)
    bob = slack.person("bob")
    ts = await slack.posted(room)
    command = slack.sandbox.people.command
    with pytest.raises(CannotAct, match=r"/incident is not supported in threads. Sorry!"):
        await command(ada, room.id, "/incident", thread_ts=ts)
    with pytest.raises(CannotAct, match="/incdent is not a valid command"):
        await command(ada, room.id, "/incdent")
    with pytest.raises(CannotAct, match="join it first"):
        await command(bob, room.id, "/incident")
    with pytest.raises(CannotAct, match="archived"):
        await command(ada, old.id, "/incident")
    assert app.commands == []


@pytest.mark.parametrize(
    ("body", "shown"),
    [({"text": "hello"}, "hello"), ({"blocks": [{"type": "divider"}]}, ""), ("plain", "plain")],
)
async def test_an_inline_answer_is_shown_to_the_person_alone(
    slack: SlackWorld, app: App, body: object, shown: str
) -> None:
    room = slack.room()
    ada = slack.person("ada", room)
    app.answer = (
        (lambda payload: web.Response(text=body)) if isinstance(body, str) else answering(body)
    )
    answer = await slack.sandbox.people.command(ada, room.id, "/incident")
    assert answer.told == ""
    assert [(one.user, one.text) for one in slack.workspace.ephemerals] == [(ada, shown)]


async def test_an_inline_answer_may_be_for_everybody(slack: SlackWorld, app: App) -> None:
    room = slack.room()
    ada = slack.person("ada", room)
    app.answer = answering({"response_type": "in_channel", "text": "declared"})
    await slack.sandbox.people.command(ada, room.id, "/incident", copies=3)
    assert slack.workspace.visible_text(room.id) == "declared"


@pytest.mark.parametrize(
    ("status", "word"), [(404, "http_client_error"), (500, "http_service_error")]
)
async def test_a_refused_command_is_told_and_not_retried(
    slack: SlackWorld, app: App, status: int, word: str
) -> None:
    """Commands are never retried: the person sees Slack's sentence and types again."""
    room = slack.room()
    ada = slack.person("ada", room)
    app.answer = failing(status)
    answer = await slack.sandbox.people.command(ada, room.id, "/incident")
    assert answer.told == f'/incident failed with the error "{word}"'
    slack.clock.advance(3600)
    await slack.sandbox.courier.settled()
    assert len(app.commands) == 1


async def test_an_app_that_takes_three_seconds_is_a_timeout(slack: SlackWorld, app: App) -> None:
    """The deadline is on the sandbox's clock; the notice stays readable for the page."""
    room = slack.room()
    ada = slack.person("ada", room)
    app.answer_after = 30.0
    asking = asyncio.create_task(slack.sandbox.people.command(ada, room.id, "/incident"))
    await app.got(1)
    slack.clock.advance(3.1)
    answer = await asking
    sentence = '/incident failed with the error "operation_timeout"'
    assert (answer.status, answer.told) == (0, sentence)
    (notice,) = slack.sandbox.people.notices[ada]
    assert (notice.text, notice.channel) == (sentence, room.id)


async def test_an_app_that_is_not_there_cannot_be_dispatched_to(
    slack: SlackWorld, app: App
) -> None:
    room = slack.room()
    ada = slack.person("ada", room)
    slack.sandbox.app.commands_url = "http://127.0.0.1:9/nobody-listens"
    answer = await slack.sandbox.people.command(ada, room.id, "/incident")
    assert answer.told == '/incident failed with the error "dispatch_failed"'
    slack.sandbox.app.commands_url = None
    with pytest.raises(CannotAct, match="commands_url"):
        await slack.sandbox.people.command(ada, room.id, "/incident")


async def test_content_slack_cannot_show_is_told_by_its_error(slack: SlackWorld, app: App) -> None:
    room = slack.room()
    ada = slack.person("ada", room)
    app.answer = answering({"blocks": [{"type": "knob"}]})
    answer = await slack.sandbox.people.command(ada, room.id, "/incident")
    assert answer.told == '/incident failed with the error "invalid_blocks"'
    assert slack.workspace.ephemerals == []


async def test_a_commands_response_url_has_nothing_to_replace(slack: SlackWorld, app: App) -> None:
    """It whispers, or speaks in the channel; there is no message behind it."""
    room = slack.room()
    ada = slack.person("ada", room)
    await slack.sandbox.people.command(ada, room.id, "/incident")
    url = app.commands[0]["response_url"]
    for body in (
        {"text": "one", "replace_original": True},
        {"delete_original": True},
        {"text": "two", "response_type": "in_channel"},
    ):
        async with slack.session.post(url, json=body) as response:
            assert response.status == 200
    assert [shown.text for shown in slack.workspace.ephemerals] == ["one"]
    assert slack.workspace.visible_text(room.id) == "two"
