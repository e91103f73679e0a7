"""Socket Mode in the sandbox Slack: tickets, connections, and what goes over them."""

from __future__ import annotations

from contextlib import AsyncExitStack

import aiohttp
import pytest
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from opsbot.sandbox.slack import faults
from opsbot.sandbox.slack.server import APP_TOKEN, BOT_TOKEN
from tests.sandbox.slack_app import App
from tests.sandbox.slack_socket import connected, open_url
from tests.sandbox.slack_world import SlackWorld, error_of, until


async def test_only_the_app_level_token_opens_a_connection(slack: SlackWorld) -> None:
    """A bot token is the wrong type, an unknown one invalid; nothing else takes the xapp token."""
    assert (await open_url(slack))["ok"] is True
    assert (await open_url(slack, BOT_TOKEN))["error"] == "not_allowed_token_type"
    assert (await open_url(slack, "xapp-other"))["error"] == "invalid_auth"
    assert (await slack.raw("apps.connections.open", headers={}))["error"] == "not_authed"
    wrong = await slack.raw("auth.test", headers={"Authorization": f"Bearer {APP_TOKEN}"})
    assert wrong["error"] == "not_allowed_token_type"
    slack.sandbox.tokens.app_scopes = frozenset()
    refused = await open_url(slack)
    assert (refused["error"], refused["needed"]) == ("missing_scope", "connections:write")


async def test_a_ticket_works_once_and_not_for_long(slack: SlackWorld) -> None:
    url = (await open_url(slack))["url"]
    assert url.startswith("ws://127.0.0.1:")
    assert url.endswith(f"&app_id={slack.workspace.app_id}")
    async with slack.session.ws_connect(url) as socket:
        assert (await socket.receive_json())["type"] == "hello"
    late = (await open_url(slack))["url"]
    for used, seconds in ((url, 0), (url.replace("ticket=", "ticket=x"), 0), (late, 31)):
        slack.clock.advance(seconds)
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await slack.session.ws_connect(used)
        assert refused.value.status == 401


async def test_hello_counts_the_connections(slack: SlackWorld) -> None:
    """Slack page "Using Socket Mode", the hello message."""
    async with connected(slack) as one, connected(slack) as two:
        hello = two.frames[0]
        assert one.frames[0]["num_connections"] == 1
        assert hello["num_connections"] == 2
        assert hello["connection_info"] == {"app_id": slack.workspace.app_id}
        assert hello["debug_info"]["approximate_connection_time"] == 18_060
        assert slack.sandbox.sockets.connected is True
    await until(lambda: not slack.sandbox.sockets.connected)


async def test_the_eleventh_connection_is_one_too_many(slack: SlackWorld) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(10):
            await stack.enter_async_context(connected(slack))
        async with connected(slack) as eleventh:
            assert eleventh.disconnects == ["too_many_websockets"]
            await until(lambda: eleventh.socket.closed)
        assert len(slack.sandbox.sockets.links) == 10


async def test_an_event_is_an_envelope_and_its_acknowledgement_ends_it(slack: SlackWorld) -> None:
    room = slack.room()
    ada = slack.person("ada", room)
    async with connected(slack) as client:
        await slack.sandbox.people.say(ada, room.id, "hello")
        await slack.sandbox.courier.settled()
        (envelope,) = client.envelopes
        assert envelope["type"] == "events_api"
        assert envelope["payload"]["event"]["text"] == "hello"
        assert envelope["accepts_response_payload"] is False
        assert (envelope["retry_attempt"], envelope["retry_reason"]) == (0, "")
    (delivery,) = slack.sandbox.deliveries
    assert (delivery.transport, delivery.status, delivery.url) == ("socket", 200, "socket-1")
    assert delivery.id == envelope["payload"]["event_id"]


async def test_commands_and_interactions_take_an_answer(slack: SlackWorld) -> None:
    """The acknowledgement's payload is the inline answer, as an HTTP body would be."""
    room = slack.room()
    ada = slack.person("ada", room)
    async with connected(slack) as client:
        client.reply = lambda envelope: {"text": f"you said {envelope['payload']['text']}"}
        answer = await slack.sandbox.people.command(ada, room.id, "/incident", "list")
        client.reply = lambda envelope: None
        await slack.sandbox.people.shortcut(ada, "declare")
    command, interactive = client.envelopes
    assert answer.ok
    assert [shown.text for shown in slack.workspace.ephemerals] == ["you said list"]
    assert (command["type"], interactive["type"]) == ("slash_commands", "interactive")
    assert command["accepts_response_payload"] is True
    assert interactive["accepts_response_payload"] is True
    assert "retry_attempt" not in command
    assert interactive["payload"]["type"] == "shortcut"


