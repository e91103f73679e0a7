"""Socket Mode going wrong in the sandbox Slack: redelivery, deafness, cuts, refreshes, pings."""

from __future__ import annotations

import asyncio

from opsbot.sandbox.slack.model import Channel
from tests.sandbox.slack_socket import Client, connected
from tests.sandbox.slack_world import SlackWorld, until


def room_with_ada(slack: SlackWorld) -> tuple[Channel, str]:
    room = slack.room()
    return room, slack.person("ada", room)


def marks(client: Client) -> list[tuple[int, str]]:
    return [(one["retry_attempt"], one["retry_reason"]) for one in client.envelopes]


async def test_an_unacknowledged_event_comes_again_as_a_timeout(slack: SlackWorld) -> None:
    """The same event in a new envelope, `retry_attempt` 1, a few seconds later."""
    room, ada = room_with_ada(slack)
    async with connected(slack) as client:
        client.acknowledges = False
        await slack.sandbox.people.say(ada, room.id, "hello")
        await until(lambda: len(client.envelopes) == 1)
        client.acknowledges = True
        slack.clock.advance(slack.sandbox.sockets.redelivery_after)
        await slack.sandbox.courier.settled()
        first, second = client.envelopes
    assert marks(client) == [(0, ""), (1, "timeout")]
    assert first["payload"] == second["payload"]
    assert first["envelope_id"] != second["envelope_id"]
    assert [one.status for one in slack.sandbox.deliveries] == [0, 200]


async def test_an_event_on_a_connection_that_died_goes_to_another(slack: SlackWorld) -> None:
    """Slack notices the death by the missing acknowledgement only."""
    room, ada = room_with_ada(slack)
    async with connected(slack) as dying:
        dying.acknowledges = False
        await slack.sandbox.people.say(ada, room.id, "hello")
        await until(lambda: len(dying.envelopes) == 1)
        (link,) = slack.sandbox.sockets.links
        link.cut()
        await until(lambda: not slack.sandbox.sockets.connected)
        async with connected(slack) as heir:
            slack.clock.advance(3)
            await slack.sandbox.courier.settled()
            assert marks(heir) == [(1, "timeout")]


async def test_events_wait_for_a_connection_and_are_given_up_in_the_end(
    slack: SlackWorld,
) -> None:
    """With nobody connected an event is missed after the wait, then retried on the schedule."""
    room, ada = room_with_ada(slack)
    slack.sandbox.transport = "socket"
    await slack.sandbox.people.say(ada, room.id, "hello")
    for number, wait in enumerate((0, 0, 60, 300), start=1):
        await until(lambda: slack.clock.sleeping == 1)
        slack.clock.advance(wait)
        await until(lambda: slack.clock.sleeping == 1)
        assert len(slack.sandbox.deliveries) == number - 1
        slack.clock.advance(3)
        await slack.attempts(number)
    await slack.sandbox.courier.settled()
    outcomes = [(one.attempt, one.status, one.failure) for one in slack.sandbox.deliveries]
    assert outcomes == [(number, 0, "timeout") for number in range(4)]


async def test_a_deaf_socket_is_open_and_says_nothing(slack: SlackWorld) -> None:
    """Envelopes vanish and acknowledgements go unheard; pings are still answered unless silent."""
    room, ada = room_with_ada(slack)
    async with connected(slack) as client:
        (link,) = slack.sandbox.sockets.links
        link.deaf = True
        await slack.sandbox.people.say(ada, room.id, "hello")
        await until(lambda: len(link.taken) == 1)
        await client.socket.ping(b"are you there")
        await until(lambda: client.pongs == [b"are you there"])
        assert client.envelopes == []
        assert link.open is True
        link.silent = True
        await client.socket.ping(b"and now")
        await asyncio.sleep(0.02)
        assert client.pongs == [b"are you there"]
        link.deaf = link.silent = False
        slack.clock.advance(3)
        await slack.sandbox.courier.settled()
        assert marks(client) == [(1, "timeout")]


async def test_a_deaf_socket_lets_a_command_time_out(slack: SlackWorld) -> None:
    room, ada = room_with_ada(slack)
    async with connected(slack):
        (link,) = slack.sandbox.sockets.links
        link.deaf = True
        asking = asyncio.create_task(slack.sandbox.people.command(ada, room.id, "/incident"))
        await until(lambda: len(link.taken) == 1)
        slack.clock.advance(3)
        assert (await asking).told == '/incident failed with the error "operation_timeout"'


async def test_slack_pings_every_few_seconds_and_cuts_who_never_answers(
    slack: SlackWorld,
) -> None:
    async with connected(slack) as client:
        slack.clock.advance(5)
        await until(lambda: len(client.pings) == 1)
        client.answers_pings = False
        for number in range(2, 6):
            slack.clock.advance(5)
            await until(lambda expected=number: len(client.pings) >= expected)
            await asyncio.sleep(0)
        slack.clock.advance(5)
        await until(lambda: not slack.sandbox.sockets.connected)
        await until(lambda: client.socket.closed)


async def test_a_connection_is_warned_then_asked_to_refresh_and_closed(slack: SlackWorld) -> None:
    """`debug_reconnects=true` shortens its life to 360 s; the warning comes ten seconds ahead."""
    async with connected(slack, suffix="&debug_reconnects=true") as client:
        assert client.frames[0]["debug_info"]["approximate_connection_time"] == 360
        slack.clock.advance(350)
        await until(lambda: client.disconnects == ["warning"])
        assert slack.sandbox.sockets.connected is True
        slack.clock.advance(10)
        await until(lambda: client.disconnects == ["warning", "refresh_requested"])
        await until(lambda: client.socket.closed)
    assert slack.sandbox.sockets.links == []


async def test_switching_socket_mode_off_ends_every_connection(slack: SlackWorld) -> None:
    async with connected(slack) as one, connected(slack) as two:
        await slack.sandbox.sockets.disable()
        await until(lambda: one.socket.closed and two.socket.closed)
        assert one.disconnects == two.disconnects == ["link_disabled"]


async def test_odd_frames_from_the_app_are_ignored(slack: SlackWorld) -> None:
    room, ada = room_with_ada(slack)
    async with connected(slack) as client:
        for frame in ("ping", "[1]", "{", '{"envelope_id": "unknown"}', '{"envelope_id": 7}'):
            await client.socket.send_str(frame)
        await slack.sandbox.people.say(ada, room.id, "hello")
        await slack.sandbox.courier.settled()
        assert len(client.envelopes) == 1


async def test_copies_on_a_socket_are_envelopes_of_their_own(slack: SlackWorld) -> None:
    room, ada = room_with_ada(slack)
    slack.sandbox.duplicate = 1
    async with connected(slack) as client:
        await slack.sandbox.people.say(ada, room.id, "hello", copies=2)
        await slack.sandbox.people.command(ada, room.id, "/incident")
        await slack.sandbox.courier.settled()
        events = [one for one in client.envelopes if one["type"] == "events_api"]
        commands = [one for one in client.envelopes if one["type"] == "slash_commands"]
    assert len({one["payload"]["event_id"] for one in events}) == 1
    assert len({one["payload"]["trigger_id"] for one in commands}) == 1
    assert (len(events), len(commands)) == (3, 2)
    assert len({one["envelope_id"] for one in client.envelopes}) == 5


async def test_stopping_the_sandbox_lets_every_socket_go(slack: SlackWorld) -> None:
    async with connected(slack) as client:
        await asyncio.wait_for(slack.sandbox.stop(), 2)
        await until(lambda: client.socket.closed)
