"""Whether a service's log lines still arrive, told from its own habit of logging.

A service that logs twice an hour is not silent after ten quiet minutes; one that logs twice a
second is. So silence is measured against the usual gap between lines, never against a constant.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from opsbot.core.evidence import Gap, Health
from opsbot.core.moment import clock_text, from_micros, lasting, to_micros
from opsbot.core.text import count

BUCKET = timedelta(minutes=5)
LEAST_SILENCE = timedelta(minutes=10)
TIMES_USUAL_GAP = 3
FEW_BUCKETS = 3
"""With lines in fewer buckets than this there is no habit to compare with."""

FAR_BELOW = 0.1
RECENT_BUCKETS = 2
LEAST_EXPECTED = 20.0
"""Lines that must be expected in the recent buckets before their lack says anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """How a service has been logging up to `end`, from counts in buckets of five minutes."""

    service: str
    end: datetime
    looked_back: timedelta
    counts: tuple[float, ...]  # oldest first; the last bucket ends at `end`

    @property
    def filled(self) -> tuple[int, ...]:
        """The buckets that hold lines."""
        return tuple(index for index, lines in enumerate(self.counts) if lines > 0)

    @property
    def newest_end(self) -> datetime | None:
        """The end of the newest bucket with lines: the newest line is at most that new."""
        if not self.filled:
            return None
        return self.end - BUCKET * (len(self.counts) - 1 - self.filled[-1])

    @property
    def per_minute(self) -> float:
        """The usual lines a minute while the service was logging."""
        active = self.counts[self.filled[0] : self.filled[-1] + 1]
        usual = statistics.median(active) or statistics.fmean(active)
        return usual / (BUCKET / timedelta(minutes=1))

    @property
    def usual_gap(self) -> timedelta:
        """What passes between two lines at quiet times: the longest but the rarest gaps."""
        span = len(self.counts[self.filled[0] : self.filled[-1] + 1]) * BUCKET
        average = span / max(sum(self.counts), 1.0)
        gaps = sorted(b - a for a, b in zip(self.filled, self.filled[1:], strict=False))
        longest = gaps[int(len(gaps) * 0.95)] if gaps else 1
        return max(average, longest * BUCKET) if longest > 1 else average

    @property
    def patience(self) -> timedelta:
        """How long a silence must last before it counts."""
        return max(LEAST_SILENCE, TIMES_USUAL_GAP * self.usual_gap)

    def may_be_silent(self) -> bool:
        """Whether the exact time of the newest line is worth asking for."""
        if len(self.filled) < FEW_BUCKETS or self.newest_end is None:
            return False
        return self.end - self.newest_end + BUCKET >= self.patience


def habit(
    service: str, buckets: Mapping[int, float], *, end: datetime, looked_back: timedelta
) -> Habit:
    """The habit of one service from Loki's counts by bucket end (seconds since 1970)."""
    last = to_micros(end) // 1_000_000
    step = int(BUCKET.total_seconds())
    size = int(looked_back / BUCKET) + 1
    counts = [0.0] * size
    for at, lines in buckets.items():
        index = size - 1 - round((last - at) / step)
        if 0 <= index < size:
            counts[index] = lines
    return Habit(service=service, end=end, looked_back=looked_back, counts=tuple(counts))


def gap_of(known: Habit, newest_at: datetime | None) -> Gap | None:
    """What this service's logs do not show, or None while they arrive as usual.

    `newest_at` is the time of the newest line where it is known exactly.
    """
    if known.newest_end is None:
        reason = f"no line in the last {in_hours(known.looked_back)}"
        return Gap(service=known.service, health=Health.SPARSE, since=None, reason=reason)
    if len(known.filled) < FEW_BUCKETS:
        return None
    since = newest_at or known.newest_end
    if known.end - since >= known.patience:
        reason = f"no log line since {since_text(since, known.end)}, usually {pace(known)}"
        return Gap(service=known.service, health=Health.STALE, since=since, reason=reason)
    return _far_below_usual(known)


def _far_below_usual(known: Habit) -> Gap | None:
    recent = sum(known.counts[-RECENT_BUCKETS:])
    expected = known.per_minute * (RECENT_BUCKETS * BUCKET / timedelta(minutes=1))
    if expected < LEAST_EXPECTED or recent >= FAR_BELOW * expected:
        return None
    low = FAR_BELOW * known.per_minute * (BUCKET / timedelta(minutes=1))
    index = len(known.counts)
    while index > 0 and known.counts[index - 1] < low:
        index -= 1
    since = known.end - BUCKET * (len(known.counts) - index)
    lines = count(round(recent), "line")
    reason = f"only {lines} in the last {lasting(RECENT_BUCKETS * BUCKET)}, usually {pace(known)}"
    return Gap(service=known.service, health=Health.SPARSE, since=since, reason=reason)


def in_hours(length: timedelta) -> str:
    """A look-back as people say it: `24 h` rather than `1 d`."""
    hours = length / timedelta(hours=1)
    return f"{hours:.0f} h" if hours in range(1, 49) else lasting(length)


def pace(known: Habit) -> str:
    """The usual rate in words: `120 a minute`, `3 an hour`."""
    a_minute = known.per_minute
    if a_minute >= 1:
        return f"{a_minute:,.0f} a minute"
    return f"{max(a_minute * 60, 1):,.0f} an hour"


def since_text(at: datetime, end: datetime) -> str:
    """A time of day, with the date when it is not the same day's."""
    return clock_text(at) if at.date() == end.date() else f"{at:%d %b} {clock_text(at)}"


def aligned(
    end: datetime, looked_back: timedelta, step: timedelta = BUCKET
) -> tuple[datetime, datetime]:
    """Whole seconds for start and end, so that the last bucket ends exactly at the end."""
    last = from_micros(to_micros(end) // 1_000_000 * 1_000_000)
    return last - int(looked_back / step) * step, last
