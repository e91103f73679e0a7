"""A clock for tasks that sleep side by side: time moves to the earliest of them once all wait."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from datetime import datetime

from tests.fakes.clock import ManualClock

_TURNS = 50  # of the loop in which everything that can go on does


class TickingClock(ManualClock):
    """Whoever sleeps wakes in the order of their times, and it takes no time."""

    def __init__(self, at: datetime) -> None:
        super().__init__(at)
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._numbers = itertools.count()
        self._driver: asyncio.Task[None] | None = None

    async def sleep(self, seconds: float) -> None:
        wake: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        due = self.monotonic() + max(seconds, 0.0)
        heapq.heappush(self._sleepers, (due, next(self._numbers), wake))
        if self._driver is None or self._driver.done():
            self._driver = asyncio.create_task(self._drive())
        await wake

    async def _drive(self) -> None:
        while self._sleepers:
            for _ in range(_TURNS):
                await asyncio.sleep(0)
            due, _, wake = heapq.heappop(self._sleepers)
            if wake.done():  # whoever slept was cancelled
                continue
            self.advance(seconds=max(due - self.monotonic(), 0.0))
            wake.set_result(None)
