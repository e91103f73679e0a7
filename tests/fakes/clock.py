"""A clock wound by hand: sleeping moves it forward and takes no time."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta


class ManualClock:
    """Stands still until somebody sleeps on it or advances it."""

    def __init__(self, at: datetime = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)) -> None:
        self._start = self._at = at

    def now(self) -> datetime:
        return self._at

    def monotonic(self) -> float:
        return (self._at - self._start).total_seconds()

    def advance(self, **length: float) -> None:
        """Move forward by a timedelta's arguments."""
        self._at += timedelta(**length)

    async def sleep(self, seconds: float) -> None:
        self._at += timedelta(seconds=seconds)
        await asyncio.sleep(0)
