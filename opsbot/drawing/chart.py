"""A chart: one panel per quantity over one time axis, UTC below and minutes from onset above."""

from __future__ import annotations

from dataclasses import dataclass

from opsbot.core.evidence import Window
from opsbot.core.picture import Chart, Mark, MarkKind, panels, time_axis
from opsbot.drawing.canvas import (
    BLACK,
    BODY,
    GREEN,
    HEAD,
    LINES,
    MUTED,
    POLES,
    PURPLE,
    SMALL,
    VERMILION,
    WIDTH,
    Area,
    Canvas,
    fitted,
    width_of,
)
from opsbot.drawing.flags import Flag, placed, rows
from opsbot.drawing.panel import (
    Panel,
    draw_panel,
    end_room,
    header,
    missing,
    panel_of,
    share_of,
)
from opsbot.drawing.ticks import Tick, onset_ticks, time_ticks

EDGE = 22.0
_TITLE, _HEADER, _ROW, _TICKS, _FOOT = 60.0, 52.0, 35.0, 40.0, 80.0
_HEIGHTS = {1: 300.0, 2: 220.0, 3: 170.0}  # of a panel, by their number
_MOST_FLAG, _MOST_END, _LEAST_END = 460.0, 230.0, 84.0
_NEAR = 8.0  # two marks that share a minute and nearly a place share their words
_FROM_ONSET = "from onset"

