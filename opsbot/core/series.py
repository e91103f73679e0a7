"""What charts are drawn from: numbers over time, and the calls of one request. Sources hand them
over beside their findings; they are kept as blobs, because an entry holds words."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, cast

from opsbot.core.evidence import Window
from opsbot.core.moment import from_micros, shifted, to_micros

LONGEST = 2_000  # points of one series; a chart is under a thousand pixels wide
MOST_SPANS = 60
HOLE = 2.5  # times the usual spacing after which points do not belong together
LEAST_HOLE = timedelta(minutes=1)  # at the ends, where nothing is due yet

ERROR_SHARE, LATENCY, REQUESTS, MEMORY = "error share", "p95 latency", "requests", "memory"
"""What the quantities are called that sources hand over."""

Point = tuple[datetime, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One measured quantity of one service, at rising times; `unit` as in `Finding.unit`."""

    service: str
    name: str  # what it is, in words: "error share", "p95 latency", "memory"
    unit: str  # ratio | s | bytes | per_s | count | ""
    points: tuple[Point, ...]
    limit: float | None = None  # the bound it runs against now, drawn as a line
    limits: tuple[Point, ...] = ()  # from when on which limit held, where it changed in between


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One call of a request: offset and length in seconds from the request's start."""

    service: str
    name: str
    start: float
    length: float
    depth: int
    failed: bool = False
    note: str = ""  # e.g. "no answer after 2.0 s", a status message
    unanswered: bool = False  # a call that nobody took


@dataclass(frozen=True, slots=True, kw_only=True)
class Waterfall:
    """One request, its calls in the order they are drawn."""

    trace_id: str
    at: datetime
    spans: tuple[Span, ...]
    link: str = ""
    left_out: int = 0  # calls of the request that are not among the spans


Exhibit = Series | Waterfall


def lasts(waterfall: Waterfall) -> float:
    """Seconds from the request's start to the end of its last call that is known."""
    ends = (max(span.start, 0.0) + max(span.length, 0.0) for span in waterfall.spans)
    return max((end for end in ends if math.isfinite(end)), default=0.0)


def runs(points: tuple[Point, ...]) -> tuple[tuple[Point, ...], ...]:
    """The points that belong together, in rising time: a new run begins where some are missing.

    NaN and infinite values are no points.
    """
    known = sorted(point for point in points if math.isfinite(point[1]))
    widest = _usual_spacing(known) * HOLE
    found: list[list[Point]] = []
    for point in known:
        if found and point[0] - found[-1][-1][0] <= widest:
            found[-1].append(point)
        else:
            found.append([point])
    return tuple(tuple(run) for run in found)


def holes(points: tuple[Point, ...], window: Window) -> tuple[Window, ...]:
    """Where a series that should fill the window says nothing, the ends included."""
    found = runs(points)
    if not found:
        return (window,)
    spare = max(_usual_spacing([p for run in found for p in run]) * HOLE, LEAST_HOLE)
    between = [Window(start=before[-1][0], end=after[0][0]) for before, after in pairwise(found)]
    if window.start < shifted(found[0][0][0], -spare):
        between.insert(0, Window(start=window.start, end=found[0][0][0]))
    if window.end > shifted(found[-1][-1][0], spare):
        between.append(Window(start=found[-1][-1][0], end=window.end))
    return tuple(between)


def _usual_spacing(known: list[Point]) -> timedelta:
    steps = [(after[0] - before[0]).total_seconds() for before, after in pairwise(known)]
    # A century is far beyond every window, and times HOLE still within the calendar's reach.
    return timedelta(seconds=min(statistics.median(steps), 3.2e9)) if steps else timedelta(0)


def cleaned(exhibit: Exhibit, clean: Callable[[str], str]) -> Exhibit:
    """The exhibit with every foreign word passed through `clean`, as entries are."""
    match exhibit:
        case Series():
            return replace(exhibit, service=clean(exhibit.service), name=clean(exhibit.name))
        case Waterfall():
            spans = tuple(
                replace(s, service=clean(s.service), name=clean(s.name), note=clean(s.note))
                for s in exhibit.spans
            )
            return replace(exhibit, spans=spans)


def pack(exhibit: Exhibit) -> bytes:
    """The exhibit as the bytes of a blob: the same exhibit gives the same bytes."""
    match exhibit:
        case Series():
            data: dict[str, Any] = {
                "series": exhibit.name, "service": exhibit.service, "unit": exhibit.unit,
                "limit": exhibit.limit,
                "limits": [[to_micros(at), value] for at, value in exhibit.limits[-LONGEST:]],
                "points": [[to_micros(at), value] for at, value in exhibit.points[-LONGEST:]],
            }  # fmt: skip
        case Waterfall():
            data = {
                "trace": exhibit.trace_id, "at": to_micros(exhibit.at), "link": exhibit.link,
                "left_out": exhibit.left_out + max(len(exhibit.spans) - MOST_SPANS, 0),
                "spans": [_packed(span) for span in exhibit.spans[:MOST_SPANS]],
            }  # fmt: skip
    return json.dumps(data, sort_keys=True, separators=(",", ":")).encode()


def _packed(span: Span) -> list[Any]:
    return [
        span.service, span.name, span.start, span.length, span.depth, span.failed, span.note,
        span.unanswered,
    ]  # fmt: skip


def unpack(blob: bytes) -> Exhibit:
    """The exhibit that `pack` made `blob` of. Raises ValueError when it is none."""
    try:
        return _unpacked(cast("dict[str, Any]", json.loads(blob)))
    except (KeyError, TypeError, IndexError, OverflowError, RecursionError) as error:
        raise ValueError(f"the blob is no exhibit ({type(error).__name__})") from None


def _unpacked(data: dict[str, Any]) -> Exhibit:
    if "series" in data:
        return Series(
            service=str(data["service"]), name=str(data["series"]), unit=str(data["unit"]),
            points=_points(data["points"]), limits=_points(data["limits"]),
            limit=None if data["limit"] is None else float(data["limit"]),
        )  # fmt: skip
    return Waterfall(
        trace_id=str(data["trace"]), at=from_micros(int(data["at"])), link=str(data["link"]),
        spans=tuple(_span(given) for given in data["spans"]), left_out=int(data["left_out"]),
    )  # fmt: skip


def _points(given: list[Any]) -> tuple[Point, ...]:
    return tuple((from_micros(int(at)), float(value)) for at, value in given)


def _span(given: list[Any]) -> Span:
    return Span(
        service=str(given[0]), name=str(given[1]), start=float(given[2]), length=float(given[3]),
        depth=int(given[4]), failed=bool(given[5]), note=str(given[6]), unanswered=bool(given[7]),
    )  # fmt: skip
