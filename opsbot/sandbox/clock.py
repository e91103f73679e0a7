"""The sandbox's own clock: wall time for answers, monotonic time for measurements."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What a sandbox world asks for the time."""

    def now(self) -> datetime:
        """Give the current moment, timezone-aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Give seconds on a clock that never goes back, for durations only."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Give the current moment in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Give seconds of the process-wide monotonic clock, comparable between processes."""
        return time.monotonic()


class ManualClock:
    """A clock that stands still until it is told to advance, for tests and replays."""

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._elapsed = 0.0

    def now(self) -> datetime:
        """Give the moment the clock was last set to."""
        return self._now

    def monotonic(self) -> float:
        """Give the seconds the clock has been advanced by."""
        return self._elapsed

    def advance(self, seconds: float) -> None:
        """Move both times forward by so many seconds."""
        self._now = datetime.fromtimestamp(self._now.timestamp() + seconds, UTC)
        self._elapsed += seconds
