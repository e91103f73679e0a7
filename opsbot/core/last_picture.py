"""The chart of the page drawn once more when the incident is over, so that it shows the recovery:
which incident deserves it, what is asked for anew, and whether that says more than was known."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from opsbot.core.ending_marks import has_recovered
from opsbot.core.evidence import EvidenceAsk, Subject, Window
from opsbot.core.illustration import PAGE, pictures
from opsbot.core.incident import Incident
from opsbot.core.moment import shifted, to_micros
from opsbot.core.picture import Chart
from opsbot.core.series import Exhibit, Series

BEFORE = timedelta(minutes=10)  # of the usual, ahead of an onset that was set by a person
AFTER = timedelta(minutes=5)  # behind the end, as far as they have passed by then


def deserves_another(incident: Incident) -> bool:
    """Whether the chart is drawn once more: it was drawn before, and all is right again."""
    return has_recovered(incident) and incident.window is not None and PAGE in incident.pictures


def last_key(incident: Incident) -> str:
    """The key of its entry: one for each end, however often it is tried; another end, or another
    time of the same one, has another."""
    return f"illustrated:ended:{to_micros(incident.over_at) if incident.over_at else 0}"


def ask_again(
    ask: EvidenceAsk, incident: Incident, kept: Collection[Series], horizon: timedelta,
    now: datetime,
) -> EvidenceAsk:  # fmt: skip
    """What sources are asked: the quantities and services that were kept of the chart, from before
    the onset to a little after the end. `horizon` bounds how far back a set onset reaches."""
    services = tuple(dict.fromkeys(one.service for one in kept))
    known = {subject.service: subject for subject in ask.subjects}
    window = last_window(incident, horizon, now) or ask.window
    return replace(
        ask,
        subjects=tuple(known.get(name, Subject(service=name)) for name in services),
        window=window,
        before=Window(start=shifted(window.start, -window.length), end=window.start),
        quantities=tuple(dict.fromkeys(one.name for one in kept)),
    )


def last_window(incident: Incident, horizon: timedelta, now: datetime) -> Window | None:
    """From before the onset to a little after the end, and never less than evidence was asked for;
    None while it is not over."""
    asked, over_at = incident.window, incident.over_at
    if asked is None or over_at is None:
        return None
    start, onset = asked.start, incident.living.onset
    if onset is not None:
        start = min(start, max(shifted(onset.at, -BEFORE), shifted(start, -horizon)))
    end = max(asked.end, min(now, shifted(over_at, AFTER)))
    return Window(start=start, end=end)


def page_chart(incident: Incident, exhibits: Iterable[Exhibit]) -> Chart | None:
    """The chart of the page; None when there is nothing to draw it from."""
    found = dict(pictures(incident, exhibits)).get(PAGE)
    return found if isinstance(found, Chart) else None


def drawn_again(kept: Sequence[Series], exhibits: Iterable[Exhibit]) -> tuple[Series, ...]:
    """The series that were kept, as they were answered anew, and as they were where there was no
    answer; empty when none goes further than it did: then the earlier picture stays."""
    fresh = {(x.service, x.name, x.unit): x for x in exhibits if isinstance(x, Series)}
    newest = [fresh.get((one.service, one.name, one.unit), one) for one in kept]
    series = tuple(max(pair, key=_reach) for pair in zip(kept, newest, strict=True))
    return series if any(map(_reaches_further, series, kept)) else ()


def _reaches_further(one: Series, other: Series) -> bool:
    return _reach(one) > _reach(other)


def _reach(series: Series) -> int:
    """The newest known point, in microseconds since 1970; below every one without any."""
    return max((to_micros(at) for at, value in series.points if math.isfinite(value)), default=-1)
