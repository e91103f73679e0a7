"""One panel of a chart: lines of one quantity, their limit, and where nothing is known."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from opsbot.core.evidence import Window
from opsbot.core.moment import to_micros
from opsbot.core.quantity import percent, quantity
from opsbot.core.series import Point, Series, holes, runs
from opsbot.core.text import count
from opsbot.drawing.canvas import (
    BEHIND,
    BODY,
    GRID,
    INK,
    LINES,
    LOWEST,
    MUTED,
    SMALL,
    VERMILION,
    Area,
    Canvas,
    fitted,
    width_of,
)
from opsbot.drawing.ticks import value_ticks

_LARGEST = 1e15  # larger numbers are drawn as this; their words keep the power of ten
_HEADROOM = 1.14
_LEAST_TOP = {"ratio": 0.0112}  # so that a calm share of errors looks calm
_LINE, _DOT = 4.4, 13.0
BESIDE = 14.0  # from the right edge to the newest value
_APART = 29.0  # between the values at two lines' ends
_MOST_HOLES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """What one panel shows; every number in it can be drawn."""

    lines: tuple[Series, ...]  # points and limits inside the window only
    window: Window
    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]

    @property
    def unit(self) -> str:
        return self.lines[0].unit

    def across(self, at: datetime) -> float:
        """How far from left to right a moment is, 0 to 1."""
        return share_of(self.window, at)

    def up(self, value: float) -> float:
        """How far from bottom to top a value is, 0 to 1."""
        return (value - self.low) / (self.high - self.low)


def share_of(window: Window, at: datetime) -> float:
    """How far into the window a moment is: 0 at its start, 1 at its end."""
    start, end = to_micros(window.start), to_micros(window.end)
    return (to_micros(at) - start) / (end - start)


def panel_of(series: Sequence[Series], window: Window) -> Panel:
    """The panel of lines of one quantity, its axis from nothing (or below) to above all of it."""
    lines = tuple(_inside(one, window) for one in series)
    values = [value for one in lines for _, value in (*one.points, *one.limits)]
    low, high = min([0.0, *values]), max([0.0, *values])
    high = max(high * _HEADROOM, _LEAST_TOP.get(lines[0].unit, 0.0))
    if high <= low:
        high = low + 1.0
    low *= _HEADROOM
    ticks = value_ticks(low, high, lines[0].unit, most=5) if values else []
    return Panel(lines=lines, window=window, low=low, high=high, ticks=tuple(ticks))


def _inside(series: Series, window: Window) -> Series:
    """The series with what can be drawn: finite points of the window, and limits as steps."""
    points = [_bounded(p) for p in series.points if window.start <= p[0] <= window.end]
    steps = sorted(p for p in series.limits if p[0] <= window.end and math.isfinite(p[1]))
    if not steps and series.limit is not None and math.isfinite(series.limit):
        steps = [(window.start, series.limit)]
    begun = [(max(at, window.start), value) for at, value in map(_bounded, steps)]
    return Series(
        service=series.service, name=series.name, unit=series.unit,
        points=tuple(point for run in runs(tuple(points)) for point in run),
        limits=tuple(dict(begun).items()),
    )  # fmt: skip


def _bounded(point: Point) -> Point:
    at, value = point
    return at, min(max(value, -_LARGEST), _LARGEST) if math.isfinite(value) else value


def end_room(panel: Panel) -> float:
    """How much room the newest values need right of the panel."""
    widest = max(width_of(words, bold=True) for words in end_words(panel))
    return BESIDE + widest + (15 if len(panel.lines) > 1 else 0)


def end_words(panel: Panel) -> list[str]:
    """The newest value of each line; empty for a line without data."""
    return [quantity(one.points[-1][1], one.unit) if one.points else "" for one in panel.lines]


def header(panel: Panel) -> str:
    """What the panel shows: the quantity, and of which service when there is only one."""
    first = panel.lines[0]
    name = first.name or "value"
    words = name[:1].upper() + name[1:]
    if len(panel.lines) > 1:
        return words
    of = f" of {first.service}" if first.service else ""
    return f"{words}{of}{_against_limit(first)}"


def _against_limit(one: Series) -> str:
    """How far a line is used up by now; a share says so by itself."""
    if not one.points or not one.limits or one.limits[-1][1] <= 0 or one.unit == "ratio":
        return ""
    return f", {percent(one.points[-1][1] / one.limits[-1][1])} of its limit"


def missing(panel: Panel) -> str:
    """Where nothing is known, in a few words; empty when nothing is missing."""
    said: list[str] = []
    for one in panel.lines:
        gaps = holes(one.points, panel.window)
        words = [_hole_words(gap, panel.window) for gap in gaps[:_MOST_HOLES]]
        if len(gaps) > _MOST_HOLES:
            words.append(count(len(gaps) - _MOST_HOLES, "more gap"))
        if words:
            named = f" of {fitted(one.service, 260, SMALL)}" if len(panel.lines) > 1 else ""
            said.append(f"no data{named} {', '.join(words)}".strip())
    return "; ".join(said)


def _hole_words(gap: Window, window: Window) -> str:
    if gap == window:
        return ""
    if gap.end == window.end:
        return f"since {gap.start:%H:%M}"
    if gap.start == window.start:
        return f"before {gap.end:%H:%M}"
    return f"{gap.start:%H:%M}–{gap.end:%H:%M}"


def draw_panel(canvas: Canvas, panel: Panel, area: Area, trouble: Window | None) -> None:
    """Draw the panel into its area, with the time of trouble behind it."""
    for value, label in panel.ticks:
        y, colour = area.down(panel.up(value)), GRID if value else MUTED
        canvas.line((area.left, area.right), (y, y), colour=colour, width=1.5, z=BEHIND)
        canvas.words(area.left - 10, y, label, align="right", middle=True, colour=MUTED)
    if trouble is not None:
        left, right = (area.across(panel.across(at)) for at in (trouble.start, trouble.end))
        canvas.box(replace(area, left=left, right=right), fill=VERMILION, alpha=0.08, z=LOWEST)
    if len(panel.lines) == 1:
        _holes(canvas, panel, area)
    for one, colour in zip(panel.lines, LINES, strict=False):
        _line(canvas, panel, area, one, colour)
        _limit(canvas, panel, area, one)
    _ends(canvas, panel, area)


def _holes(canvas: Canvas, panel: Panel, area: Area) -> None:
    for gap in holes(panel.lines[0].points, panel.window):
        left, right = area.across(panel.across(gap.start)), area.across(panel.across(gap.end))
        canvas.box(replace(area, left=left, right=right), edge=GRID, hatch="//")


def _line(canvas: Canvas, panel: Panel, area: Area, one: Series, colour: str) -> None:
    """The line, broken where points are missing; the newest value is a dot."""
    for run in runs(one.points):
        xs = [area.across(panel.across(at)) for at, _ in run]
        ys = [area.down(panel.up(value)) for _, value in run]
        if len(run) > 1:
            canvas.line(xs, ys, colour=colour, width=_LINE)
        else:
            canvas.dot(xs[0], ys[0], colour=colour, size=_DOT * 0.6)
    if one.points:
        at, value = one.points[-1]
        x, y = area.across(panel.across(at)), area.down(panel.up(value))
        canvas.dot(x, y, colour=colour, size=_DOT)


def _limit(canvas: Canvas, panel: Panel, area: Area, one: Series) -> None:
    """The limit as a dashed line that steps where it changed, with its value above it."""
    for start, end, value in _segments(one.limits, panel.window):
        left, right = area.across(panel.across(start)), area.across(panel.across(end))
        y = area.down(panel.up(value))
        canvas.line((left, right), (y, y), colour=INK, width=2.5, dashes=(4, 3))
        label = f"limit {quantity(value, one.unit)}"
        if width_of(label, SMALL) + 16 <= right - left:
            canvas.words(left + 10, y - 9, label, size=SMALL, boxed=True)


def _segments(
    limits: tuple[Point, ...], window: Window
) -> Iterator[tuple[datetime, datetime, float]]:
    ends = [*(at for at, _ in limits[1:]), window.end]
    for (start, value), end in zip(limits, ends, strict=False):
        yield start, end, value


def _ends(canvas: Canvas, panel: Panel, area: Area) -> None:
    """The newest value of each line right of it, moved apart where two would overlap. Of several
    lines each has a stroke in its colour, because not every colour can be read as words."""
    found = [
        (area.down(panel.up(one.points[-1][1])), words, colour)
        for one, words, colour in zip(panel.lines, end_words(panel), LINES, strict=False)
        if one.points
    ]
    above = -math.inf
    for y, words, colour in sorted(found):
        above = max(y, above + _APART)
        x = area.right + BESIDE
        if len(found) > 1:
            canvas.line((x - 3, x + 9), (above, above), colour=colour, width=6)
        canvas.words(
            x + (15 if len(found) > 1 else 0), above, words, size=BODY, bold=True, middle=True,
            boxed=True, colour=INK if len(found) > 1 else colour,
        )  # fmt: skip
