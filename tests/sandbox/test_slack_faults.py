"""What can be made to go wrong at the sandbox Slack, and what is then true of its state."""

from __future__ import annotations

import asyncio
import time

import aiohttp
import pytest

from opsbot.sandbox.slack import faults
from tests.sandbox.slack_world import AUTH, SlackWorld, error_of, failure


async def test_a_429_names_its_wait_and_does_nothing(slack: SlackWorld) -> None:
    slack.sandbox.faults.add("conversations.create", faults.ratelimited(30), times=1)
    limited = await failure(slack.client.conversations_create(name="inc-1"))
    assert limited.status_code == 429
    assert limited.headers["Retry-After"] == "30"
    assert slack.workspace.channel_named("inc-1") is None
    await slack.client.conversations_create(name="inc-1")


async def test_a_rate_limit_may_hide_in_a_200(slack: SlackWorld) -> None:
    slack.sandbox.faults.add("auth.test", faults.ratelimited(5, in_200=True))
    limited = await failure(slack.client.auth_test())
    assert limited.status_code == 200
    assert limited["error"] == "ratelimited"


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_a_server_error_is_html(slack: SlackWorld, status: int) -> None:
    slack.sandbox.faults.add("auth.test", faults.server_error(status), times=1)
    async with slack.session.post(slack.base_url + "auth.test", headers=AUTH) as response:
        assert (response.status, response.content_type) == (status, "text/html")


async def test_a_server_error_may_come_after_the_work(slack: SlackWorld) -> None:
    room = slack.room()
    slack.sandbox.faults.add("chat.postMessage", faults.server_error(after_commit=True), times=1)
    assert (await failure(slack.posted(room, "card"))).status_code == 500
    assert slack.workspace.visible_text(room.id) == "card"


async def test_work_done_and_never_answered(slack: SlackWorld) -> None:
    """committed_then_timeout: the client gives up, the channel exists."""
    slack.sandbox.faults.add("conversations.create", faults.committed_then_timeout(), times=1)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await slack.client.conversations_create(name="inc-1")
    await slack.sandbox.journal.wait_for(lambda journal: journal.in_flight == 0, 2)
    (call,) = slack.sandbox.journal.calls
    assert (call.committed, call.ok, call.http_status) == (True, False, None)
    assert await error_of(slack.client.conversations_create(name="inc-1")) == "name_taken"


async def test_work_done_and_the_connection_closed(slack: SlackWorld) -> None:
    room = slack.room()
    slack.sandbox.faults.add("chat.postMessage", faults.committed_then_dropped(), times=1)
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await slack.posted(room, "card")
    assert len(slack.workspace.posts(room.id)) == 1


async def test_a_connection_closed_before_the_work(slack: SlackWorld) -> None:
    room = slack.room()
    slack.sandbox.faults.add("chat.postMessage", faults.dropped(), times=1)
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await slack.posted(room, "card")
    assert slack.workspace.posts(room.id) == []
    assert slack.sandbox.journal.calls[0].committed is False


async def test_a_slow_call_is_answered_late(slack: SlackWorld) -> None:
    slack.sandbox.faults.add("auth.test", faults.slow(0.1), times=1)
    began = time.monotonic()
    await slack.client.auth_test()
    assert time.monotonic() - began >= 0.1


@pytest.mark.parametrize("after_commit", [False, True])
async def test_an_error_may_come_before_or_after_the_work(
    slack: SlackWorld, after_commit: bool
) -> None:
    """internal_error allows that part of the operation succeeded."""
    fault = faults.error("internal_error", after_commit=after_commit)
    slack.sandbox.faults.add("conversations.create", fault, times=1)
    create = slack.client.conversations_create(name="inc-1")
    assert await error_of(create) == "internal_error"
    assert (slack.workspace.channel_named("inc-1") is not None) is after_commit


async def test_an_answer_may_be_no_json(slack: SlackWorld) -> None:
    slack.sandbox.faults.add("auth.test", faults.unreadable(), times=1)
    unreadable = await failure(slack.client.auth_test())
    assert unreadable.get("error") is None


async def test_a_fault_strikes_as_often_as_told_and_only_matching_calls(
    slack: SlackWorld,
) -> None:
    first, second = slack.room("inc-1"), slack.room("inc-2")
    slack.sandbox.faults.add(
        "chat.postMessage",
        faults.error("internal_error"),
        times=2,
        matching=lambda arguments: arguments["channel"] == first.id,
    )
    await slack.posted(second)
    for _ in range(2):
        assert await error_of(slack.client.chat_postMessage(channel=first.id, text="x"))
    await slack.posted(first)


async def test_a_star_strikes_every_method_until_cleared(slack: SlackWorld) -> None:
    slack.sandbox.faults.add("*", faults.error("service_unavailable"))
    for call in (slack.client.auth_test(), slack.client.team_info(), slack.client.auth_test()):
        assert await error_of(call) == "service_unavailable"
    slack.sandbox.faults.clear()
    await slack.client.auth_test()


async def test_when_slack_is_down_nothing_is_done(slack: SlackWorld) -> None:
    """Down closes connections or answers 503, until it is lifted."""
    slack.sandbox.faults.down = "closed"
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await slack.client.conversations_create(name="inc-1")
    slack.sandbox.faults.down = "503"
    refused = await failure(slack.client.conversations_create(name="inc-1"))
    assert refused.status_code == 503
    slack.sandbox.faults.down = None
    await slack.client.conversations_create(name="inc-1")


async def test_latency_is_added_to_every_call(slack: SlackWorld) -> None:
    """Calls made at once share it; calls made one after the other add up."""
    slack.sandbox.faults.latency = 0.1
    began = time.monotonic()
    await asyncio.gather(*(slack.client.auth_test() for _ in range(5)))
    assert 0.1 <= time.monotonic() - began < 0.4


def test_a_fault_that_could_never_strike_is_refused(slack: SlackWorld) -> None:
    """A misspelt method or an error Slack never gives would make a test pass for nothing."""
    with pytest.raises(ValueError, match=r"no method 'chat\.postMesage'"):
        slack.sandbox.faults.add("chat.postMesage", faults.dropped())
    with pytest.raises(ValueError, match="never answers"):
        slack.sandbox.faults.add("auth.test", faults.error("name_taken"))


async def test_stopping_lets_a_silent_call_go(slack: SlackWorld) -> None:
    slack.sandbox.faults.add("auth.test", faults.committed_then_timeout())
    waiting = asyncio.ensure_future(slack.client.auth_test())
    await slack.sandbox.journal.wait_for(lambda journal: journal.in_flight == 1, 2)
    await slack.sandbox.stop()
    with pytest.raises(aiohttp.ClientError):
        await waiting
