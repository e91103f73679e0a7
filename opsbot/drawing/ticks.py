"""Where axes have their ticks: round values in a unit, round times, minutes from the onset."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

from opsbot.core.evidence import Window
from opsbot.core.moment import EPOCH, shifted, to_micros
from opsbot.core.quantity import quantity

Tick = tuple[datetime, str]

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_ROUND_TIMES = (
    *(_MINUTE * n for n in (1, 2, 5, 10, 15, 30)),
    *(_HOUR * n for n in (1, 2, 3, 6, 12)),
    *(_DAY * n for n in (1, 2, 7, 14, 28, 91, 182, 364)),
)
_LARGEST = 1e15


def value_ticks(low: float, high: float, unit: str, most: int = 5) -> list[tuple[float, str]]:
    """Round values from `low` to `high`, at most `most` beside the lowest, each with its words."""
    step = _round_step((high - low) / most, unit)
    first = math.ceil(low / step - 1e-9)
    values = [step * n for n in range(first, first + most + 2) if step * n <= high * (1 + 1e-9)]
    return [(value, quantity(value, unit) if value else "0") for value in values]


def _round_step(least: float, unit: str) -> float:
    """The next 1, 2 or 5 times a power of ten; for bytes, the next power of two."""
    least = min(max(least, 1e-12), _LARGEST)
    if unit == "bytes":
        return 2.0 ** math.ceil(math.log2(max(least, 1.0)))
    power = 10.0 ** math.floor(math.log10(least))
    return next(times * power for times in (1, 2, 5, 10) if times * power >= least * (1 - 1e-9))


def time_ticks(window: Window, most: int = 7) -> list[Tick]:
    """Round times in UTC: `13:40`; days where the window is longer than two of them."""
    step = _round_time((window.end - window.start).total_seconds() / most)
    form = "%H:%M" if step < _DAY else "%d %b" if step < 364 * _DAY else "%Y"
    return [(at, f"{at.astimezone(UTC):{form}}") for at in _rounded(window, EPOCH, step)]


def onset_ticks(window: Window, onset: datetime, most: int = 7) -> list[Tick]:
    """Round distances from the onset: `-10`, `0`, `+10 min`; hours and days on long charts. Only
    the last one names the unit."""
    step = _round_time((window.end - window.start).total_seconds() / most)
    size, word = (_MINUTE, "min") if step < _HOUR else (_HOUR, "h") if step < _DAY else (_DAY, "d")
    found: list[Tick] = []
    for at in _rounded(window, onset, step):
        distance = round((at - onset).total_seconds() / size)
        sign = "+" if distance > 0 else "−"
        found.append((at, f"{sign}{abs(distance):,}" if distance else "0"))
    return [*found[:-1], *((at, f"{label} {word}") for at, label in found[-1:])]


def _round_time(least: float) -> float:
    for step in _ROUND_TIMES:
        if step >= least:
            return float(step)
    return float(math.ceil(least / (364 * _DAY)) * 364 * _DAY)


def _rounded(window: Window, origin: datetime, step: float) -> list[datetime]:
    """The moments inside the window that are whole steps away from `origin`."""
    micros = round(step * 1_000_000)
    first = -(-(to_micros(window.start) - to_micros(origin)) // micros)
    last = (to_micros(window.end) - to_micros(origin)) // micros
    times = (shifted(origin, timedelta(seconds=step) * n) for n in range(first, last + 1))
    return [at for at in times if window.start <= at <= window.end]
