"""The moments that measures are taken between, each with the entries that gave it.

The points are those of most incident tools: impact started, detected, acknowledged, identified,
mitigated, resolved. Which one is meant where several could be is said at each reader below.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar

from opsbot.core import entry as e
from opsbot.core.entry import Entry, PagerAct, PagerResult, Role, Status
from opsbot.core.event import DECLARED, NO_ALERT, Transition
from opsbot.core.text import inert
from opsbot.core.told import is_end, name_of, told

_B = TypeVar("_B")


class PointName(StrEnum):
    IMPACT_STARTED = "impact started"
    DETECTED = "detected"
    OPENED = "opened"
    ACKNOWLEDGED = "acknowledged"
    LED = "lead taken"
    IDENTIFIED = "identified"
    MITIGATED = "mitigated"
    RESOLVED = "resolved"
    CLOSED = "closed"
    PUBLISHED = "postmortem published"


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One moment in UTC. `how` says how it is known; where `at` is None, why it is not."""

    name: PointName
    at: datetime | None
    entries: tuple[int, ...] = ()
    how: str = ""
    estimated: bool = False  # told from the evidence; no person has said so


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """A stretch in which the incident was open; `end` is None while it is."""

    start: datetime
    end: datetime | None
    entries: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """All points, and when the incident was open: more than once when it was reopened."""

    by_name: tuple[Point, ...]
    episodes: tuple[Episode, ...]

    def __getitem__(self, name: PointName) -> Point:
        return next(point for point in self.by_name if point.name is name)


def points(entries: Iterable[Entry]) -> Points:
    """Every point of a record; a corrected time counts, and what was taken back does not."""
    record = told(entries)
    spells = episodes(record)
    came_back = spells[-1] if len(spells) > 1 else None
    ends = _ends(record, spells)
    found = (
        _impact_started(record),
        _detected(record),
        _opened(record),
        _acknowledged(record),
        _led(record),
        _identified(record),
        _mitigated(record, came_back, ends[0]),
        *ends,
        _published(record, ends[0]),
    )
    return Points(by_name=found, episodes=spells)


def entries_of(record: Iterable[Entry], kind: type[_B]) -> list[tuple[Entry, _B]]:
    """The entries whose body is of this kind, with it, in record order."""
    return [(entry, entry.body) for entry in record if isinstance(entry.body, kind)]


def utc(at: datetime) -> datetime:
    """The moment in UTC. Two times of one zone are otherwise subtracted by its wall clock, which
    is an hour off across a clock change (Python's datetime page)."""
    return at.astimezone(UTC)


def episodes(record: Iterable[Entry]) -> tuple[Episode, ...]:
    """When the incident was open, in record order; a closing after the resolution is no new end."""
    found: list[Episode] = []
    for entry in record:
        at = utc(entry.occurred_at)
        match entry.body:
            case e.Opened() if not found:
                found.append(Episode(start=at, end=None, entries=(entry.seq,)))
            case e.StatusChanged(status=status) if found:
                last = found[-1]
                if status.is_over and last.end is None:
                    found[-1] = Episode(
                        start=last.start, end=at, entries=(*last.entries, entry.seq)
                    )
                elif not status.is_over and last.end is not None:
                    found.append(Episode(start=at, end=None, entries=(entry.seq,)))
            case _:
                pass
    return tuple(found)


def _point(name: PointName, entry: Entry, how: str, at: datetime | None = None) -> Point:
    moment = utc(at or entry.occurred_at)
    return Point(name=name, at=moment, entries=(entry.seq,), how=how)


def _missing(name: PointName, why: str, *entries: int) -> Point:
    return Point(name=name, at=None, how=why, entries=entries)


def _impact_started(record: Sequence[Entry]) -> Point:
    """What a person said last of when it began; or else the first sign in the evidence."""
    name = PointName.IMPACT_STARTED
    onsets = [(entry, body.at) for entry, body in entries_of(record, e.OnsetSet)][-1:]
    impacts = entries_of(record, e.ImpactSet)[-1:]  # the newest replaces those before it
    said = [*onsets, *((entry, body.since) for entry, body in impacts if body.since)]
    if said:
        entry, at = max(said, key=lambda one: one[0].seq)
        return _point(name, entry, f"set by {name_of(entry.actor)}", at)
    for entry, body in reversed(entries_of(record, e.SuspectsRanked)):
        if body.ranking.onset is not None:
            how = "estimated: the first sign of trouble in the evidence"
            return Point(name=name, at=utc(body.ranking.onset), entries=(entry.seq,), how=how,
                         estimated=True)  # fmt: skip
    return _missing(name, "nobody said when it began for users, and the evidence shows no onset")


def _detected(record: Sequence[Entry]) -> Point:
    """The first time an alert fired, or a person declared it, whichever was earlier."""
    name = PointName.DETECTED
    fired = [
        (entry.occurred_at, entry, f"an alert fired at {source_name(entry.source)}")
        for entry, body in entries_of(record, e.AlertChanged)
        if body.transition is Transition.TRIGGERED
    ]
    for entry, body in entries_of(record, e.Opened)[:1]:
        declared = body.origin.source == DECLARED
        if declared or not fired:
            how = f"declared by {name_of(entry.actor)}" if declared else "the first that was heard"
            fired.append((entry.occurred_at, entry, how))
    if not fired:
        return _missing(name, "the record does not say how it was noticed")
    _, entry, how = min(fired, key=lambda one: (utc(one[0]), one[1].seq))
    return _point(name, entry, how)


