"""The arithmetic of PromQL on plain numbers: extrapolated rates, quantiles of histograms, sums."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from opsbot.sandbox.series import Sample


@dataclass(frozen=True, slots=True)
class Window:
    """The scrapes first..last inside (start, end]; times and lengths in seconds.

    The last three are how far a rate reaches when every scrape has its sample; see `_reach`.
    """

    first: int
    last: int
    start: float
    end: float
    interval: int
    sampled: float
    to_start: float
    to_end: float

    @property
    def length(self) -> float:
        """Give the seconds from start to end."""
        return self.end - self.start


OverRange = Callable[[Sequence[Sample], int, Sequence[Window]], list[Sample]]
"""Makes one value of each window out of samples, the first of which is of the given scrape."""


def window_at(end: float, length: float, oldest: int, newest: int, interval: int) -> Window:
    """Give the scrapes of a range ending at `end`; left-open, as since Prometheus 3."""
    start = end - length
    first = max(math.floor(start / interval) + 1, oldest)
    last = min(math.floor(end / interval), newest)
    reach = _reach(first, last, last - first + 1, start, end, interval)
    return Window(first, last, start, end, interval, *reach)


def _reach(
    first: int, last: int, count: int, start: float, end: float, interval: int
) -> tuple[float, float, float]:
    """Give the seconds seen, and those to add before and after: Prometheus' extrapolatedRate.

    Up to the window's ends when the samples come near them, else half a scrape interval.
    """
    sampled = float((last - first) * interval)
    if count < 2:
        return 0.0, 0.0, 0.0
    average = sampled / (count - 1)
    to_start = first * interval - start
    to_end = end - last * interval
    return (
        sampled,
        to_start if to_start < average * 1.1 else average / 2,
        to_end if to_end < average * 1.1 else average / 2,
    )


def collected(
    collect: Callable[[list[float]], float],
    samples: Sequence[Sample],
    base: int,
    windows: Sequence[Window],
) -> list[Sample]:
    """Apply a function to the samples inside each window; None where there are none."""
    column: list[Sample] = []
    for window in windows:
        inside = samples[max(0, window.first - base) : max(0, window.last - base + 1)]
        values = [one for one in inside if one is not None]
        column.append(collect(values) if values else None)
    return column


def rates(samples: Sequence[Sample], base: int, windows: Sequence[Window]) -> list[Sample]:
    """Give the extrapolated increase a second of a counter in each window."""
    totals = increases(samples, base, windows)
    return [
        None if total is None else total / window.length
        for total, window in zip(totals, windows, strict=True)
    ]


def increases(samples: Sequence[Sample], base: int, windows: Sequence[Window]) -> list[Sample]:
    """Give the extrapolated increase of a counter in each window; None with fewer than 2 samples.

    The rule is Prometheus' extrapolatedRate. A counter that never falls needs only its ends.
    """
    present = [sample for sample in samples if sample is not None]
    if len(present) < len(samples) or any(map(operator.lt, present[1:], present)):
        return [_increase(samples, base, window) for window in windows]
    column: list[Sample] = []
    for window in windows:
        if window.sampled == 0.0:
            column.append(None)
            continue
        first = present[window.first - base]
        total = present[window.last - base] - first
        reach = (window.sampled, window.to_start, window.to_end)
        column.append(_extrapolated(total, first, *reach) if total else 0.0)
    return column


def _increase(samples: Sequence[Sample], base: int, window: Window) -> Sample:
    present = [
        (scrape, value)
        for scrape in range(window.first, window.last + 1)
        if (value := samples[scrape - base]) is not None
    ]
    if len(present) < 2:
        return None
    (first, first_value), (last, last_value) = present[0], present[-1]
    total = last_value - first_value
    for (_, before), (_, after) in pairwise(present):
        if after < before:
            total += before
    reach = _reach(first, last, len(present), window.start, window.end, window.interval)
    return _extrapolated(total, first_value, *reach)


def _extrapolated(
    total: float, first: float, sampled: float, to_start: float, to_end: float
) -> float:
    if total > 0 and first >= 0:
        # A counter cannot have been below zero: do not extrapolate further back than that.
        to_start = min(to_start, sampled * (first / total))
    return total * (sampled + to_start + to_end) / sampled


OVER_TIME: dict[str, Callable[[list[float]], float]] = {
    "avg_over_time": lambda values: sum(values) / len(values),
    "min_over_time": min,
    "max_over_time": max,
    "sum_over_time": sum,
    "count_over_time": lambda values: float(len(values)),
    "last_over_time": lambda values: values[-1],
}

AGGREGATED: dict[str, Callable[[list[float]], float]] = {
    "sum": sum,
    "min": lambda values: _extreme(min, values),
    "max": lambda values: _extreme(max, values),
    "avg": lambda values: sum(values) / len(values),
    "count": lambda values: float(len(values)),
}


def _extreme(pick: Callable[[list[float]], float], values: list[float]) -> float:
    numbers = [value for value in values if not math.isnan(value)]
    return pick(numbers) if numbers else math.nan


def histogram_quantile(quantile: float, buckets: Sequence[tuple[float, float]]) -> float:
    """Give the quantile of (upper bound, cumulative count) pairs in ascending order of bounds."""
    if math.isnan(quantile) or len(buckets) < 2 or not math.isinf(buckets[-1][0]):
        return math.nan
    if quantile < 0:
        return -math.inf
    if quantile > 1:
        return math.inf
    counts = _rising([count for _, count in buckets])
    if counts[-1] == 0 or math.isnan(counts[-1]):
        return math.nan
    rank = quantile * counts[-1]
    index = next((i for i, count in enumerate(counts[:-1]) if count >= rank), len(counts) - 1)
    if index == len(counts) - 1:
        return buckets[-2][0]
    upper = buckets[index][0]
    if index == 0 and upper <= 0:
        return upper
    lower = 0.0 if index == 0 else buckets[index - 1][0]
    below = 0.0 if index == 0 else counts[index - 1]
    if counts[index] == below:
        return math.nan
    return lower + (upper - lower) * (rank - below) / (counts[index] - below)


def _rising(counts: list[float]) -> list[float]:
    highest = -math.inf
    rising: list[float] = []
    for count in counts:
        highest = max(highest, count)
        rising.append(highest)
    return rising


def number_text(value: float) -> str:
    """Write a sample value the way Prometheus does: shortest decimals, no exponent."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    text = repr(value)
    return text if "e" not in text else format(Decimal(text), "f")
