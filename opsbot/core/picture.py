"""Pictures by meaning: what a chart shows and what its alt text says; the drawing itself happens
elsewhere, in a process of its own."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from opsbot.core.evidence import Window
from opsbot.core.moment import shifted
from opsbot.core.series import Series, Waterfall

MOST_PANELS = 3
MOST_LINES = 4  # of one panel; more cannot be told apart
_LEAST_SPAN = timedelta(minutes=2)


class MarkKind(StrEnum):
    """Why a moment is marked on a chart."""

    ONSET = "onset"
    PAGED = "paged"
    DEPLOY = "deploy"
    RUN = "run"  # of a runbook that changes something
    MITIGATED = "mitigated"
    RESOLVED = "resolved"
    NOW = "now"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One marked moment, with the few words that stand beside it."""

    at: datetime
    kind: MarkKind
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Series over time with marks; the axes are UTC and minutes from `onset`."""

    title: str
    series: tuple[Series, ...]
    marks: tuple[Mark, ...] = ()
    onset: datetime | None = None
    window: Window | None = None  # from-to of the time axis; without it, what the points span


@dataclass(frozen=True, slots=True, kw_only=True)
class TracePicture:
    """One request as a waterfall of its calls."""

    title: str
    waterfall: Waterfall


Picture = Chart | TracePicture


def panels(chart: Chart) -> tuple[tuple[Series, ...], ...]:
    """The chart's series by quantity, in the order given: one panel never mixes two units."""
    found: dict[tuple[str, str], list[Series]] = {}
    for series in chart.series:
        found.setdefault((series.name, series.unit), []).append(series)
    return tuple(tuple(lines[:MOST_LINES]) for lines in list(found.values())[:MOST_PANELS])


def time_axis(chart: Chart) -> Window | None:
    """From-to of the chart's time axis, at least two minutes; None when nothing has a time."""
    if chart.window is not None:
        return _widened(chart.window.start, chart.window.end)
    times = [at for one in chart.series for at, value in one.points if math.isfinite(value)]
    times += [mark.at for mark in chart.marks]
    return _widened(min(times), max(times)) if times else None


def _widened(start: datetime, end: datetime) -> Window:
    if end - start >= _LEAST_SPAN:
        return Window(start=start, end=end)
    return Window(start=shifted(end, -_LEAST_SPAN / 2), end=shifted(end, _LEAST_SPAN / 2))
