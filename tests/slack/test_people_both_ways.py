"""The sandbox's people, heard over HTTP and over Socket Mode: one pipeline, one effect."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from opsbot.app.clock import SystemClock
from opsbot.core.invocation import Invocation, PersonEvent
from opsbot.entrypoints.people_pipeline import UNWRITTEN, Hooks, PeoplePipeline
from opsbot.entrypoints.slack_doors import slack_doors
from opsbot.ports import Refused
from opsbot.sandbox.slack.delivery.courier import Duplicates
from opsbot.sandbox.slack.server import APP_TOKEN, SIGNING_SECRET, SlackSandbox
from opsbot.slack.listeners import Listeners
from opsbot.slack.manifest import ADD_TO_TIMELINE, manifest
from opsbot.slack.payloads_claims import Ourselves
from opsbot.slack.socket_line import Pace
from opsbot.slack.socket_mode import SocketMode
from tests.entrypoints.watching import Watching
from tests.fakes.inbox import MemoryInbox
from tests.slack.socket_server import until

QUICK = Pace(
    ping=0.2, silent_pings=2, connect=2.0, hello=1.0, drain=2.0, hang_up=0.2, linger=1.0,
    settled=0.0, first_rest=0.02, longest_rest=0.1, crowded_rest=0.2, blocked_rest=0.2,
)  # fmt: skip


class Signing:
    """The sandbox's signing secret."""

    name = "signing_secret"

    def read(self) -> str:
        return SIGNING_SECRET


class Both:
    """A sandbox, opsbot's side of both transports, and what reached the inbox."""

    def __init__(self, sandbox: SlackSandbox, base_url: str) -> None:
        self.sandbox, self.inbox, self.watching = sandbox, MemoryInbox(), Watching()
        clock = SystemClock()
        self.pipeline = PeoplePipeline(
            self.inbox, clock, self.watching, Hooks(ourselves=self.ourselves)
        )
        self.doors = slack_doors(self.pipeline, [Signing()], clock, self.watching)
        self.socket = SocketMode(
            token=lambda: APP_TOKEN, receive=self.pipeline.receive, clock=clock,
            base_url=base_url, pace=QUICK,
        )  # fmt: skip
        workspace = sandbox.workspace
        self.room = workspace.add_channel("inc-1", creator=workspace.bot_user_id)
        self.ada = workspace.add_user("ada").id
        self.room.members.append(self.ada)

    def ourselves(self) -> Ourselves:
        workspace = self.sandbox.workspace
        return Ourselves(bot_user_id=workspace.bot_user_id, team_id=workspace.team_id)

    async def connect(self) -> None:
        await self.socket.start()
        await until(lambda: self.socket.state().up == 2)

    async def heard(self) -> list[PersonEvent | None]:
        """What the dispatcher reads of what was stored."""
        listeners = Listeners(self.ourselves)
        return [await listeners.read_stored(row.delivery) for row in self.inbox.rows.values()]


@pytest.fixture
async def both() -> AsyncGenerator[Both]:
    sandbox = SlackSandbox(environ={}, enforce_tiers=False)
    sandbox.app.follow(manifest())
    sandbox.courier.retry_waits = (0.05, 0.05, 0.05)
    sandbox.sockets.redelivery_after = 0.3
    sandbox.sockets.warning_lead = 0.3
    both = Both(sandbox, await sandbox.start())
    app = web.Application()
    for path, door in both.doors.items():
        app.router.add_post(path, door.__call__)
    try:
        async with TestServer(app) as server:
            base = str(server.make_url("/slack/"))
            sandbox.app.events_url = f"{base}events"
            sandbox.app.commands_url = f"{base}commands"
            sandbox.app.interactivity_url = f"{base}interactions"
            yield both
    finally:
        await both.socket.stop()
        await both.pipeline.close()
        await sandbox.stop()


async def _command(both: Both) -> None:
    answer = await both.sandbox.people.command(both.ada, both.room.id, "/inc", "status <now>")
    assert answer.ok


async def _mention(both: Both) -> None:
    await both.sandbox.people.say(both.ada, both.room.id, "@opsbot status")
    await both.sandbox.courier.settled()


async def _pin(both: Both) -> None:
    ts = await both.sandbox.people.say(both.ada, both.room.id, "errors since 14:02")
    await both.sandbox.people.react(both.ada, both.room.id, ts, "pushpin")
    await both.sandbox.courier.settled()


async def _shortcut(both: Both) -> None:
    people = both.sandbox.people
    ts = await people.say(both.ada, both.room.id, "errors since 14:02")
    answer = await people.shortcut(both.ada, ADD_TO_TIMELINE, both.room.id, ts)
    assert answer.ok


