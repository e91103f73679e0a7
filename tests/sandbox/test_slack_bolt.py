"""Slack's own framework, unchanged, against the sandbox Slack: by Socket Mode and by HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from opsbot.sandbox.slack.server import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET, SlackSandbox
from tests.sandbox.slack_forms import acting, asking, button, form, modal, options
from tests.sandbox.slack_world import until

Json = dict[str, Any]


def bolt_app(client: Any, heard: list[str]) -> Any:
    """An app with a listener of every kind, each noting what it heard."""
    app: Any = AsyncApp(client=client, signing_secret=SIGNING_SECRET)
    menu = asking("service", "external_select", action_id="find", min_query_length=1)

    async def declare(ack: Any, body: Json, client: Any) -> None:
        await ack("opening")
        heard.append(f"command {body['text']}")
        view = form(asking("title", "plain_text_input"), menu, callback_id="declare")
        await client.views_open(trigger_id=body["trigger_id"], view=view)

    async def submitted(ack: Any, view: Json) -> None:
        title = view["state"]["values"]["title"]["plain_text_input"]["value"]
        heard.append(f"submission {title}")
        if len(title) < 5:
            await ack(response_action="errors", errors={"title": "Say more."})
        else:
            await ack(response_action="update", view=modal())

    async def offered(ack: Any, payload: Json) -> None:
        heard.append(f"options {payload['value']}")
        await ack(options=options("auth-api"))

    async def clicked(ack: Any, action: Json) -> None:
        await ack()
        heard.append(f"action {action['action_id']}")

    async def noted(ack: Any, shortcut: Json) -> None:
        await ack()
        heard.append(f"shortcut {shortcut['message']['text']}")

    async def event(event: Json) -> None:
        heard.append(f"{event['type']} {event.get('text', event.get('reaction'))}")

    app.command("/incident")(declare)
    app.view("declare")(submitted)
    app.options("find")(offered)
    app.action("go")(clicked)
    app.message_shortcut("note")(noted)
    for name in ("app_mention", "message", "reaction_added"):
        app.event(name)(event)
    return app


async def play(sandbox: SlackSandbox, client: Any, heard: list[str]) -> None:
    """Do one thing of every kind, and hold what the app heard against it."""
    workspace, people = sandbox.workspace, sandbox.people
    ada = workspace.add_user("ada").id
    room = workspace.add_channel("inc-1", creator=workspace.bot_user_id, members=[ada])
    posted = await client.chat_postMessage(
        channel=room.id, text="card", blocks=[acting("row", button("go"))]
    )
    ts = str(posted["ts"])
    assert (await people.command(ada, room.id, "/incident", "api down")).ok
    await until(lambda: people.modal(ada) is not None)
    shown = people.modal(ada)
    assert shown is not None
    assert await people.suggest(ada, shown.id, "service", "find", "au") == options("auth-api")
    values = {"title": {"plain_text_input": "api"}, "service": {"find": "auth-api"}}
    await people.submit(ada, shown.id, values)
    assert people.errors(shown.id) == {"title": "Say more."}
    await people.submit(ada, shown.id, {"title": {"plain_text_input": "api down"}})
    assert "callback_id" not in shown.view
    assert (await people.click(ada, room.id, ts, "go")).ok
    assert (await people.shortcut(ada, "note", room.id, ts)).ok
    await people.say(ada, room.id, "@opsbot status")
    await people.react(ada, room.id, ts, "eyes")
    await sandbox.courier.settled()
    mention = f"<@{workspace.bot_user_id}> status"
    expected = [
        "action go",
        f"app_mention {mention}",
        "command api down",
        f"message {mention}",
        "options au",
        "reaction_added eyes",
        "shortcut card",
        "submission api",
        "submission api down",
    ]
    await until(lambda: len(heard) == len(expected))
    assert sorted(heard) == expected
    assert [one.text for one in workspace.ephemerals] == ["opening"]
    assert {one.failure for one in sandbox.deliveries} == {""}


@pytest.fixture
async def sandbox(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SlackSandbox]:
    """A sandbox on the machine's clock: Bolt checks signatures against it."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    slack = SlackSandbox(environ={})
    await slack.start()
    yield slack
    await slack.stop()


async def test_bolt_in_socket_mode_hears_and_answers_everything(sandbox: SlackSandbox) -> None:
    heard: list[str] = []
    async with aiohttp.ClientSession() as session:
        base_url = f"{sandbox.workspace.url}api/"
        client = AsyncWebClient(token=BOT_TOKEN, base_url=base_url, session=session)
        handler = AsyncSocketModeHandler(bolt_app(client, heard), APP_TOKEN)
        await handler.connect_async()
        try:
            await until(lambda: sandbox.sockets.connected)
            await play(sandbox, client, heard)
            assert {one.transport for one in sandbox.deliveries} == {"socket"}
        finally:
            await handler.close_async()


async def test_bolt_over_http_hears_and_answers_everything(sandbox: SlackSandbox) -> None:
    heard: list[str] = []
    async with aiohttp.ClientSession() as session:
        base_url = f"{sandbox.workspace.url}api/"
        client = AsyncWebClient(token=BOT_TOKEN, base_url=base_url, session=session)
        app = bolt_app(client, heard)

        async def take(request: web.Request) -> web.Response:
            answer = await app.async_dispatch(await to_bolt_request(request))
            return await to_aiohttp_response(answer)

        listening = web.Application()
        listening.router.add_post("/slack", take)
        runner = web.AppRunner(listening, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack"
        settings = sandbox.app
        settings.events_url = settings.commands_url = settings.interactivity_url = url
        assert await sandbox.courier.verify_events_url()
        await play(sandbox, client, heard)
        assert {one.transport for one in sandbox.deliveries} == {"http"}
        await sandbox.courier.close()
        await runner.cleanup()
