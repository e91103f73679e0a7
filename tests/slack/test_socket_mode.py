"""Socket Mode: two connections that are replaced before they end, and never silently away."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from opsbot.app.clock import SystemClock
from opsbot.entrypoints.people_pipeline import UNWRITTEN, Hooks, PeoplePipeline
from opsbot.ports import Delivery, Done, Refused, Unsure
from opsbot.slack.socket_line import Pace
from opsbot.slack.socket_mode import SocketMode
from tests.entrypoints.watching import Watching
from tests.fakes.inbox import MemoryInbox
from tests.slack import told
from tests.slack.socket_server import HELLO, TOKEN, SocketServer, envelope, until

QUICK = Pace(
    ping=0.2, silent_pings=3, connect=2.0, hello=0.6, drain=2.0, hang_up=0.2, linger=0.4,
    settled=0.0, first_rest=0.02, longest_rest=0.1, crowded_rest=0.2, blocked_rest=0.2,
    tolerated=0.1, overtime=0.3,
)  # fmt: skip


class SlowInbox(MemoryInbox):
    """Waits for `go` before it stores anything."""

    def __init__(self) -> None:
        super().__init__()
        self.go = asyncio.Event()
        self.go.set()

    async def put(self, delivery: Delivery) -> bool:
        await self.go.wait()
        return await super().put(delivery)


class Rig:
    """opsbot's side: Socket Mode in front of the pipeline."""

    def __init__(self, server: SocketServer, token: Callable[[], str] = lambda: TOKEN) -> None:
        self.server, self.inbox = server, SlowInbox()
        clock = SystemClock()
        self.pipeline = PeoplePipeline(self.inbox, clock, Watching(), Hooks())
        self.socket = SocketMode(
            token=token, receive=self.pipeline.receive, clock=clock, base_url=server.base_url,
            pace=QUICK, jitter=lambda: 0.5,
        )  # fmt: skip

    async def up(self, connections: int = 2) -> None:
        await until(lambda: self.socket.state().up == connections)

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[Rig]:
        await self.socket.start()
        try:
            yield self
        finally:
            self.inbox.go.set()
            await self.socket.stop()
            await self.pipeline.close()


@pytest.fixture
async def server() -> AsyncGenerator[SocketServer]:
    async with SocketServer().serving() as server:
        yield server


@pytest.fixture
async def rig(server: SocketServer) -> AsyncGenerator[Rig]:
    """Two connections, up."""
    async with Rig(server).running() as rig:
        await rig.up()
        yield rig


async def test_two_connections_stand_and_say_so(rig: Rig) -> None:
    """Slack spreads deliveries over all of them."""
    state = rig.socket.state()
    assert (state.wanted, state.up, state.trouble) == (2, 2, "")
    assert state.last_frame_age is not None
    assert state.last_frame_age < 1
    assert await rig.socket.problem() == ""
    assert rig.server.authorizations == {f"Bearer {TOKEN}"}


async def test_an_envelope_is_stored_and_then_acknowledged(rig: Rig) -> None:
    """A slow disk delays the acknowledgement, never the other way round."""
    link = rig.server.links[1]
    rig.inbox.go.clear()
    await link.send(envelope(told.command()))
    await asyncio.sleep(0.05)
    assert not link.acks
    rig.inbox.go.set()
    await until(lambda: bool(link.acks))
    assert link.acks == [{"envelope_id": "E1"}]
    assert [row.delivery.door for row in rig.inbox.rows.values()] == ["slack.commands"]


async def test_copies_on_both_connections_are_stored_once(rig: Rig) -> None:
    """Slack sends an event again when no acknowledgement came in time."""
    one, two = rig.server.links
    await one.send(envelope(told.mention(), "events_api", envelope_id="E1"))
    await two.send(
        envelope(told.mention(), "events_api", envelope_id="E2", retry_attempt=1,
                 retry_reason="timeout")
    )  # fmt: skip
    await until(lambda: bool(one.acks and two.acks))
    assert len(rig.inbox.rows) == 1
    assert rig.socket.counts["redelivered"] == 1


async def test_an_event_that_cannot_be_stored_is_not_acknowledged(rig: Rig) -> None:
    """Then Slack sends it again."""
    link = rig.server.links[0]
    rig.inbox.away = True
    await link.send(envelope(told.mention(), "events_api"))
    await until(lambda: rig.socket.counts["unacknowledged"] == 1)
    rig.inbox.away = False
    await link.send(envelope(told.mention(), "events_api", envelope_id="E2", retry_attempt=1))
    await until(lambda: bool(link.acks))
    assert link.acks == [{"envelope_id": "E2"}]
    assert len(rig.inbox.rows) == 1


