"""Weekdays and stretches of the day, as rules name them in the configured time zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """A stretch of the day in the configured time zone; may run over midnight."""

    start: time
    end: time

    def contain(self, at: time) -> bool:
        """Whether the clock on the wall shows a time inside; the end is outside."""
        if self.start <= self.end:
            return self.start <= at < self.end
        return at >= self.start or at < self.end
