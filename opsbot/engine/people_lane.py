"""People's deliveries: each in a task of its own, one person's in a channel in their order, so that
nobody who waits for an answer waits behind machines or behind somebody else's slow look-up."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from weakref import WeakValueDictionary

from opsbot.ports import Clock, Delivery, Inbox, InboxUnavailable, Pending

log = logging.getLogger(__name__)
AT_ONCE = 32  # worked on at the same time
HELD = 200  # known here, those included that wait for their turn or for another try
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
        self._ended: set[int] = set()  # since the last offer, which may have been read before
        self._crowded = False  # whether some that were offered found no room
        self.room = asyncio.Event()  # set when there is room again for those that found none
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._orders: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def offer(self, waiting: Sequence[Pending]) -> int:
        """Start on those that are not known here, as many as may be; how many were started.

        To offer more than HELD shows whether there are any beyond those that are known.
        """
        known = self._tasks.keys() | self._ended
        fresh = [pending for pending in waiting if pending.id not in known]
        places = HELD - len(self._tasks)
        self._ended.clear()
        self._crowded = len(fresh) > places
        self.room.clear()
        for pending in fresh[:places]:
            self._start(pending)
        return min(len(fresh), places)

    def _start(self, pending: Pending) -> None:
        key = self._order_key(pending.delivery)
        lock = self._orders.setdefault(key, asyncio.Lock())
        task = asyncio.create_task(self._work(pending, lock))
        self._tasks[pending.id] = task
        task.add_done_callback(lambda _: self._leave(pending.id))

    def _leave(self, number: int) -> None:
        self._tasks.pop(number, None)
        if self._crowded:
            self.room.set()

    async def finish(self) -> None:
        """Wait for what was started; what cannot finish stays pending in the inbox."""
        running = list(self._tasks.values())
        if running:
            _, late = await asyncio.wait(running, timeout=5.0)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _work(self, pending: Pending, lock: asyncio.Lock) -> None:
        """Do it in its turn; what was done is then only written down, however often that takes."""
        async with lock:
            done = await self._is_done(pending)
        if done:
            await self._write_down(pending)
        self._ended.add(pending.id)

    async def _is_done(self, pending: Pending) -> bool:
        """Handle it until it is done; False when it was put aside. Who waits for another try takes
        nobody's place."""
        failures = 0
        while True:
            try:
                async with self._slots:
                    wait = await self._handle(pending.delivery)
                if wait is None:
                    return True
            except InboxUnavailable:
                wait = PAUSE
            except Exception as error:  # whatever a delivery holds, the others go on
                log.exception("a delivery from %s failed", pending.delivery.door)
                # A store that is away is no fault of the delivery.
                failures += await self._is_up()
                if failures >= TRIES and await self._is_put_aside(pending, error):
                    return False
                wait = PAUSE
            await self._clock.sleep(wait)

    async def _write_down(self, pending: Pending) -> None:
        """Take it out of the inbox. It has been answered: it must not be done again meanwhile."""
        while True:
            try:
                await self._inbox.handled([pending.id])
            except Exception as error:  # noqa: BLE001 - whatever it is, the answer was given
                log.warning(
                    "delivery %s is done; the inbox cannot say so yet: %s", pending.id, error
                )
                await self._clock.sleep(PAUSE)
            else:
                self._observe("handled", 1)
                return

    async def _is_put_aside(self, pending: Pending, error: Exception) -> bool:
        try:
            await self._put_aside(pending, error)
        except Exception:
            log.exception("delivery %s could not be put aside; trying again", pending.id)
            return False
        return True
