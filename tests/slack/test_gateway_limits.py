"""Being told to hold back, in all its forms, and holding back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from opsbot.ports import Done, Refused
from opsbot.slack.gateway import Gateway
from opsbot.slack.judgement import Answer
from opsbot.slack.turns import Priority
from tests.slack.clocks import WoundClock
from tests.slack.odd_slack import Odd, OddSlack

POST, TOPIC = "chat.postMessage", "conversations.setTopic"


def calling(
    gateway: Gateway, method: str, channel: str = "C1", priority: Priority = Priority.ROOM
) -> asyncio.Task[Answer]:
    arguments: dict[str, Any] = {"channel": channel}
    return asyncio.create_task(gateway.call(method, arguments, priority=priority, channel=channel))


async def until(condition: Callable[[], bool]) -> None:
    """Let real requests go out and come back until something is so."""
    async with asyncio.timeout(2):
        while not condition():  # noqa: ASYNC110 - nothing signals that an answer has arrived
            await asyncio.sleep(0.002)


async def until_frozen(gateway: Gateway, method: str, times: int = 1) -> None:
    await until(lambda: gateway.counts[method, "frozen"] >= times)


@pytest.mark.parametrize("in_200", ["", "ratelimited", "rate_limited"])
async def test_a_limited_write_is_sent_again_when_the_wait_is_over(
    odd: OddSlack, wound: Gateway, clock: WoundClock, in_200: str
) -> None:
    """A limit is the one refusal that is certain not to have acted; both spellings count."""
    odd.limit(POST, "3", in_200=in_200)
    task = calling(wound, POST)
    await until_frozen(wound, POST)
    await clock.advance(2.9)
    assert odd.calls(POST) == 1
    await clock.advance(0.2)
    assert isinstance(await task, Done)
    assert odd.calls(POST) == 2


async def test_a_limit_freezes_its_method_and_nothing_else(
    odd: OddSlack, wound: Gateway, clock: WoundClock
) -> None:
    """Slack limits by method: a topic that has to wait holds up no card."""
    odd.limit(TOPIC, "10")
    topic = calling(wound, TOPIC)
    await until_frozen(wound, TOPIC)
    assert isinstance(await calling(wound, POST), Done)
    assert not topic.done()
    await clock.advance(10.1)
    assert isinstance(await topic, Done)


async def test_a_limited_post_freezes_its_channel_too(
    odd: OddSlack, wound: Gateway, clock: WoundClock
) -> None:
    """A post that was refused for its channel's sake must not be followed by another there."""
    odd.limit(POST, "2")
    first = calling(wound, POST, "C1")
    await until_frozen(wound, POST)
    second, elsewhere = calling(wound, POST, "C1"), calling(wound, POST, "C2")
    await clock.advance(2.05)
    assert isinstance(await first, Done)
    await clock.advance(0.5)
    assert isinstance(await elsewhere, Done)
    assert not second.done()
    await clock.advance(0.6)
    assert isinstance(await second, Done)


async def test_a_long_freeze_sends_the_caller_away(odd: OddSlack, wound: Gateway) -> None:
    """Bounded waits: the flow comes back when Slack says, and its step does not hang."""
    odd.limit(POST, "120")
    answer = await calling(wound, POST)
    assert isinstance(answer, Refused)
    assert (answer.error, answer.retry_after) == ("ratelimited", timedelta(seconds=120))
    again = await calling(wound, POST)
    assert isinstance(again, Refused)
    assert odd.calls(POST) == 1


@pytest.mark.parametrize("retry_after", [None, "", "1.5", "-3", "soon", "nan", "\u00b2"])
async def test_unusual_waits_survive(
    odd: OddSlack, wound: Gateway, clock: WoundClock, retry_after: str | None
) -> None:
    """slack_sdk's own handling raises ValueError on some of these."""
    odd.limit(POST, retry_after)
    task = calling(wound, POST)
    await until_frozen(wound, POST)
    await clock.advance(11)
    assert isinstance(await task, Done)


async def test_a_limit_with_an_empty_body_is_one(
    odd: OddSlack, wound: Gateway, clock: WoundClock
) -> None:
    """The status alone says it."""
    odd.tell(POST, Odd(status=429, headers={"Retry-After": "1"}))
    task = calling(wound, POST)
    await until_frozen(wound, POST)
    await clock.advance(1.1)
    assert isinstance(await task, Done)


async def test_limits_again_and_again_end_in_a_refusal(
    odd: OddSlack, wound: Gateway, clock: WoundClock
) -> None:
    """However often Slack says a little longer, the wait as a whole is bounded."""
    for _ in range(10):
        odd.limit(POST, "8")
    task = calling(wound, POST)
    for times in range(1, 4):
        await until_frozen(wound, POST, times)
        await clock.advance(8.1)
    answer = await task
    assert isinstance(answer, Refused)
    assert odd.calls(POST) == 4


async def test_a_page_does_not_wait_behind_a_hundred_topics(
    odd: OddSlack, wound: Gateway, clock: WoundClock
) -> None:
    """What people wait for goes first; what nobody waits for may take minutes."""
    topics = [calling(wound, TOPIC, f"C{n}", Priority.COSMETIC) for n in range(100)]
    cards = [calling(wound, POST, f"C{n}") for n in range(20)]
    assert all(isinstance(answer, Done) for answer in await asyncio.gather(*cards))
    assert odd.calls(TOPIC) == 4
    assert wound.waiting == 96
    for topic in topics:
        topic.cancel()
    await asyncio.gather(*topics, return_exceptions=True)
    assert wound.waiting == 0


async def test_evidence_waits_behind_a_card_in_the_same_channel(
    odd: OddSlack, wound: Gateway, clock: WoundClock
) -> None:
    """One message a second is all a channel takes, so the order there matters most."""
    done: list[str] = []
    tasks: list[asyncio.Task[Answer]] = []
    for name, priority in [*[("evidence", Priority.EVIDENCE)] * 5, ("card", Priority.ROOM)]:
        task = calling(wound, POST, "C1", priority)
        task.add_done_callback(lambda _, name=name: done.append(name))
        tasks.append(task)
        await asyncio.sleep(0)
    await until(lambda: len(done) == 3)
    await clock.advance(1.05)
    await until(lambda: len(done) == 4)
    assert done[3] == "card"
    await clock.advance(5)
    await asyncio.gather(*tasks)