_POLES: dict[MarkKind, tuple[str, float, tuple[float, ...]]] = {
    MarkKind.ONSET: (VERMILION, 5.0, ()),
    MarkKind.PAGED: (BLACK, 3.5, ()),
    MarkKind.DEPLOY: (GREEN, 5.0, (2.6, 1.2)),
    MarkKind.RUN: (PURPLE, 5.0, (2.6, 1.2)),
    MarkKind.MITIGATED: (BLACK, 3.5, (1.0, 0.8)),
    MarkKind.RESOLVED: (BLACK, 3.5, (4.0, 1.6)),
    MarkKind.NOW: (MUTED, 3.0, (1.0, 1.2)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """The words beside a line, and the marks they speak of."""

    words: str
    marks: tuple[Mark, ...]
    pole: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where things are: the panels' areas, and the labels above them."""

    window: Window
    areas: tuple[Area, ...]
    labels: tuple[Label, ...]
    flags: tuple[Flag, ...]
    flags_at: float  # baseline of the lowest row

    @property
    def left(self) -> float:
        return self.areas[0].left

    @property
    def right(self) -> float:
        return self.areas[0].right

    @property
    def bottom(self) -> float:
        return self.areas[-1].bottom


def draw_chart(chart: Chart) -> bytes:
    """The chart as a PNG image. Whatever numbers and words it holds, it can be drawn."""
    window = time_axis(chart)
    shown = [panel_of(lines, window) for lines in panels(chart)] if window else []
    if window is None or not shown:
        return _without_data(chart)
    layout = _layout(chart, window, shown)
    canvas = Canvas(layout.bottom + _FOOT)
    canvas.heading(EDGE, _TITLE - 16, chart.title, WIDTH - 2 * EDGE)
    for label, flag in zip(layout.labels, layout.flags, strict=True):
        _mark(canvas, label, flag, layout)
    _time_axes(canvas, chart, layout)
    for panel, area in zip(shown, layout.areas, strict=True):
        _header(canvas, panel, area.top - 16)
        draw_panel(canvas, panel, area, _trouble(chart, window))
    return canvas.png()


def _trouble(chart: Chart, window: Window) -> Window | None:
    """From the onset to when users no longer noticed, else to the end of the incident or of what
    is shown; None when nobody knows of an onset in the window."""
    if chart.onset is None:
        return None
    ends = {mark.kind: mark.at for mark in chart.marks if mark.at >= chart.onset}
    end = ends.get(MarkKind.MITIGATED) or ends.get(MarkKind.RESOLVED) or window.end
    start, end = max(chart.onset, window.start), min(end, window.end)
    return Window(start=start, end=end) if start < end else None


def _without_data(chart: Chart) -> bytes:
    canvas = Canvas(160)
    canvas.heading(EDGE, 60, chart.title, WIDTH - 2 * EDGE)
    canvas.words(EDGE, 118, "no data in this window", size=HEAD, colour=MUTED)
    return canvas.png()


def _layout(chart: Chart, window: Window, shown: list[Panel]) -> Layout:
    left, right = _sides(chart, shown)
    labels = _labels(chart, window, left, right)
    wide = [(label.pole, width_of(label.words, bold=_is_onset(label))) for label in labels]
    flags = placed(wide, least=EDGE, most=WIDTH - EDGE / 2)
    flags_at = _TITLE + _ROW * rows(flags)
    top = flags_at + 8 + (_TICKS if chart.onset is not None else 0) + _HEADER
    height = _HEIGHTS[len(shown)]
    areas = tuple(
        Area(left=left, right=right, top=at, bottom=at + height)
        for at in (top + n * (height + _HEADER + 10) for n in range(len(shown)))
    )
    return Layout(window=window, areas=areas, labels=labels, flags=flags, flags_at=flags_at)


def _sides(chart: Chart, shown: list[Panel]) -> tuple[float, float]:
    """Where the time axis begins and ends: room for values on the left and newest on the right."""
    scale = [width_of(label) for panel in shown for _, label in panel.ticks]
    names = [width_of(_day(panel.window), SMALL) for panel in shown[:1]]
    names += [width_of(_FROM_ONSET, SMALL)] if chart.onset is not None else []
    ends = [end_room(panel) for panel in shown]
    left = EDGE + max([*scale, *names]) + 12
    return left, WIDTH - EDGE - min(max([*ends, _LEAST_END]), _MOST_END)


def _day(window: Window) -> str:
    return f"{window.start:%Y-%m-%d}"


def _labels(chart: Chart, window: Window, left: float, right: float) -> tuple[Label, ...]:
    """The marks inside the window with their words, those at nearly one place together."""
    inside = (mark for mark in chart.marks if window.start <= mark.at <= window.end)
    found: list[Label] = []
    for mark in sorted(inside, key=lambda mark: mark.at):
        pole = left + share_of(window, mark.at) * (right - left)
        marks = (mark,)
        if found and pole - found[-1].pole < _NEAR and _minute(found[-1].marks[0]) == _minute(mark):
            pole, marks = found[-1].pole, (*found[-1].marks, mark)
            found.pop()
        names = ", ".join(fitted(one.label, _MOST_FLAG) for one in marks)
        words = f"{fitted(names, _MOST_FLAG)} {_minute(mark)}"
        found.append(Label(words=words, marks=marks, pole=pole))
    return tuple(found)


def _minute(mark: Mark) -> str:
    return f"{mark.at:%H:%M}"


def _is_onset(label: Label) -> bool:
    return any(mark.kind is MarkKind.ONSET for mark in label.marks)


def _header(canvas: Canvas, panel: Panel, y: float) -> None:
    """What a panel shows, which line is whose, and what is missing from it."""
    note, space = missing(panel), WIDTH - 2 * EDGE
    words = fitted(header(panel), space * (0.55 if note else 1.0), HEAD)
    canvas.words(EDGE, y, words, size=HEAD, boxed=True)
    if note:
        note = fitted(note, space - width_of(words, HEAD) - 24, SMALL, bold=True)
        space -= width_of(note, SMALL, bold=True) + 20
        canvas.words(WIDTH - EDGE, y, note, size=SMALL, bold=True, align="right", boxed=True)
    if len(panel.lines) > 1:
        _key(canvas, panel, EDGE + width_of(words, HEAD) + 24, y, EDGE + space)


def _key(canvas: Canvas, panel: Panel, x: float, y: float, most: float) -> None:
    each = (most - x) / len(panel.lines)
    for one, colour in zip(panel.lines, LINES, strict=False):
        name = fitted(one.service or "unnamed", each - 42, SMALL)
        canvas.line((x, x + 22), (y - 8, y - 8), colour=colour, width=6)
        canvas.words(x + 28, y, name, size=SMALL, boxed=True)
        x += width_of(name, SMALL) + 48


def _mark(canvas: Canvas, label: Label, flag: Flag, layout: Layout) -> None:
    baseline = layout.flags_at - flag.row * _ROW
    top = baseline - BODY * 0.75
    alone = [mark for mark in label.marks if mark.kind is not MarkKind.NOW]
    for mark in alone or label.marks:
        colour, width, dashes = _POLES[mark.kind]
        x = layout.areas[0].across(share_of(layout.window, mark.at))
        canvas.line((x, x), (top, layout.bottom), colour=colour, width=width, dashes=dashes,
                    z=POLES)  # fmt: skip
    canvas.words(flag.left, baseline, label.words, boxed=True, bold=_is_onset(label))


def _time_axes(canvas: Canvas, chart: Chart, layout: Layout) -> None:
    name_at = layout.left - 12
    if chart.onset is not None:
        y = layout.flags_at + 8 + _TICKS - 8
        canvas.words(name_at, y, _FROM_ONSET, size=SMALL, colour=MUTED, align="right")
        ticks = onset_ticks(layout.window, chart.onset)
        _ticks(canvas, ticks, y, layout)
    y = layout.bottom + 36
    canvas.words(name_at, y, "UTC", size=SMALL, colour=MUTED, align="right")
    canvas.words(name_at, y + 27, _day(layout.window), size=SMALL, colour=MUTED, align="right")
    _ticks(canvas, time_ticks(layout.window), y, layout)


def _ticks(canvas: Canvas, ticks: list[Tick], y: float, layout: Layout) -> None:
    """Tick labels that touch neither each other nor the axis' own name."""
    free = layout.left - 6
    for at, label in ticks:
        x = layout.areas[0].across(share_of(layout.window, at))
        half = width_of(label, SMALL) / 2
        if x - half >= free and x + half <= WIDTH - EDGE / 2:
            canvas.words(x, y, label, size=SMALL, colour=MUTED, align="center", boxed=True)
            free = x + half + 12
