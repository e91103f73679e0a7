"""Pictures to draw: what an incident gives, and what a hostile source could."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from opsbot.core.evidence import Window
from opsbot.core.picture import Chart, Mark, MarkKind, Picture, TracePicture
from opsbot.core.series import Series, Span, Waterfall

START = datetime(2026, 3, 4, 13, 40, tzinfo=UTC)
EVIL = "$\\frac{1}{0}$ $\\nosuch{ 日本語 😀 \u202eevil\x00\x1b[31m _under ^over " + "x" * 300


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


WINDOW = Window(start=at(0), end=at(30))


def series(
    *values: tuple[float, float], name: str = "error share", unit: str = "ratio", **more: object
) -> Series:
    points = tuple((at(minute), value) for minute, value in values)
    fields: dict[str, object] = {"service": "auth-api", "name": name, "unit": unit} | more
    return Series(points=points, **fields)  # type: ignore[arg-type] # built from known fields


def chart(*lines: Series, marks: tuple[Mark, ...] = (), onset: datetime | None = None) -> Chart:
    return Chart(title="INC-7: logins fail", series=lines, marks=marks, onset=onset, window=WINDOW)


RISE = series(*((m / 4, 0.002 if m < 64 else 0.3) for m in range(121)))
PAGE = chart(
    RISE,
    series(
        *((m / 4, 250e6) for m in range(121)), name="memory", unit="bytes", limit=268e6,
        limits=((at(0), 536e6), (at(16), 268e6)),
    ),
    marks=(
        Mark(at=at(15), kind=MarkKind.DEPLOY, label="deploy v2.14"),
        Mark(at=at(16), kind=MarkKind.ONSET, label="onset"),
        Mark(at=at(28), kind=MarkKind.PAGED, label="paged"),
        Mark(at=at(30), kind=MarkKind.NOW, label="now"),
    ),
    onset=at(16),
)  # fmt: skip
TRACE = TracePicture(
    title="Failing request, edge: POST /login",
    waterfall=Waterfall(
        trace_id="ab", at=at(20),
        spans=(
            Span(service="edge", name="POST /login", start=0, length=2.1, depth=0, failed=True),
            Span(service="auth-api", name="GET /check", start=0.02, length=2.05, depth=1,
                 failed=True, note="no session"),
            Span(service="cart", name="GET /cart", start=0.01, length=0.02, depth=1),
            Span(service="sessions", name="called by auth-api", start=0.03, length=2.0, depth=2,
                 failed=True, unanswered=True),
        ),
    ),
)  # fmt: skip

TIMES = st.one_of(
    st.floats(-60, 90).map(at),
    st.just(datetime.min.replace(tzinfo=UTC)),
    st.just(datetime.max.replace(tzinfo=UTC)),
)
NUMBERS = st.one_of(
    st.floats(), st.sampled_from((math.nan, math.inf, -math.inf, 1e308, -1e308, 0.0, 1e-320))
)
WORDS = st.one_of(st.just(EVIL), st.text(max_size=40), st.just(""))
UNITS = st.sampled_from(("ratio", "s", "bytes", "per_s", "count", "", "$x^2$"))

HOSTILE_SERIES = st.builds(
    Series,
    service=WORDS,
    name=WORDS,
    unit=UNITS,
    points=st.lists(st.tuples(TIMES, NUMBERS), max_size=12).map(tuple),
    limit=st.none() | NUMBERS,
    limits=st.lists(st.tuples(TIMES, NUMBERS), max_size=3).map(tuple),
)
HOSTILE_CHARTS = st.builds(
    Chart,
    title=WORDS,
    series=st.lists(HOSTILE_SERIES, max_size=6).map(tuple),
    marks=st.lists(
        st.builds(Mark, at=TIMES, kind=st.sampled_from(MarkKind), label=WORDS), max_size=15
    ).map(tuple),
    onset=st.none() | TIMES,
    window=st.none() | st.builds(Window, start=TIMES, end=TIMES),
)
HOSTILE_SPANS = st.builds(
    Span,
    service=WORDS,
    name=WORDS,
    start=NUMBERS,
    length=NUMBERS,
    depth=st.integers(-5, 10**6),
    failed=st.booleans(),
    unanswered=st.booleans(),
    note=WORDS,
)
HOSTILE_TRACES = st.builds(
    TracePicture,
    title=WORDS,
    waterfall=st.builds(
        Waterfall,
        trace_id=WORDS,
        at=TIMES,
        spans=st.lists(HOSTILE_SPANS, max_size=5).map(tuple),
        left_out=st.integers(-5, 10**12),
    ),
)
HOSTILE: st.SearchStrategy[Picture] = st.one_of(HOSTILE_CHARTS, HOSTILE_TRACES)
