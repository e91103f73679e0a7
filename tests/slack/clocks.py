"""Clocks that tests wind, fit for our own Clock port and for the sandbox Slack's."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

NOON = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)


class HastyClock:
    """Time jumps to wherever somebody sleeps to; nothing really waits."""

    def __init__(self, start: datetime = NOON) -> None:
        self._start = start
        self.seconds = 0.0

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.seconds)

    def wall(self) -> float:
        return self.now().timestamp()

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        until = self.seconds + seconds
        await asyncio.sleep(0)
        self.seconds = max(self.seconds, until)


class WoundClock(HastyClock):
    """Time moves only by `advance`, which wakes the sleepers it passes, in their order."""

    def __init__(self, start: datetime = NOON) -> None:
        super().__init__(start)
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken = asyncio.get_running_loop().create_future()
        self._sleepers.append((self.seconds + seconds, woken))
        await woken

    async def advance(self, seconds: float) -> None:
        """Move time, letting whoever wakes up run at their own moment."""
        await settle()
        end = self.seconds + seconds
        while due := [s for s in self._sleepers if s[0] <= end and not s[1].done()]:
            at, woken = min(due, key=lambda sleeper: sleeper[0])
            self.seconds = max(self.seconds, at)
            woken.set_result(None)
            await settle()
        self._sleepers = [s for s in self._sleepers if not s[1].done()]
        self.seconds = end
        await settle()


async def settle() -> None:
    """Let every task that can run do so."""
    for _ in range(10):
        await asyncio.sleep(0)
