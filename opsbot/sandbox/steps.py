"""Piecewise constant functions of time and their integrals: a fortnight of signals in no space."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import overload

HISTORY = 15 * 24 * 3600.0
"""Seconds before the page at which every signal starts, Prometheus' default retention."""

FINEST_RAMP_STEP = 5.0


@dataclass(frozen=True, slots=True)
class Steps:
    """A function that holds `values[i]` from `starts[i]` (seconds relative to the page) on."""

    starts: tuple[float, ...]
    values: tuple[float, ...]

    def at(self, x: float) -> float:
        """Give the value at offset x; before the history begins, the first value."""
        return self.values[max(0, bisect_right(self.starts, x) - 1)]

    def map(self, change: Callable[[float], float]) -> Steps:
        """Apply a function to every value."""
        return Steps(self.starts, tuple(change(value) for value in self.values))


def constant(value: float) -> Steps:
    """Give the function that is always this value."""
    return Steps((-HISTORY,), (value,))


@overload
def combined(join: Callable[[float, float], float], a: Steps, b: Steps, /) -> Steps: ...


@overload
def combined(
    join: Callable[[float, float, float], float], a: Steps, b: Steps, c: Steps, /
) -> Steps: ...


def combined(join: Callable[..., float], *functions: Steps) -> Steps:
    """Give the function whose value is `join` of the values of several functions."""
    starts = sorted({start for function in functions for start in function.starts})
    values = (join(*(function.at(start) for function in functions)) for start in starts)
    return Steps(tuple(starts), tuple(values))


def changed(
    base: Steps, *, start: float, end: float | None, ramp: float, to: float,
    settle: float | None = None,
) -> Steps:  # fmt: skip
    """Give `base` up to `start`, then `to` after a ramp, then what it was before, from `end` on.

    It goes back within `settle` seconds, or as slowly as it came; from where it is, when `end`
    lies within the ramp.
    """
    before = base.at(start)
    points = [point for point in zip(base.starts, base.values, strict=True) if point[0] < start]
    points += _ramp(start, ramp, before, to)
    if end is not None:
        points = [point for point in points if point[0] < end]
        reached = points[-1][1] if points else before
        points += _ramp(end, ramp if settle is None else settle, reached, before)
    return Steps(tuple(x for x, _ in points), tuple(value for _, value in points))


def _ramp(
    start: float, length: float, before: float, after: float
) -> Iterator[tuple[float, float]]:
    count = max(1, min(48, int(length / FINEST_RAMP_STEP)))
    for index in range(1, count + 1):
        yield start + (index - 1) * length / count, before + (after - before) * index / count


class Integral:
    """The running total of a non-negative step function since the history began."""

    __slots__ = ("_grid", "_starts", "_sums", "_values")

    def __init__(self, function: Steps) -> None:
        self._starts = function.starts
        self._values = function.values
        sums = [0.0]
        for index in range(1, len(self._starts)):
            length = self._starts[index] - self._starts[index - 1]
            sums.append(sums[-1] + length * self._values[index - 1])
        self._sums = sums
        # One tuple, replaced whole: threads that share this integral never see half of it.
        self._grid: tuple[tuple[float, float, int], Sequence[float]] = ((0.0, 0.0, 0), ())

    def upto(self, x: float) -> float:
        """Give the total up to offset x; 0 before the history begins."""
        index = bisect_right(self._starts, x) - 1
        if index < 0:
            return 0.0
        return self._sums[index] + (x - self._starts[index]) * self._values[index]

    def grid(self, first: float, step: float, count: int) -> Sequence[float]:
        """Give the totals at first, first + step, ...; the last answer is kept for a repetition."""
        key = (first, step, count)
        kept = self._grid
        if kept[0] != key:
            kept = (key, self._new_grid(first, step, count))
            self._grid = kept
        return kept[1]

    def _new_grid(self, first: float, step: float, count: int) -> list[float]:
        totals: list[float] = []
        done = 0
        while done < count:
            x = first + done * step
            index = bisect_right(self._starts, x) - 1
            if index < 0:
                totals.append(0.0)
                done += 1
                continue
            upto = count
            if index + 1 < len(self._starts):
                upto = min(count, done + max(1, int((self._starts[index + 1] - x) / step) + 1))
            total, slope, origin = self._sums[index], self._values[index], self._starts[index]
            offset = total + slope * (first - origin)
            totals += [offset + slope * step * position for position in range(done, upto)]
            done = upto
        return totals

    def when(self, total: float) -> float:
        """Give the earliest offset at which the running total reaches `total`; inf if never."""
        index = bisect_left(self._sums, total) - 1
        if index < 0:
            return self._starts[0]
        slope = self._values[index]
        if slope <= 0:
            return float("inf")
        return self._starts[index] + (total - self._sums[index]) / slope