async def test_a_command_that_cannot_be_stored_is_answered_in_words(rig: Rig) -> None:
    """Slack does not send a command again."""
    link = rig.server.links[0]
    rig.inbox.away = True
    await link.send(envelope(told.command()))
    await until(lambda: bool(link.acks))
    assert link.acks[0]["payload"] == {"response_type": "ephemeral", "text": UNWRITTEN}


async def test_a_form_is_answered_only_where_slack_takes_an_answer(rig: Rig) -> None:
    """An acknowledgement with a payload that was not asked for is an error."""
    link = rig.server.links[0]
    await link.send(envelope(told.submission(), "interactive"))
    await until(lambda: len(link.acks) == 1)
    await link.send(envelope(told.submission(), "interactive", accepts_response_payload=False))
    await until(lambda: len(link.acks) == 2)
    clear = {"envelope_id": "E1", "payload": {"response_action": "clear"}}
    assert link.acks == [clear, {"envelope_id": "E1"}]


async def test_odd_frames_are_counted_and_nothing_breaks(rig: Rig) -> None:
    """An envelope of an unknown type is acknowledged, or Slack would send it for ever."""
    link = rig.server.links[0]
    await link.socket.send_str("{")
    await link.socket.send_bytes(b"x")
    await link.send({"type": "brand_new"})
    await link.send({"type": "brand_new", "envelope_id": "E7", "payload": 5})
    await link.send(envelope({}, "events_api", envelope_id="E8") | {"payload": [1]})
    await until(lambda: len(link.acks) == 2)
    assert [ack["envelope_id"] for ack in link.acks] == ["E7", "E8"]
    assert rig.socket.counts["odd_frame"] == 2
    assert rig.socket.state().up == 2


@pytest.mark.parametrize("reason", ["warning", "refresh_requested", "brand_new"])
async def test_a_refresh_opens_the_new_connection_before_the_old_one_ends(
    rig: Rig, reason: str
) -> None:
    """What is on its way on the old one is still taken."""
    old = rig.server.links[0]
    await old.leave(reason)
    await until(lambda: len(rig.server.live) == 3)
    await old.send(envelope(told.command()))
    await until(lambda: bool(old.acks))
    assert len(rig.inbox.rows) == 1
    assert rig.socket.state().up == 2
    await until(lambda: len(rig.server.live) == 2)
    assert old.ended.is_set()


async def test_a_deaf_connection_is_replaced(rig: Rig) -> None:
    """The socket is open and the tasks run, but nothing is heard."""
    old = rig.server.links[0]
    old.deaf = True
    await until(lambda: len(rig.server.links) == 3)
    await rig.up()
    assert old.ended.is_set()
    assert rig.socket.counts["deaf"] == 1


async def test_a_connection_that_answers_pings_is_kept(rig: Rig) -> None:
    """A quiet night is no reason to connect again."""
    await asyncio.sleep(QUICK.ping * (QUICK.silent_pings + 2))
    assert len(rig.server.links) == 2


async def test_a_dropped_connection_comes_back(rig: Rig) -> None:
    """Both at once, too."""
    for link in rig.server.links:
        link.drop()
    await until(lambda: len(rig.server.links) == 4)
    await rig.up()
    assert rig.socket.counts["dropped"] == 2


async def test_a_connection_that_ends_at_once_is_not_hurried(server: SocketServer) -> None:
    """Rests grow while connections do not live."""
    rig = Rig(server)
    rig.socket = SocketMode(
        token=lambda: TOKEN, receive=rig.pipeline.receive, clock=SystemClock(),
        base_url=server.base_url, connections=1, jitter=lambda: 0.5,
        pace=Pace(settled=5, first_rest=0.05, longest_rest=0.4, hello=0.5, hang_up=0.1),
    )  # fmt: skip
    async with rig.running():
        for number in range(3):
            await until(lambda wanted=number: len(server.links) == wanted + 1)
            server.links[number].drop()
        await asyncio.sleep(0.15)
        assert len(server.links) == 3


async def test_a_wrong_token_is_told_at_the_start(server: SocketServer) -> None:
    """slack_sdk's client would try for ever; a process can end with this."""
    server.refuse("invalid_auth")
    rig = Rig(server)
    met = await rig.socket.check()
    assert isinstance(met, Refused)
    assert met.retry_after is None
    assert "connections:write" in met.cure
    await rig.socket.stop()


async def test_a_token_that_is_revoked_later_is_a_loud_state(
    server: SocketServer, caplog: pytest.LogCaptureFixture
) -> None:
    """And the new one is used as soon as it is there."""
    for _ in range(4):
        server.refuse("token_revoked")
    async with Rig(server).running() as rig:
        await until(lambda: "token_revoked" in rig.socket.state().trouble)
        assert rig.socket.state().up == 0
        await asyncio.sleep(QUICK.tolerated)
        problem = await rig.socket.problem()
        assert problem.startswith("no Socket Mode connection for")
        assert "app-level token" in problem
        assert "app-level token" in caplog.text
        await rig.up()
        assert await rig.socket.problem() == ""


