"""The people's lane: one person's in a channel in order, nobody behind somebody else's trouble,
nothing lost and nothing done for good before it was answered."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from opsbot.engine.dispatcher import Dispatcher
from opsbot.engine.people_lane import AT_ONCE, HELD, PAUSE, TRIES, PeopleLane
from opsbot.ports import Delivery, InboxUnavailable, Pending
from opsbot.store.memory import MemoryRecord
from tests.core.story import rules
from tests.fakes.clock import ManualClock
from tests.fakes.inbox import MemoryInbox

Handle = Callable[[Delivery], Awaitable[float | None]]


def delivery(key: str, channel: str = "C1") -> Delivery:
    return Delivery(
        door="slack.commands", key=key, received_at=ManualClock().now(), body=channel.encode(),
        headers={}, lane="person",
    )  # fmt: skip


class Rig:
    """A lane over an inbox in memory; `up` says whether the record can be written."""

    def __init__(self, handle: Handle, inbox: MemoryInbox | None = None) -> None:
        self.inbox, self.clock, self.up = inbox or MemoryInbox(), ManualClock(), True
        self.aside: list[str] = []
        self.counted: list[str] = []
        self.lane = PeopleLane(
            inbox=self.inbox, clock=self.clock, handle=handle, put_aside=self._put_aside,
            order_key=lambda one: one.body.decode(), is_up=self._is_up,
            observe=lambda outcome, number: self.counted.append(outcome),
        )  # fmt: skip

    async def _put_aside(self, pending: Pending, error: Exception) -> None:
        self.aside.append(type(error).__name__)
        await self.inbox.quarantine(pending.id, type(error).__name__)

    async def _is_up(self) -> bool:
        return self.up

    async def put(self, *keys: str, channel: str = "C1") -> None:
        for key in keys:
            await self.inbox.put(delivery(key, channel))

    async def offer(self) -> int:
        return self.lane.offer(await self.inbox.pending(1_000, lane="person"))

    @property
    def left(self) -> list[str]:
        """What is still to be done."""
        waiting = (row for row in self.inbox.rows.values() if row.id not in self.inbox.aside)
        return [row.delivery.key for row in waiting]


async def a_while() -> None:
    for _ in range(30):
        await asyncio.sleep(0)


class Slow:
    """Handles by writing down what began and ended; `held` channels wait for `go`."""

    def __init__(self, *held: str) -> None:
        self.held, self.go = set(held), asyncio.Event()
        self.began: list[str] = []
        self.ended: list[str] = []
        self.now, self.most = 0, 0

    async def __call__(self, one: Delivery) -> float | None:
        self.began.append(one.key)
        self.now += 1
        self.most = max(self.most, self.now)
        if one.body.decode() in self.held:
            await self.go.wait()
        self.now -= 1
        self.ended.append(one.key)
        return None


async def test_what_is_done_in_a_channel_is_done_in_its_order() -> None:
    """The second begins when the first has been answered."""
    slow = Slow("C1")
    rig = Rig(slow)
    await rig.put("a", "b", "c")
    await rig.offer()
    await a_while()
    assert slow.began == ["a"]
    slow.go.set()
    await rig.lane.finish()
    assert slow.ended == ["a", "b", "c"]
    assert rig.left == []


async def test_another_channel_does_not_wait() -> None:
    slow = Slow("C1")
    rig = Rig(slow)
    await rig.put("a")
    await rig.put("b", channel="C2")
    await rig.offer()
    await a_while()
    assert slow.ended == ["b"]
    slow.go.set()
    await rig.lane.finish()


async def test_a_busy_channel_takes_nobody_elses_turn() -> None:
    """Sixty commands wait for a slow one in one channel; elsewhere people are answered."""
    slow = Slow("C1")
    rig = Rig(slow)
    await rig.put(*(f"busy-{number}" for number in range(60)))
    await rig.put("other", channel="C2")
    await rig.offer()
    await a_while()
    assert slow.ended == ["other"]
    slow.go.set()
    await rig.lane.finish()


async def test_many_slow_ones_do_not_keep_new_ones_from_being_started() -> None:
    """Offered again and again, what is being worked on is not in the way of what is new."""
    slow = Slow(*(f"S{number}" for number in range(AT_ONCE - 1)))
    rig = Rig(slow)
    for number in range(AT_ONCE - 1):
        await rig.put(f"slow-{number}", channel=f"S{number}")
    await rig.offer()
    await a_while()
    for number in range(5):
        await rig.put(f"new-{number}", channel="C2")
        await rig.offer()
        await a_while()
    assert slow.ended == [f"new-{number}" for number in range(5)]
    slow.go.set()
    await rig.lane.finish()


async def test_only_so_many_are_worked_on_and_held_at_once() -> None:
    """A flood stays in the inbox."""
    slow = Slow(*(f"C{number}" for number in range(HELD + 50)))
    rig = Rig(slow, MemoryInbox(limit=HELD + 50))
    for number in range(HELD + 50):
        await rig.put(f"k{number}", channel=f"C{number}")
    assert await rig.offer() == HELD
    await a_while()
    assert slow.most == AT_ONCE
    slow.go.set()
    await rig.lane.finish()
    while await rig.offer():
        await rig.lane.finish()
    assert rig.left == []
    assert len(slow.ended) == len(set(slow.ended)) == HELD + 50


async def test_what_was_offered_before_is_not_started_twice() -> None:
    slow = Slow("C1")
    rig = Rig(slow)
    await rig.put("a")
    assert [await rig.offer() for _ in range(3)] == [1, 0, 0]
    slow.go.set()
    await rig.lane.finish()
    assert slow.began == ["a"]
    assert rig.counted == ["handled"]


async def test_what_cannot_be_done_yet_is_done_when_it_can_in_its_turn() -> None:
    """Slack does not say who somebody is: the next of that channel waits, others do not."""
    tries: list[str] = []

    async def handle(one: Delivery) -> float | None:
        tries.append(one.key)
        return 3.0 if one.key == "a" and tries.count("a") < 4 else None

    rig = Rig(handle)
    await rig.put("a", "b")
    await rig.offer()
    await rig.lane.finish()
    assert tries == ["a", "a", "a", "a", "b"]
    assert rig.clock.monotonic() == 9.0
    assert rig.aside == []


async def test_a_poisoned_delivery_is_put_aside_after_its_tries() -> None:
    """The others of its channel go on."""
    tries: list[str] = []

    async def handle(one: Delivery) -> float | None:
        tries.append(one.key)
        if one.key == "poison":
            raise ZeroDivisionError
        return None

    rig = Rig(handle)
    await rig.put("poison", "good")
    await rig.offer()
    await rig.lane.finish()
    assert tries == [*["poison"] * TRIES, "good"]
    assert rig.aside == ["ZeroDivisionError"]
    assert rig.left == []
    assert rig.counted == ["handled"]


async def test_a_store_that_is_away_puts_nothing_aside() -> None:
    """However long: it is no fault of the delivery, and it is done when the store is back."""
    failures = 0

    async def handle(one: Delivery) -> float | None:
        nonlocal failures
        failures += 1
        if failures <= 3 * TRIES:
            raise ConnectionError
        return None

    rig = Rig(handle)
    rig.up = False
    await rig.put("a")
    await rig.offer()
    await rig.lane.finish()
    assert (rig.aside, rig.left) == ([], [])
    assert failures == 3 * TRIES + 1


async def test_an_inbox_that_is_away_counts_for_nothing_either() -> None:
    """It was done and answered; only that could not be written down. It is not done again."""
    done: list[str] = []

    class Away(MemoryInbox):
        refusals = 2 * TRIES

        async def handled(self, ids: Sequence[int], note: str = "") -> None:
            if self.refusals:
                self.refusals -= 1
                raise InboxUnavailable("switched off")
            await super().handled(ids, note)

    async def handle(one: Delivery) -> float | None:
        done.append(one.key)
        return None

    rig = Rig(handle, Away())
    await rig.put("a")
    await rig.offer()
    await rig.lane.finish()
    assert (rig.aside, rig.left) == ([], [])
    assert done == ["a"]
    assert rig.counted == ["handled"]
    assert rig.clock.monotonic() == 2 * TRIES * PAUSE


async def test_poison_behind_an_inbox_that_was_away_is_still_put_aside() -> None:
    """Trouble of another kind in between does not make its tries endless."""
    tries = 0

    async def handle(one: Delivery) -> float | None:
        nonlocal tries
        tries += 1
        raise InboxUnavailable("switched off") if tries % 2 else ZeroDivisionError

    rig = Rig(handle)
    await rig.put("poison")
    await rig.offer()
    await rig.lane.finish()
    assert rig.aside == ["ZeroDivisionError"]
    assert tries == 2 * TRIES


async def test_what_cannot_be_put_aside_now_is_put_aside_later() -> None:
    """The record went away in that very moment; nothing is lost and no task dies."""

    class Rigged(Rig):
        refusals = 2

        async def _put_aside(self, pending: Pending, error: Exception) -> None:
            if self.refusals:
                self.refusals -= 1
                raise ConnectionError
            await super()._put_aside(pending, error)

    async def handle(one: Delivery) -> float | None:
        raise ZeroDivisionError

    rig = Rigged(handle)
    await rig.put("poison")
    await rig.offer()
    await rig.lane.finish()
    assert rig.aside == ["ZeroDivisionError"]


async def test_after_a_restart_in_between_everything_is_done() -> None:
    """What was not answered stays in the inbox, and is the next one's."""
    slow = Slow("C1")
    rig = Rig(slow)
    await rig.put("a", "b")
    await rig.put("c", channel="C2")
    await rig.offer()
    await a_while()
    for task in asyncio.all_tasks() - {asyncio.current_task()}:  # the process is killed
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    assert rig.left == ["a", "b"]
    next_one = Slow()
    restarted = Rig(next_one, rig.inbox)
    await restarted.offer()
    await restarted.lane.finish()
    assert next_one.ended == ["a", "b"]
    assert restarted.left == []


async def test_a_machines_flood_does_not_hold_up_a_person() -> None:
    """Through the dispatcher: while batches of pages are taken, the command is answered."""

    class Awaited(MemoryInbox):
        async def handled(self, ids: Sequence[int], note: str = "") -> None:
            await asyncio.sleep(0)  # as a database lets others run
            await super().handled(ids, note)

    inbox, record, clock = Awaited(), MemoryRecord(ManualClock()), ManualClock()
    left = 0

    async def handle(one: Delivery) -> float | None:
        nonlocal left
        left = await inbox.backlog()
        return None

    dispatcher = Dispatcher(
        inbox=inbox, record=record, rules=rules(), clock=clock, people=handle,
        parsers={"pagerduty": lambda one: None},
    )  # fmt: skip
    for number in range(400):
        page = Delivery(door="pagerduty", key=str(number), received_at=clock.now(), body=b"",
                        headers={})  # fmt: skip
        await inbox.put(page)
    await inbox.put(delivery("a"))
    while await dispatcher.drain():
        pass
    assert left > 380
    assert await inbox.backlog() == 0
