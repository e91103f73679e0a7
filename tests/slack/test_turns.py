"""The queue: importance before arrival, budgets apart, waits bounded and cancellable."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from opsbot.slack.budget import Bucket
from opsbot.slack.turns import PATIENCE, Priority, Turns
from tests.slack.clocks import WoundClock, settle


@pytest.fixture
def clock() -> WoundClock:
    return WoundClock()


@pytest.fixture
async def turns(clock: WoundClock) -> AsyncIterator[Turns]:
    turns = Turns(clock, longest=30)
    yield turns
    await turns.close()


def emptied(per_second: float = 1.0) -> Bucket:
    bucket = Bucket(per_second=per_second, burst=1, now=0.0)
    bucket.take(0.0)
    return bucket


class Queue:
    """Starts waits and notes the order in which they end."""

    def __init__(self, turns: Turns) -> None:
        self.turns = turns
        self.order: list[str] = []
        self.tasks: dict[str, asyncio.Task[float]] = {}

    async def enter(self, name: str, priority: Priority, *buckets: Bucket) -> None:
        async def wait() -> float:
            waited = await self.turns.take(self.turns.ticket(priority, buckets))
            self.order.append(name)
            return waited

        self.tasks[name] = asyncio.create_task(wait())
        await settle()


async def test_a_page_goes_ahead_of_a_topic_edit_that_came_first(
    turns: Turns, clock: WoundClock
) -> None:
    """Within one budget the more important call goes first whenever it came."""
    bucket, queue = emptied(), Queue(turns)
    for name, priority in (
        ("topic", Priority.COSMETIC),
        ("evidence", Priority.EVIDENCE),
        ("page", Priority.ROOM),
        ("second page", Priority.ROOM),
        ("answer", Priority.PERSON),
    ):
        await queue.enter(name, priority, bucket)
    await clock.advance(10)
    assert queue.order == ["answer", "page", "second page", "evidence", "topic"]


async def test_an_empty_budget_holds_up_nobody_who_does_not_need_it(turns: Turns) -> None:
    """A frozen method is its own trouble."""
    queue = Queue(turns)
    await queue.enter("stuck", Priority.PERSON, emptied())
    await queue.enter("free", Priority.COSMETIC, Bucket(per_second=1, burst=1, now=0.0))
    assert queue.order == ["free"]


async def test_a_newcomer_does_not_take_the_token_somebody_waits_for(
    turns: Turns, clock: WoundClock
) -> None:
    """At the moment a token comes back, the most important of those waiting gets it."""
    bucket, queue = emptied(), Queue(turns)
    await queue.enter("page", Priority.ROOM, bucket)
    clock.seconds += 1.0  # the token is back, and no timer has run yet
    await queue.enter("topic", Priority.COSMETIC, bucket)
    assert queue.order == ["page"]


async def test_a_wait_ends_with_the_time_it_would_take_when_that_is_too_long(
    turns: Turns, clock: WoundClock
) -> None:
    """A long freeze is for the caller to come back after."""
    bucket, queue = emptied(), Queue(turns)
    await queue.enter("early", Priority.ROOM, bucket)
    turns.freeze(turns.ticket(Priority.ROOM, [bucket]), 100)
    await settle()
    await queue.enter("late", Priority.ROOM, bucket)
    assert [await queue.tasks[name] for name in ("early", "late")] == [100.0, 100.0]
    await clock.advance(5)


async def test_the_last_of_a_long_queue_is_sent_away_in_time(
    turns: Turns, clock: WoundClock
) -> None:
    """Nobody waits longer than the longest wait, wherever in the queue they stand."""
    bucket, queue = emptied(per_second=0.1), Queue(turns)
    for number in range(6):
        await queue.enter(str(number), Priority.ROOM, bucket)
    await clock.advance(31)
    waited = [await task for task in queue.tasks.values()]
    assert waited[:3] == [0.0, 0.0, 0.0]
    assert all(wait >= 1.0 for wait in waited[3:])


async def test_patience_shortens_the_wait_of_what_is_only_current_for_a_moment(
    clock: WoundClock,
) -> None:
    """Whoever waits for a topic holds up what its incident needs next."""
    turns = Turns(clock, longest=30, patience=PATIENCE)
    queue = Queue(turns)
    await queue.enter("topic", Priority.COSMETIC, emptied(per_second=0.2))
    await queue.enter("page", Priority.ROOM, emptied(per_second=0.2))
    assert await queue.tasks["topic"] == pytest.approx(5.0, abs=0.01)
    await clock.advance(5.01)
    assert await queue.tasks["page"] == 0.0
    await turns.close()


async def test_a_cancelled_wait_gives_its_place_up(turns: Turns, clock: WoundClock) -> None:
    """Whoever stops waiting costs nobody a token."""
    bucket, queue = emptied(), Queue(turns)
    await queue.enter("gone", Priority.ROOM, bucket)
    await queue.enter("next", Priority.ROOM, bucket)
    queue.tasks["gone"].cancel()
    await settle()
    assert len(turns) == 1
    await clock.advance(1.01)
    assert queue.order == ["next"]


async def test_a_call_told_to_hold_back_keeps_its_place(turns: Turns, clock: WoundClock) -> None:
    """Re-queued at the head: it was next before Slack said no."""
    bucket, queue = Bucket(per_second=1, burst=1, now=0.0), Queue(turns)
    ticket = turns.ticket(Priority.ROOM, [bucket])
    assert await turns.take(ticket) == 0.0
    await queue.enter("other", Priority.ROOM, bucket)
    turns.freeze(ticket, 5)
    again = asyncio.create_task(turns.take(ticket))
    await clock.advance(5)
    assert again.done()
    assert queue.order == []
    await clock.advance(1.01)
    assert queue.order == ["other"]


async def test_closing_sends_everybody_home(clock: WoundClock) -> None:
    """A shutdown must not hang on a budget."""
    turns = Turns(clock)
    queue = Queue(turns)
    await queue.enter("waiting", Priority.ROOM, emptied())
    await turns.close()
    assert await queue.tasks["waiting"] == 1.0
    assert await turns.take(turns.ticket(Priority.ROOM, [])) == 1.0


async def test_thousands_waiting_cost_little(turns: Turns, clock: WoundClock) -> None:
    """A storm queues up without every newcomer looking at everybody."""
    bucket = emptied(per_second=0.2)
    waits = [
        asyncio.create_task(turns.take(turns.ticket(Priority.ROOM, [bucket]))) for _ in range(5_000)
    ]
    await settle()
    assert len(turns) == 5_000
    await clock.advance(31)
    assert sum(wait.result() == 0.0 for wait in waits) == 6