def _opened(record: Sequence[Entry]) -> Point:
    for entry, _ in entries_of(record, e.Opened)[:1]:
        return _point(PointName.OPENED, entry, "the incident was opened")
    return _missing(PointName.OPENED, "the record has no opening")


def _acknowledged(record: Sequence[Entry]) -> Point:
    """The first acknowledgement of a page by a person, as the pager told it or as it was done from
    Slack."""
    name = PointName.ACKNOWLEDGED
    found = [
        (utc(entry.occurred_at), entry)
        for entry, body in entries_of(record, e.AlertChanged)
        if body.transition is Transition.ACKNOWLEDGED and entry.actor.is_person
    ]
    asked = {entry.seq: entry for entry, _ in entries_of(record, e.PagerAsked)}
    found += [
        (utc(body.at or entry.occurred_at), asked.get(body.asked, entry))
        for entry, body in entries_of(record, e.PagerActed)
        if body.act is PagerAct.ACKNOWLEDGE and body.result is PagerResult.DONE
    ]
    if found:
        at, entry = min(found, key=lambda one: (one[0], one[1].seq))
        return _point(name, entry, f"by {name_of(entry.actor)}", at)
    if any(_pages(entry) for entry in record):
        return _missing(name, "nobody acknowledged the page")
    return _missing(name, "declared by a person: no page to answer")


def _pages(entry: Entry) -> bool:
    """Whether the entry is of an alert that pages somebody."""
    return isinstance(entry.body, e.Opened | e.Joined) and entry.body.origin.source not in NO_ALERT


def _led(record: Sequence[Entry]) -> Point:
    for entry, body in entries_of(record, e.RoleAssigned):
        if body.role is Role.LEAD and body.slack_id:
            return _point(
                PointName.LED, entry, f"by {inert(body.name, 60) or name_of(entry.actor)}"
            )
    return _missing(PointName.LED, "nobody took the lead")


def _identified(record: Sequence[Entry]) -> Point:
    """When the status first said so; who skips it knows the cause once there is only watching."""
    changes = entries_of(record, e.StatusChanged)
    for status in (Status.IDENTIFIED, Status.MONITORING):
        for entry, body in changes:
            if body.status is status:
                return _point(PointName.IDENTIFIED, entry, f"the status became {status}")
    return _missing(PointName.IDENTIFIED, "the status never became identified")


def _mitigated(record: Sequence[Entry], came_back: Episode | None, end: Point) -> Point:
    """What was said last, for whatever time; of an incident that came back, only what was said
    since. Who says afterwards that it was mitigated before it came back knows that it did."""
    name = PointName.MITIGATED
    said = entries_of(record, e.Mitigated)[-1:]
    if said and said[0][1].at is None:
        return _missing(name, "it was marked mitigated, and that was taken back", said[0][0].seq)
    for entry, body in said:
        if came_back is None or entry.seq > came_back.entries[0]:
            at = utc(body.at or entry.occurred_at)
            return _point(name, entry, f"set by {name_of(entry.actor)}", at)
        return _missing(name, "it came back after it was mitigated, and nobody has said so since",
                        entry.seq, *came_back.entries[:1])  # fmt: skip
    known = f"; at the latest when it was {end.name}" if end.at else ""
    return _missing(name, f"nobody said since when users no longer notice{known}", *end.entries)


def _ends(record: Sequence[Entry], spells: Sequence[Episode]) -> tuple[Point, Point]:
    """Resolved: the last end, for what was closed outright its closing; and closed."""
    if not spells or spells[-1].end is None:
        why = "it was reopened and is still open" if len(spells) > 1 else "it is still open"
        return _missing(PointName.RESOLVED, why), _missing(PointName.CLOSED, why)
    ended_by = spells[-1].entries[-1]
    ending = [one for one in entries_of(record, e.StatusChanged) if one[0].seq >= ended_by]
    first, body = ending[0]
    how = f"set by {name_of(first.actor)}" if first.actor.is_person else "ended by a rule"
    resolved = (
        _point(PointName.RESOLVED, first, how)
        if is_end(body)
        else _missing(PointName.RESOLVED, f"it was {body.status}", first.seq)
    )
    closed = next((one for one, b in ending if b.status is Status.CLOSED), None)
    return resolved, (
        _point(PointName.CLOSED, closed, "the status became closed")
        if closed
        else _missing(PointName.CLOSED, "it was not closed yet")
    )


def _published(record: Sequence[Entry], resolved: Point) -> Point:
    """The first time after the end; what was published of an incident that then came back, or had
    not ended, was none of all of it."""
    for entry, body in entries_of(record, e.PostmortemPublished):
        if resolved.at is None or utc(entry.occurred_at) >= resolved.at:
            return _point(PointName.PUBLISHED, entry, f"published by {inert(body.publisher, 60)}")
    return _missing(PointName.PUBLISHED, "no postmortem was published yet")


_SOURCES = {
    "pagerduty": "PagerDuty", "prometheus": "Prometheus", "loki": "Loki", "tempo": "Tempo",
    "github": "GitHub", "slack": "Slack",
}  # fmt: skip


def source_name(source: str) -> str:
    """A source as its vendor writes it."""
    return _SOURCES.get(source) or inert(source, 60)
