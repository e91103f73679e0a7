"""What a picture shows, in words: for screen readers, notifications and images that do not load.

The words come from the same numbers as the picture, so that nobody needs eyes to read it.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise, takewhile

from opsbot.core.evidence import Window
from opsbot.core.picture import Chart, MarkKind, Picture, TracePicture, panels, time_axis
from opsbot.core.quantity import percent, quantity
from opsbot.core.series import LEAST_HOLE, Point, Series, Span, Waterfall, holes, lasts
from opsbot.core.text import count, cut, inert, listed

LONGEST = 1_990  # Slack takes 2,000 characters (block kit reference, image block)
_MOST_FAILING = 5
_MOST_HOLES = 3
_BACK = 0.15  # of how far it went: no farther from the usual value it is back


def alt_text(picture: Picture) -> str:
    """The picture in sentences, at most `LONGEST` characters; foreign text is made inert."""
    match picture:
        case Chart():
            words = list(_chart(picture))
        case TracePicture():
            words = list(_trace(picture))
    return cut(" ".join(words), LONGEST)


def _chart(chart: Chart) -> Iterable[str]:
    window = time_axis(chart)
    shown = [series for lines in panels(chart) for series in lines]
    if window is None or not shown:
        yield f"Chart without data: {inert(chart.title, 200) or 'no title'}."
        return
    when_last = "at the end" if any(m.kind is MarkKind.RESOLVED for m in chart.marks) else "now"
    for number, series in enumerate(shown):
        when = f", {_from_to(window)}" if number == 0 else ""
        yield f"{_called(series)}{when}: {_course(series, chart.onset, window, when_last)}."
    marks = [mark for mark in chart.marks if window.start <= mark.at <= window.end]
    if marks:
        said = [
            f"{inert(mark.label, 80) or mark.kind} at {_clock(mark.at, window)}"
            for mark in sorted(marks, key=lambda mark: mark.at)
        ]
        yield f"Marked: {'; '.join(said)}."


def _called(series: Series) -> str:
    name = inert(series.name, 60) or "value"
    of = f" of {inert(series.service, 80)}" if series.service else ""
    return f"{name[:1].upper()}{name[1:]}{of}"


def _course(series: Series, onset: datetime | None, window: Window, when_last: str) -> str:
    points = sorted(
        p for p in series.points if window.start <= p[0] <= window.end and math.isfinite(p[1])
    )
    if not points:
        return "no data"
    words = [_values(points, onset, series.unit, window), *_limits(series, window)]
    if series.limit is not None and 0 < series.limit < math.inf and series.unit != "ratio":
        words.append(f"{when_last} {percent(points[-1][1] / series.limit)} of its limit")
    gaps = holes(tuple(points), window)
    words += [f"no data {_from_to(gap)}" for gap in gaps[:_MOST_HOLES]]
    if len(gaps) > _MOST_HOLES:
        words.append(f"and {len(gaps) - _MOST_HOLES} more stretches without data")
    return ", ".join(words)


def _values(points: list[Point], onset: datetime | None, unit: str, window: Window) -> str:
    """From what to what, told apart at the onset; without one, between what and what."""
    last = quantity(points[-1][1], unit)
    before = [value for at, value in points if onset is not None and at < onset]
    after = [point for point in points if onset is not None and point[0] >= onset]
    low, high = min(value for _, value in points), max(value for _, value in points)
    if low == high:
        return f"steady at {last}"
    if onset is None or not before or not after:
        return f"between {quantity(low, unit)} and {quantity(high, unit)}, {last} at the end"
    usual = statistics.median(before)
    rose = f"from {quantity(usual, unit)} before {_clock(onset, window)} (onset)"
    # What moved is the value farthest from the usual one, up or down (traffic falls away).
    at, far = max(after, key=lambda point: abs(point[1] / 2 - usual / 2))
    if at == points[-1][0]:
        return f"{rose} to {last}"
    told = f"{rose} to {quantity(far, unit)} at {_clock(at, window)}"
    back = _back(after, usual, far)
    if back is None:
        return f"{told}, {last} at the end"
    return f"{told}, near the usual again from {_clock(back, window)} on, {last} at the end"


def _back(after: list[Point], usual: float, far: float) -> datetime | None:
    """Since when it has stayed near the usual value again; None when it has not, for two points."""
    away = _BACK * abs(far / 2 - usual / 2)
    near = [abs(value / 2 - usual / 2) <= away for _, value in after]
    stays = len(near) - len(list(takewhile(bool, reversed(near))))
    return after[stays][0] if stays < len(after) - 1 else None


def _limits(series: Series, window: Window) -> Iterable[str]:
    known = sorted(p for p in series.limits if p[0] <= window.end and math.isfinite(p[1]))
    for (_, old), (at, new) in pairwise(known):
        if at >= window.start:
            words = f"{quantity(old, series.unit)} to {quantity(new, series.unit)}"
            yield f"limit changed from {words} at {_clock(at, window)}"
    if series.limit is not None and math.isfinite(series.limit) and len(known) < 2:
        yield f"limit {quantity(series.limit, series.unit)}"


def _clock(at: datetime, window: Window) -> str:
    """Hour and minute; with the date where the window spans more than one day."""
    return f"{at:%H:%M}" if window.start.date() == window.end.date() else f"{at:%Y-%m-%d %H:%M}"


def _from_to(window: Window) -> str:
    if window.end - window.start < LEAST_HOLE:
        return f"at {_clock(window.start, window)} UTC"
    return f"{_clock(window.start, window)} to {_clock(window.end, window)} UTC"


def _trace(picture: TracePicture) -> Iterable[str]:
    waterfall = picture.waterfall
    spans = waterfall.spans
    title = inert(picture.title, 200) or "A request"
    if not spans:
        yield f"{title}: a request without calls."
        return
    yield f"{title}, {waterfall.at:%Y-%m-%d %H:%M:%S} UTC: {_size(waterfall)}."
    failing = [span for span in spans if span.failed or span.unanswered]
    for span in failing[:_MOST_FAILING]:
        yield f"{_said(span)}."
    if len(failing) > _MOST_FAILING:
        yield f"{len(failing) - _MOST_FAILING} more calls fail."
    if not failing:
        longest = max(spans, key=lambda span: (_length(span), -span.depth))
        yield f"No call failed; the longest is {_said(longest)}."


def _size(waterfall: Waterfall) -> str:
    spans = waterfall.spans
    services = tuple(dict.fromkeys(inert(span.service, 60) or "unnamed" for span in spans))
    size = f"{count(len(spans), 'call')} of {listed(services, 6)}"
    rest = f", {count(waterfall.left_out, 'more call')} not drawn" if waterfall.left_out else ""
    return f"{size} in {quantity(lasts(waterfall), 's')}{rest}"


def _said(span: Span) -> str:
    service = inert(span.service, 60) or "an unnamed service"
    verb = "gets no answer" if span.unanswered else "fails" if span.failed else "takes"
    length = quantity(_length(span), "s")
    timed = f"{verb} {length}" if verb == "takes" else f"{verb} after {length}"
    note = f" ({inert(span.note, 120)})" if span.note else ""
    return f"{service}, {inert(span.name, 80) or 'unnamed call'}, {timed}{note}"


def _length(span: Span) -> float:
    return max(span.length, 0.0) if math.isfinite(span.length) else 0.0