async def _home(both: Both) -> None:
    await both.sandbox.people.open_home(both.ada)
    await both.sandbox.courier.settled()


Act = Callable[[Both], Awaitable[None]]
ACTS = [_command, _mention, _pin, _shortcut, _home]


@pytest.mark.parametrize("act", ACTS)
async def test_both_transports_hear_the_same(both: Both, act: Act) -> None:
    """Whatever the record says afterwards, it does not depend on the wire."""
    await act(both)
    (by_http,) = await both.heard()
    both.inbox.rows.clear()
    await both.connect()
    await act(both)
    (by_socket,) = await both.heard()
    assert {one.transport for one in both.sandbox.deliveries} == {"http", "socket"}
    assert by_http is not None
    assert by_socket is not None
    assert _essence(by_http) == _essence(by_socket)


def _essence(event: PersonEvent) -> Any:
    """An event without what differs from one time to the next."""
    if not isinstance(event, Invocation):
        return (type(event), event.caller)
    pointed = replace(event.pointed, ts="") if event.pointed else None
    place = replace(event.place, message_ts="")
    return (event.how, event.verb, event.line, event.caller, place, pointed)


@pytest.mark.parametrize("by_socket", [False, True])
@pytest.mark.parametrize("act", ACTS)
async def test_five_copies_at_once_are_one(both: Both, act: Act, by_socket: bool) -> None:
    """With and without marks of a retry."""
    if by_socket:
        await both.connect()
    both.sandbox.courier.duplicates = Duplicates(extra=4, concurrent=True, marked=by_socket)
    await act(both)
    await both.sandbox.courier.settled()
    assert len(both.sandbox.deliveries) == 5
    assert all(not one.failure for one in both.sandbox.deliveries)
    assert len(both.inbox.rows) == 1


@pytest.mark.parametrize("by_socket", [False, True])
async def test_an_event_missed_while_the_inbox_is_away_comes_again(
    both: Both, by_socket: bool
) -> None:
    """Slack sends it three times more."""
    if by_socket:
        await both.connect()
    both.inbox.away = True
    await both.sandbox.people.say(both.ada, both.room.id, "@opsbot status")
    await until(lambda: len(both.sandbox.deliveries) >= 1)
    both.inbox.away = False
    await both.sandbox.courier.settled()
    assert len(both.inbox.rows) == 1
    assert both.sandbox.deliveries[0].failure


@pytest.mark.parametrize("by_socket", [False, True])
async def test_who_types_while_the_inbox_is_away_is_told(both: Both, by_socket: bool) -> None:
    """In Slack's own way of showing an answer."""
    if by_socket:
        await both.connect()
    both.inbox.away = True
    answer = await both.sandbox.people.command(both.ada, both.room.id, "/inc", "status")
    body = answer.object()
    assert body is not None
    assert body["text"] == UNWRITTEN


async def test_nothing_is_missed_while_slack_refreshes_connections(both: Both) -> None:
    """Each of the two, while people go on typing. What was sent just before Slack closes a
    connection is stored, though its acknowledgement may come too late."""
    await both.connect()
    both.sandbox.courier.ack_seconds = 1.0
    refreshing = [
        asyncio.create_task(both.sandbox.sockets.refresh(link))
        for link in list(both.sandbox.sockets.links)
    ]
    typed = acknowledged = 0
    while not all(task.done() for task in refreshing):
        answer = await both.sandbox.people.command(both.ada, both.room.id, "/inc", "status")
        typed, acknowledged = typed + 1, acknowledged + answer.ok
        await asyncio.sleep(0.005)
    await asyncio.gather(*refreshing)
    await until(lambda: both.socket.state().up == 2)
    assert len(both.inbox.rows) == typed
    assert typed - acknowledged <= 2
    assert acknowledged


async def test_a_silent_connection_is_replaced(both: Both) -> None:
    """Open, and dead."""
    await both.connect()
    silent = both.sandbox.sockets.links[0]
    silent.deaf = silent.silent = True
    both.sandbox.sockets.ping_interval = 60.0
    await until(lambda: both.socket.counts["deaf"] == 1)
    await until(lambda: both.socket.state().up == 2)


async def test_socket_mode_switched_off_is_said(both: Both) -> None:
    """Until it is on again."""
    await both.connect()
    await both.sandbox.sockets.disable()
    await until(lambda: "switched off" in both.socket.state().trouble)
    await until(lambda: both.socket.state().up == 2)


async def test_a_dead_app_level_token_is_told_at_once(both: Both) -> None:
    """The process ends instead of waiting for ever."""
    both.sandbox.tokens.revoked = True
    met = await both.socket.check()
    assert isinstance(met, Refused)
    assert met.retry_after is None
