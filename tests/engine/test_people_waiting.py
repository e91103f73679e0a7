"""Who waits for whom: through the dispatcher and by the key that keeps people's order, nobody for
somebody else's trouble."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

from opsbot.app.people_side import order_key
from opsbot.engine.dispatcher import Dispatcher
from opsbot.engine.people_lane import HELD, PeopleLane
from opsbot.engine.stopping import Stopping
from opsbot.ports import Delivery, InboxUnavailable, Pending
from opsbot.store.memory import MemoryRecord
from tests.core.story import rules
from tests.fakes.clock import ManualClock
from tests.fakes.inbox import MemoryInbox

Handle = Callable[[Delivery], Awaitable[float | None]]
STUCK = "USTUCK"  # whom Slack does not know just now


def delivery(key: str, payload: Mapping[str, object]) -> Delivery:
    return Delivery(
        door="slack.any", key=key, received_at=ManualClock().now(),
        body=json.dumps(payload).encode(), headers={}, lane="person",
    )  # fmt: skip


def typed(key: str, user: str, channel: str = "C1") -> Delivery:
    return delivery(key, {"channel_id": channel, "user_id": user})


def form(key: str, user: str) -> Delivery:
    return delivery(key, {"type": "view_submission", "user": {"id": user}, "view": {"id": "V1"}})


async def until(reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(2.0):
        while not reached():  # noqa: ASYNC110 - what is watched has no event
            await asyncio.sleep(0.001)


class Unknown:
    """Answers everybody but those who are stuck; a stuck one is to be tried again."""

    def __init__(self) -> None:
        self.answered: list[str] = []
        self.stuck = True

    async def __call__(self, one: Delivery) -> float | None:
        if self.stuck and STUCK in one.body.decode():
            return 3.0
        self.answered.append(one.key)
        return None


@asynccontextmanager
async def running(inbox: MemoryInbox, handle: Handle) -> AsyncGenerator[None]:
    """The dispatcher at work."""
    clock = ManualClock()
    dispatcher = Dispatcher(
        inbox=inbox, record=MemoryRecord(clock), rules=rules(), clock=clock, parsers={},
        people=handle, order_key=order_key,
    )  # fmt: skip
    stopping = Stopping()
    task = asyncio.create_task(dispatcher.run(stopping))
    try:
        yield
    finally:
        stopping.begin()
        await task


async def test_behind_somebody_whom_slack_does_not_know_nobody_else_waits() -> None:
    """Forty in their channel are answered, and so is who comes after them elsewhere."""
    inbox, handle = MemoryInbox(), Unknown()
    await inbox.put(typed("stuck", STUCK))
    keys = [f"k{number}" for number in range(40)]
    async with running(inbox, handle):
        for number, key in enumerate(keys):
            await inbox.put(typed(key, f"U{number}"))
        await inbox.put(typed("elsewhere", "U99", "C2"))
        await until(lambda: sorted(handle.answered) == sorted([*keys, "elsewhere"]))
        assert [row.delivery.key for row in inbox.rows.values()] == ["stuck"]
        handle.stuck = False
        await until(lambda: not inbox.rows)


async def test_many_whom_slack_does_not_know_leave_places_for_the_others() -> None:
    """More of them than may be worked on at once: to wait takes no place."""
    inbox, handle = MemoryInbox(), Unknown()
    for number in range(100):
        await inbox.put(typed(f"stuck-{number}", STUCK, f"C{number}"))
    await inbox.put(typed("known", "U1"))
    async with running(inbox, handle):
        await until(lambda: handle.answered == ["known"])
        handle.stuck = False
        await until(lambda: not inbox.rows)


async def test_one_persons_form_does_not_wait_for_anothers() -> None:
    """A submitted form names no channel; it goes by who submitted it."""
    inbox, handle = MemoryInbox(), Unknown()
    await inbox.put(form("stuck", STUCK))
    await inbox.put(form("other", "U2"))
    async with running(inbox, handle):
        await until(lambda: handle.answered == ["other"])
        handle.stuck = False
        await until(lambda: handle.answered == ["other", "stuck"])


async def test_room_that_gets_free_is_used_at_once() -> None:
    """More wait than may be held: the rest follow though nothing new arrives, without the seconds
    that are waited for news."""
    inbox, go = MemoryInbox(), asyncio.Event()
    began: list[str] = []

    async def handle(one: Delivery) -> float | None:
        began.append(one.key)
        await go.wait()
        return None

    for number in range(HELD + 60):
        await inbox.put(typed(str(number), f"U{number}"))
    async with running(inbox, handle):
        await until(lambda: bool(began))
        await asyncio.sleep(0.02)
        go.set()
        await until(lambda: not inbox.rows)
    assert len(began) == len(set(began)) == HELD + 60


def _lane(inbox: MemoryInbox, handle: Handle) -> PeopleLane:
    async def put_aside(pending: Pending, error: Exception) -> None:
        await inbox.quarantine(pending.id, type(error).__name__)

    async def is_up() -> bool:
        return True

    return PeopleLane(
        inbox=inbox, clock=ManualClock(), handle=handle, put_aside=put_aside, is_up=is_up,
        order_key=order_key,
    )  # fmt: skip


async def test_the_next_does_not_wait_for_the_inbox_to_take_the_last() -> None:
    """While the inbox cannot be written, each is answered once, and all are."""

    class Full(MemoryInbox):
        full = True

        async def handled(self, ids: Sequence[int], note: str = "") -> None:
            if self.full:
                raise InboxUnavailable("disk full")
            await super().handled(ids, note)

    inbox, handle = Full(), Unknown()
    for key in ("a", "b", "c"):
        await inbox.put(typed(key, "U1"))
    lane = _lane(inbox, handle)
    for _ in range(20):
        lane.offer(await inbox.pending())
        await asyncio.sleep(0)
    assert handle.answered == ["a", "b", "c"]
    inbox.full = False
    await lane.finish()
    assert (inbox.rows, handle.answered) == ({}, ["a", "b", "c"])


async def test_a_listing_that_is_out_of_date_starts_nothing_again() -> None:
    """It was read before the delivery was done, and comes after."""
    inbox, handle = MemoryInbox(), Unknown()
    await inbox.put(typed("a", "U1"))
    lane, listed = _lane(inbox, handle), await inbox.pending()
    assert lane.offer(listed) == 1
    await lane.finish()
    assert lane.offer(listed) == 0
    await lane.finish()
    assert handle.answered == ["a"]


def test_order_is_kept_for_one_person_in_one_channel() -> None:
    """However Slack names the two: in a command, a press, a pin, a mention."""
    one = order_key(typed("1", "U1", "C1"))
    pressed = {"type": "block_actions", "user": {"id": "U1"}, "channel": {"id": "C1"}}
    pinned = {"event": {"type": "reaction_added", "user": "U1", "item": {"channel": "C1"}}}
    said = {"event": {"type": "app_mention", "user": "U1", "channel": "C1"}}
    for payload in (pressed, pinned, said):
        assert order_key(delivery("2", payload)) == one
    others = {order_key(typed("3", "U2", "C1")), order_key(typed("4", "U1", "C2"))}
    others |= {order_key(form("5", "U1")), order_key(form("6", "U2"))}
    assert len(others | {one}) == 5


def test_what_happens_to_a_channel_keeps_its_order_whoever_did_it() -> None:
    """Archived by one and brought back by another: the last counts."""
    told = [
        {"type": "channel_archive", "channel": "C1", "user": "U1"},
        {"type": "channel_unarchive", "channel": "C1", "user": "U2"},
        {"type": "channel_rename", "channel": {"id": "C1", "name": "inc-2"}},
        {"type": "channel_id_changed", "old_channel_id": "C1", "new_channel_id": "C2"},
    ]
    assert len({order_key(delivery("1", {"event": event})) for event in told}) == 1


def test_what_cannot_be_read_has_a_key_all_the_same() -> None:
    """Nothing that was stored stops the others."""
    misshapen = b'{"user": 3, "channel": [], "event": {"user": {}}}'
    for body in (b"", b"[]", b"{", misshapen, b"[" * 9_999):
        one = Delivery(door="slack.any", key="1", received_at=ManualClock().now(), body=body,
                       headers={}, lane="person")  # fmt: skip
        assert order_key(one) == "slack.any"
