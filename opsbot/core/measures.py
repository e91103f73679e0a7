"""Measures of an incident: each with its formula, the two times it is taken from, and the entries
that gave them; or why it cannot be taken.

"MTTR" means four things, so every measure is spelt out. A time that people correct moves the
measure with it; drills and what was no incident are shown, and left out of every aggregate.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from opsbot.core import entry as e
from opsbot.core.entry import Closure, Entry, Mode, Status
from opsbot.core.moment import lasting
from opsbot.core.points import Episode, Point, PointName, Points, entries_of, points
from opsbot.core.told import told

NOTHING = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One length of time. Where `value` is None, `why_not` says why; `formula` is printed as it
    is."""

    name: str
    title: str
    definition: str  # "mitigated minus impact started"
    formula: str  # the same with the times
    value: timedelta | None
    why_not: str = ""
    estimated: bool = False
    out_of_order: bool = False
    entries: tuple[int, ...] = ()
    start: datetime | None = None
    end: datetime | None = None

    @property
    def shown(self) -> str:
        """The value in words, or why there is none."""
        if self.value is None:
            return "out of order" if self.out_of_order else "not known"
        return f"about {lasting(self.value)}" if self.estimated else exactly(self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """All measures of one incident; `excluded` says why it does not count, empty when it does."""

    number: int
    excluded: str
    points: Points
    measures: tuple[Measure, ...]

    def __getitem__(self, name: str) -> Measure:
        return next(measure for measure in self.measures if measure.name == name)

    def as_data(self) -> dict[str, dict[str, Any]]:
        """By name: `value_s` and `formula`, and what else there is to know, as JSON values."""
        return {measure.name: _as_data(measure) for measure in self.measures}


def _as_data(measure: Measure) -> dict[str, Any]:
    value = measure.value
    return {
        "value_s": None if value is None else value.total_seconds(),
        "formula": measure.formula, "why_not": measure.why_not, "estimated": measure.estimated,
        "from": measure.start and measure.start.isoformat(),
        "to": measure.end and measure.end.isoformat(), "entries": list(measure.entries),
    }  # fmt: skip


_BETWEEN = (
    ("time_to_detect", "Time to detect", PointName.DETECTED, PointName.IMPACT_STARTED),
    ("time_to_acknowledge", "Time to acknowledge", PointName.ACKNOWLEDGED, PointName.DETECTED),
    ("time_to_engage", "Time to engage a lead", PointName.LED, PointName.OPENED),
    ("time_to_identify", "Time to identify", PointName.IDENTIFIED, PointName.DETECTED),
    ("time_to_mitigate", "Time to mitigate", PointName.MITIGATED, PointName.IMPACT_STARTED),
    ("time_to_resolve", "Time to resolve", PointName.RESOLVED, PointName.IMPACT_STARTED),
    ("post_incident", "Post-incident", PointName.PUBLISHED, PointName.RESOLVED),
)
OPEN = "time_open"


def measures(entries: Iterable[Entry]) -> Measures:
    """Every measure of a record."""
    record = told(entries)
    known = points(record)
    between = [_between(name, title, known[end], known[start])
               for name, title, end, start in _BETWEEN]  # fmt: skip
    opened = entries_of(record, e.Opened)[:1]
    return Measures(
        number=opened[0][1].number if opened else 0,
        excluded=excluded(record),
        points=known,
        measures=(*between, _time_open(known.episodes)),
    )


def excluded(entries: Iterable[Entry]) -> str:
    """Why an incident does not count in aggregates (a drill, or none after all), or nothing."""
    found = ""
    for entry in told(entries):
        match entry.body:
            case e.Opened(mode=Mode.SHADOW):
                return "shadow mode"
            case e.StatusChanged(status=Status.CANCELLED | Status.MERGED as status):
                found = str(status)
            case e.StatusChanged(closure=closure) if closure in _NO_INCIDENT:
                found = str(closure)
            case e.StatusChanged():
                found = ""
            case _:
                pass
    return found


_NO_INCIDENT = (Closure.FALSE_ALARM, Closure.MISTAKE, Closure.DUPLICATE, Closure.NEVER_OPENED)


def _between(name: str, title: str, end: Point, start: Point) -> Measure:
    definition = f"{end.name} minus {start.name}"
    entries = tuple(dict.fromkeys((*end.entries, *start.entries)))
    if end.at is None or start.at is None:
        missing = end if end.at is None else start
        return Measure(
            name=name, title=title, definition=definition, formula=definition, value=None,
            why_not=missing.how, entries=entries, start=start.at, end=end.at,
        )  # fmt: skip
    later, earlier = stamps(end.at, start.at)
    formula = f"{end.name} {later} minus {start.name} {earlier} UTC"
    value = _whole(end.at) - _whole(start.at)
    backwards = value < NOTHING
    why = f"out of order: {end.name} {later} lies before {start.name} {earlier}"
    return Measure(
        name=name, title=title, definition=definition, formula=formula,
        value=None if backwards else value, why_not=why if backwards else "",
        estimated=start.estimated or end.estimated, out_of_order=backwards, entries=entries,
        start=start.at, end=end.at,
    )  # fmt: skip


def _time_open(spells: Sequence[Episode]) -> Measure:
    """All stretches in which it was open: more than one when it was reopened."""
    definition = "every stretch from opened (or reopened) until its end, added up"
    entries = tuple(seq for spell in spells for seq in spell.entries)
    ended = [(spell.start, spell.end) for spell in spells if spell.end is not None]
    title = "Time open"
    if not spells or len(ended) < len(spells):
        return Measure(name=OPEN, title=title, definition=definition, formula=definition,
                       value=None, why_not="it is still open", entries=entries)  # fmt: skip
    formula = " plus ".join("{1} minus {0}".format(*stamps(*spell)) for spell in ended) + " UTC"
    lengths = [_whole(end) - _whole(start) for start, end in ended]
    backwards = any(length < NOTHING for length in lengths)
    total = sum(lengths, NOTHING)
    return Measure(
        name=OPEN, title=title, definition=definition, formula=formula, entries=entries,
        value=None if backwards else total, out_of_order=backwards,
        why_not="out of order: it ended before it was opened" if backwards else "",
        start=ended[0][0], end=ended[-1][1],
    )  # fmt: skip


def _whole(at: datetime) -> datetime:
    """A moment as formulas print it, to the second: so the value is what the printed times give.
    PagerDuty's log has no parts of a second, either, and its webhook has."""
    return at.replace(microsecond=0)


def stamps(*moments: datetime) -> tuple[str, ...]:
    """Moments as a formula prints them: with the date when they are not of one day, and to the
    second when that is needed to add them up by hand."""
    whole = all(not at.second and not at.microsecond for at in moments)
    start = 11 if len({at.date() for at in moments}) == 1 else 0
    return tuple(at.isoformat(" ", "seconds")[start : 16 if whole else 19] for at in moments)


def exactly(length: timedelta) -> str:
    """A length of time to the second, from a day on to the minute: `23 min 10 s`, `3 d 4 h`."""
    seconds = int(length.total_seconds())
    days, hours, minutes = seconds // 86_400, seconds // 3600 % 24, seconds // 60 % 60
    parts = ((days, "d"), (hours, "h"), (minutes, "min"), (seconds % 60, "s"))
    first = next((n for n, (amount, _) in enumerate(parts) if amount), 3)
    shown = parts[first : 4 if first else 3]
    return " ".join(f"{amount} {unit}" for amount, unit in shown if amount) or "0 s"
