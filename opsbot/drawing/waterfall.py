"""A waterfall: the calls of one request as bars over its time, failing ones hatched and named."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from opsbot.core.picture import TracePicture
from opsbot.core.quantity import quantity
from opsbot.core.series import MOST_SPANS, Span, Waterfall, lasts
from opsbot.core.text import count
from opsbot.drawing.canvas import (
    BEHIND,
    BLUE,
    GREEN,
    GRID,
    HEAD,
    MIDDLE,
    MUTED,
    ORANGE,
    PAPER,
    PURPLE,
    SKY,
    SMALL,
    VERMILION,
    WIDTH,
    Area,
    Canvas,
    fitted,
    width_of,
)
from opsbot.drawing.ticks import value_ticks

EDGE = 22.0
_LONGEST, _SHORTEST = 1e12, 1e-6  # seconds an axis spans; hostile clocks
_MOST_LEFT_OUT = 10**9
_BARS = 390.0  # where time begins to run
_HEADING, _AXIS, _FOOT = 100.0, 44.0, 20.0
_INDENT, _DEEPEST = 16.0, 7
_THIN = 5.0
_ROOMY = 16  # rows up to which each has a second line
_SERVICES = (BLUE, SKY, GREEN, PURPLE, ORANGE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """How high a row is, how high its bar, and how large its words."""

    pitch: float
    bar: float
    size: float
    second: bool  # whether there is a second line, with the call's name and what went wrong


def draw_waterfall(picture: TracePicture) -> bytes:
    """The waterfall as a PNG image. Whatever numbers and words it holds, it can be drawn."""
    waterfall = _bounded(picture.waterfall)
    spans, rows = waterfall.spans, _rows(len(waterfall.spans))
    bottom = _HEADING + _AXIS + rows.pitch * len(spans)
    canvas = Canvas(bottom + _FOOT + (34 if waterfall.left_out else 0))
    _heading(canvas, picture.title, waterfall)
    whole = max(lasts(waterfall), _SHORTEST)
    widest = max((width_of(_words(one), rows.size, bold=True) for one in spans), default=0.0)
    area = Area(left=_BARS, right=WIDTH - EDGE - widest - 8, top=_HEADING + _AXIS, bottom=bottom)
    if spans:
        _time_axis(canvas, area, whole)
    services = list(dict.fromkeys(span.service for span in spans))
    for number, span in enumerate(spans):
        top = area.top + number * rows.pitch
        colour = _SERVICES[services.index(span.service) % len(_SERVICES)]
        _row(canvas, span, replace(area, top=top, bottom=top + rows.pitch), rows, whole, colour)
    if waterfall.left_out:
        words = f"and {count(waterfall.left_out, 'more call')} of this request, not drawn"
        canvas.words(EDGE, bottom + 30, words, size=SMALL, colour=MUTED)
    return canvas.png()


def _bounded(waterfall: Waterfall) -> Waterfall:
    """The waterfall with what can be drawn: so many rows, and numbers an axis can hold."""
    spans = tuple(_in_bounds(span) for span in waterfall.spans[:MOST_SPANS])
    left_out = max(waterfall.left_out, 0) + len(waterfall.spans) - len(spans)
    return replace(waterfall, spans=spans, left_out=min(left_out, _MOST_LEFT_OUT))


def _in_bounds(span: Span) -> Span:
    start = span.start if math.isfinite(span.start) else 0.0
    length = span.length if math.isfinite(span.length) else 0.0
    return replace(
        span,
        start=min(max(start, 0.0), _LONGEST),
        length=min(max(length, 0.0), _LONGEST),
        depth=min(max(span.depth, 0), _DEEPEST),
    )


def _rows(number: int) -> Rows:
    if number <= _ROOMY:
        return Rows(pitch=58, bar=24, size=SMALL, second=True)
    if number <= 2 * _ROOMY:
        return Rows(pitch=32, bar=22, size=SMALL, second=False)
    return Rows(pitch=26, bar=18, size=19, second=False)


def _heading(canvas: Canvas, title: str, waterfall: Waterfall) -> None:
    canvas.heading(EDGE, 44, title, WIDTH - 2 * EDGE)
    failing = sum(span.failed or span.unanswered for span in waterfall.spans)
    said = [
        f"{waterfall.at:%Y-%m-%d %H:%M:%S} UTC",
        quantity(lasts(waterfall), "s"),
        count(len(waterfall.spans) + waterfall.left_out, "call"),
        f"{failing} failing" if failing else "none failing",
    ]
    canvas.words(EDGE, 86, ", ".join(said), size=HEAD - 2, colour=MUTED)


def _time_axis(canvas: Canvas, area: Area, whole: float) -> None:
    free = -math.inf
    for value, label in value_ticks(0.0, whole, "s", most=5):
        x, half = area.across(value / whole), width_of(label, SMALL) / 2
        canvas.line((x, x), (area.top - 4, area.bottom), colour=GRID, width=1.5, z=BEHIND)
        if x - half > free:
            canvas.words(x, area.top - 14, label, size=SMALL, colour=MUTED, align="center")
            free = x + half + 12


def _row(
    canvas: Canvas, span: Span, area: Area, rows: Rows, whole: float, colour: str
) -> None:  # fmt: skip
    x = EDGE + span.depth * _INDENT
    room = _BARS - 14 - x
    trouble = span.failed or span.unanswered
    middle = area.top + (20 if rows.second else rows.pitch / 2)
    name = fitted(span.service or "unnamed service", room, rows.size, bold=trouble)
    canvas.words(x, middle, name, size=rows.size, bold=trouble, middle=True)
    left, right = area.across(span.start / whole), area.across((span.start + span.length) / whole)
    bar = Area(
        left=left, right=max(right, left + _THIN), top=middle - rows.bar / 2,
        bottom=middle + rows.bar / 2,
    )  # fmt: skip
    _bar(canvas, span, bar, colour)
    _label(canvas, span, bar, rows)
    if rows.second:
        below = middle + 27
        canvas.words(x, below, fitted(span.name, room, 18), size=18, colour=MUTED, middle=True)
        if span.note and trouble:
            note = fitted(span.note, WIDTH - EDGE - _BARS, 20)
            canvas.words(_BARS, below, note, size=20, middle=True, boxed=True)


def _bar(canvas: Canvas, span: Span, bar: Area, colour: str) -> None:
    """Well: plain. Failed: filled and hatched. Unanswered: hollow and hatched."""
    if span.unanswered:
        canvas.box(bar, fill=PAPER, z=MIDDLE)
        canvas.box(bar, edge=VERMILION, hatch="//", z=MIDDLE)
        canvas.box(bar, edge=VERMILION, z=MIDDLE)
    elif span.failed:
        canvas.box(bar, fill=VERMILION, z=MIDDLE)
        canvas.box(bar, edge=PAPER, hatch="\\\\", z=MIDDLE)
    else:
        canvas.box(bar, fill=colour, z=MIDDLE)


def _label(canvas: Canvas, span: Span, bar: Area, rows: Rows) -> None:
    """How long it took, and whether it failed, right of the bar."""
    middle, trouble = (bar.top + bar.bottom) / 2, span.failed or span.unanswered
    canvas.words(bar.right + 8, middle, _words(span), size=rows.size, bold=trouble, middle=True,
                 boxed=True)  # fmt: skip


def _words(span: Span) -> str:
    length = quantity(span.length, "s")
    if span.unanswered:
        return f"{length}, no answer"
    return f"{length}, fails" if span.failed else length
