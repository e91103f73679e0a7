"""The sandbox Slack's journal: what was called, when, and what came of it."""

from __future__ import annotations

import asyncio

import pytest

from opsbot.sandbox.slack.server import BOT_TOKEN
from tests.sandbox.slack_world import SlackWorld, error_of


async def test_every_call_is_written_down_with_arguments_and_outcome(slack: SlackWorld) -> None:
    room = slack.room()
    await slack.posted(room, "hello")
    await error_of(slack.client.chat_postMessage(channel="C404", text="x"))
    first, second = slack.sandbox.journal.calls
    assert (first.seq, first.method, first.ok, first.http_status) == (
        1,
        "chat.postMessage",
        True,
        200,
    )
    assert first.arguments == {"channel": room.id, "text": "hello"}
    assert (second.ok, second.error, second.committed) == (False, "channel_not_found", False)
    assert slack.sandbox.journal.counts() == {"chat.postMessage": 2}


async def test_tokens_are_left_out_and_encoded_arguments_decoded(slack: SlackWorld) -> None:
    room = slack.room()
    form = {"token": BOT_TOKEN, "channel": room.id, "blocks": '[{"type": "divider"}]'}
    await slack.raw("chat.postMessage", headers={}, data=form)
    (call,) = slack.sandbox.journal.calls
    assert call.arguments == {"channel": room.id, "blocks": [{"type": "divider"}]}


async def test_arguments_slack_does_not_know_are_named(slack: SlackWorld) -> None:
    """Slack ignores them; the journal tells, so that a test can mind."""
    await slack.client.auth_test(colour="red")
    (call,) = slack.sandbox.journal.calls
    assert (call.ok, call.unknown_arguments) == (True, ("colour",))


async def test_one_can_wait_for_a_call(slack: SlackWorld) -> None:
    async def soon() -> None:
        await asyncio.sleep(0.02)
        await slack.client.auth_test()

    task = asyncio.ensure_future(soon())
    await slack.sandbox.journal.wait_for(lambda journal: bool(journal.of("auth.test")), 2)
    await task


async def test_waiting_ends(slack: SlackWorld) -> None:
    with pytest.raises(TimeoutError):
        await slack.sandbox.journal.wait_for(lambda journal: bool(journal.calls), 0.02)


async def test_calls_in_flight_are_counted(slack: SlackWorld) -> None:
    slack.sandbox.faults.latency = 0.1
    calls = [asyncio.ensure_future(slack.client.auth_test()) for _ in range(3)]
    await slack.sandbox.journal.wait_for(lambda journal: journal.in_flight == 3, 2)
    await asyncio.gather(*calls)
    assert slack.sandbox.journal.in_flight == 0


async def test_durations_are_seconds_on_the_sandboxs_clock(slack: SlackWorld) -> None:
    slack.sandbox.faults.latency = 0.05
    pending = asyncio.ensure_future(slack.client.auth_test())
    await slack.sandbox.journal.wait_for(lambda journal: journal.in_flight == 1, 2)
    slack.clock.advance(7)
    await pending
    (call,) = slack.sandbox.journal.calls
    assert (call.at, call.duration, call.wall) == (0.0, 7.0, 1_800_000_000.0)


async def test_the_journal_can_be_emptied(slack: SlackWorld) -> None:
    await slack.client.auth_test()
    slack.sandbox.journal.reset()
    await slack.client.auth_test()
    assert [call.seq for call in slack.sandbox.journal.calls] == [2]