async def test_what_was_asked_at_the_start_opens_the_first_connection(
    server: SocketServer,
) -> None:
    """The method is among Slack's rarest; a check shall not cost one more call."""
    rig = Rig(server)
    assert await rig.socket.check() == Done(value=None)
    async with rig.running():
        await rig.up()
        assert server.opened == 2


async def test_a_limit_is_waited_for(server: SocketServer) -> None:
    """And no wrong token."""
    server.refuse("ratelimited", status=429, Retry_After="1")
    rig = Rig(server)
    met = await rig.socket.check()
    assert isinstance(met, Refused)
    assert met.retry_after == timedelta(seconds=1)
    await rig.socket.stop()


async def test_slack_out_of_reach_is_no_reason_to_end() -> None:
    """It comes back."""
    async with SocketServer().serving() as gone:
        pass
    rig = Rig(gone)
    assert isinstance(await rig.socket.check(), Unsure)
    async with rig.running():
        await until(lambda: "cannot reach Slack" in rig.socket.state().trouble)
        assert rig.socket.state().up == 0


async def test_a_token_out_of_reach_is_tried_again(server: SocketServer) -> None:
    """Its file may be replaced just now."""

    def unreadable() -> str:
        raise OSError

    rig = Rig(server, unreadable)
    met = await rig.socket.check()
    assert isinstance(met, Refused)
    assert met.retry_after is not None
    await rig.socket.stop()


@pytest.mark.parametrize(
    ("reason", "words"),
    [("link_disabled", "switched off"), ("too_many_websockets", "ten Socket Mode connections")],
)
async def test_a_connection_that_slack_forbids_is_a_loud_state_and_not_hurried(
    rig: Rig, reason: str, words: str
) -> None:
    """A hasty client is thrown out for good."""
    for link in list(rig.server.links):
        await link.leave(reason)
    await until(lambda: not rig.server.live)
    assert words in rig.socket.state().trouble
    await asyncio.sleep(0.1)
    assert len(rig.server.links) == 2
    await rig.up()
    assert rig.socket.state().trouble == ""


@pytest.mark.parametrize(
    "greeting",
    [None, {"type": "disconnect", "reason": "too_many_websockets"}, {"type": "other"}],
)
async def test_a_connection_without_hello_does_not_count(
    server: SocketServer, greeting: dict[str, Any] | None
) -> None:
    """Nothing may come on it."""
    server.greeting = greeting
    async with Rig(server).running() as rig:
        await until(lambda: bool(rig.socket.state().trouble))
        assert rig.socket.state().up == 0
        server.greeting = HELLO
        await rig.up()


async def test_an_outlived_connection_is_replaced_unasked(server: SocketServer) -> None:
    """One that answers pings may be forgotten by Slack; it announced how long it lasts."""
    server.greeting = {**HELLO, "debug_info": {"approximate_connection_time": 0.1}}
    async with Rig(server).running() as rig:
        await rig.up()
        server.greeting = HELLO
        await until(lambda: len(server.links) == 4)
        assert rig.socket.counts["refresh"] == 2
        assert rig.socket.counts["deaf"] == 0


async def test_stopping_finishes_what_is_being_stored(server: SocketServer) -> None:
    """And acknowledges it, so that Slack does not send it to the next process."""
    async with Rig(server).running() as rig:
        await rig.up()
        link = server.links[0]
        rig.inbox.go.clear()
        await link.send(envelope(told.command()))
        await until(lambda: rig.socket.counts["envelope"] == 1)
        stopping = asyncio.create_task(rig.socket.stop())
        await asyncio.sleep(0.05)
        assert not stopping.done()
        rig.inbox.go.set()
        await stopping
        await until(lambda: bool(link.acks))
        assert len(rig.inbox.rows) == 1


async def test_acknowledgements_in_work_go_out_before_our_goodbye(rig: Rig) -> None:
    """Slack closes connections while something is being stored."""
    link = rig.server.links[0]
    rig.inbox.go.clear()
    await link.send(envelope(told.command()))
    await link.say_goodbye()
    await until(lambda: rig.socket.counts["dropped"] == 1)
    rig.inbox.go.set()
    await until(lambda: bool(link.acks))
    await rig.up()


async def test_addresses_of_sockets_are_secrets(
    server: SocketServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever has one hears what people do."""
    caplog.set_level(logging.DEBUG)
    async with Rig(server).running() as rig:
        await rig.up()
        server.links[0].drop()
        await until(lambda: len(server.links) == 3)
    assert "secret-ticket" not in caplog.text
    assert TOKEN not in caplog.text
