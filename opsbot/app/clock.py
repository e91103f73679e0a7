"""The real clock."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime


class SystemClock:
    """Wall time in UTC, and real waiting."""

    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251 - this is the one place that reads the wall clock

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