async def test_each_payload_goes_to_one_connection_in_no_fixed_pattern(slack: SlackWorld) -> None:
    room = slack.room()
    ada = slack.person("ada", room)
    async with connected(slack) as one, connected(slack) as two:
        for number in range(40):
            await slack.sandbox.people.say(ada, room.id, str(number))
        await slack.sandbox.courier.settled()
        texts = [[e["payload"]["event"]["text"] for e in c.envelopes] for c in (one, two)]
    assert sorted(texts[0] + texts[1], key=int) == [str(number) for number in range(40)]
    assert min(len(texts[0]), len(texts[1])) > 5
    assert texts[0] != [str(number) for number in range(0, 40, 2)]


async def test_a_command_with_no_connection_fails_at_once(slack: SlackWorld) -> None:
    room = slack.room()
    ada = slack.person("ada", room)
    slack.sandbox.transport = "socket"
    answer = await slack.sandbox.people.command(ada, room.id, "/incident")
    assert answer.told == '/incident failed with the error "dispatch_failed"'


async def test_the_transport_follows_the_connection_unless_it_is_set(
    slack: SlackWorld, app: App
) -> None:
    room = slack.room()
    ada = slack.person("ada", room)
    command = slack.sandbox.people.command
    await command(ada, room.id, "/incident", "by http")
    async with connected(slack) as client:
        await command(ada, room.id, "/incident", "by socket")
        slack.sandbox.transport = "http"
        await command(ada, room.id, "/incident", "by http again")
        assert [one["payload"]["text"] for one in client.envelopes] == ["by socket"]
    assert [one["text"] for one in app.commands] == ["by http", "by http again"]


async def test_opening_a_connection_can_be_refused(slack: SlackWorld) -> None:
    """The fault switch covers the call; `refusing` the websocket itself."""
    fault = faults.error("internal_error")
    slack.sandbox.faults.add("apps.connections.open", fault, times=1)
    assert (await open_url(slack))["error"] == "internal_error"
    slack.sandbox.sockets.refusing = True
    url = (await open_url(slack))["url"]
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await slack.session.ws_connect(url)
    assert refused.value.status == 503


async def test_the_real_client_connects_hears_and_answers(slack: SlackWorld) -> None:
    """slack_sdk's aiohttp client, unchanged, against the sandbox."""
    room = slack.room()
    ada = slack.person("ada", room)
    web = AsyncWebClient(base_url=slack.base_url, session=slack.session)
    client = SocketModeClient(app_token=APP_TOKEN, web_client=web)
    heard: list[SocketModeRequest] = []

    async def listen(_: object, request: SocketModeRequest) -> None:
        heard.append(request)
        answer = SocketModeResponse(envelope_id=request.envelope_id, payload={"text": "done"})
        await client.send_socket_mode_response(answer)

    client.socket_mode_request_listeners.append(listen)  # type: ignore[arg-type]
    try:
        await client.connect()
        await until(lambda: slack.sandbox.sockets.connected)
        await slack.sandbox.people.command(ada, room.id, "/incident", "status")
    finally:
        await client.close()
    assert [request.type for request in heard] == ["slash_commands"]
    assert [shown.text for shown in slack.workspace.ephemerals] == ["done"]


async def test_an_uninstalled_apps_tokens_are_dead(slack: SlackWorld) -> None:
    """The events say so only after the token died."""
    async with connected(slack) as client:
        slack.sandbox.uninstall()
        await slack.sandbox.courier.settled()
        types = [envelope["payload"]["event"]["type"] for envelope in client.envelopes]
    assert sorted(types) == ["app_uninstalled", "tokens_revoked"]
    assert await error_of(slack.client.auth_test()) == "account_inactive"
    assert (await open_url(slack))["error"] == "account_inactive"
