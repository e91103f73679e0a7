"""People's deliveries: each in a task of its own, in order within a channel, so that nobody who
waits for an answer waits behind machines or behind somebody else's slow look-up."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from weakref import WeakValueDictionary

from opsbot.ports import Clock, Delivery, Inbox, InboxUnavailable, Pending

log = logging.getLogger(__name__)
AT_ONCE = 32  # worked on at the same time
HELD = 128  # known here, those included that wait for another of their channel
PAUSE = 1.0  # seconds before a delivery that could not be handled now is tried again
TRIES = 5  # then it is put aside: it is not the store's trouble but the delivery's

Handle = Callable[[Delivery], Awaitable[float | None]]  # seconds to wait and do it again
PutAside = Callable[[Pending, Exception], Awaitable[None]]
OrderKey = Callable[[Delivery], str]


class PeopleLane:
    """Works on what is offered; a delivery counts as handled only after its answer was tried."""

    def __init__(
        self, *, inbox: Inbox, clock: Clock, handle: Handle, put_aside: PutAside,
        order_key: OrderKey = lambda delivery: delivery.door,
        observe: Callable[[str, int], None] = lambda outcome, number: None,
        is_up: Callable[[], Awaitable[bool]],
    ) -> None:  # fmt: skip
        self._inbox, self._clock = inbox, clock
        self._is_up = is_up  # whether the record can be written at all
        self._handle, self._put_aside, self._order_key = handle, put_aside, order_key
        self._observe = observe
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._orders: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def offer(self, waiting: Sequence[Pending]) -> int:
        """Start on those that are not known here, as many as may be; how many were started."""
        fresh = [pending for pending in waiting if pending.id not in self._tasks]
        fresh = fresh[: HELD - len(self._tasks)]
        for pending in fresh:
            key = self._order_key(pending.delivery)
            lock = self._orders.setdefault(key, asyncio.Lock())
            task = asyncio.create_task(self._work(pending, lock))
            self._tasks[pending.id] = task
            task.add_done_callback(lambda _, number=pending.id: self._tasks.pop(number, None))
        return len(fresh)

    async def finish(self) -> None:
        """Wait for what was started; what cannot finish stays pending in the inbox."""
        running = list(self._tasks.values())
        if running:
            _, late = await asyncio.wait(running, timeout=5.0)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _work(self, pending: Pending, lock: asyncio.Lock) -> None:
        """In its channel's turn; who waits for that, or for another try, keeps nobody else from
        being worked on."""
        async with lock:
            failures = 0
            while True:
                try:
                    async with self._slots:
                        wait = await self._handle(pending.delivery)
                    if wait is None:
                        await self._inbox.handled([pending.id])
                        self._observe("handled", 1)
                        return
                except InboxUnavailable:
                    wait = PAUSE
                except Exception as error:  # whatever a delivery holds, the others go on
                    log.exception("a delivery from %s failed", pending.delivery.door)
                    # A store that is away is no fault of the delivery.
                    failures += await self._is_up()
                    if failures >= TRIES and await self._is_put_aside(pending, error):
                        return
                    wait = PAUSE
                await self._clock.sleep(wait)

    async def _is_put_aside(self, pending: Pending, error: Exception) -> bool:
        try:
            await self._put_aside(pending, error)
        except Exception:
            log.exception("delivery %s could not be put aside; trying again", pending.id)
            return False
        return True
