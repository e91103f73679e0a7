"""What an alert rule would have done on the incident's own data: when it would have fired, by the
kept series where there is one, else by when the finding began."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from opsbot.core.evidence import Finding
from opsbot.core.measures import exactly
from opsbot.core.points import PointName, utc
from opsbot.core.postmortem import Backtest
from opsbot.core.postmortem.alert_rule import HOLDS, Bound
from opsbot.core.postmortem.kept_series import as_share, kept_series
from opsbot.core.postmortem.material import Material
from opsbot.core.series import MEMORY, Point, runs
from opsbot.core.text import count

NOT = "not back-tested"


def backtest(about: Material, service: str, finding: Finding, bound: Bound, seq: int) -> Backtest:
    """When the rule would have fired, and how much earlier than the incident was detected."""
    detected = about.at(PointName.DETECTED)
    if detected is None:
        return _not(f"{NOT}: when the incident was detected is not known", seq)
    series, held_in = kept_series(about, service, bound.series)
    if series is not None:
        points = as_share(series) if bound.series == MEMORY else series.points
        began = min(utc(finding.at), detected)
        return _by_series(about, points, bound, detected, began, (*held_in, seq))
    if finding.value is None or not bound.holds(finding.value):
        return _not(f"{NOT}: the series of this signal was not kept, and its finding says too "
                    "little", seq)  # fmt: skip
    fires_at = utc(finding.at) + HOLDS
    how = "Judged by when the finding began, since the series itself was not kept, it"
    return _told(about, how, fires_at, detected, (seq,))


def _by_series(
    about: Material, points: Sequence[Point], bound: Bound, detected: datetime, began: datetime,
    because: tuple[int, ...],
) -> Backtest:  # fmt: skip
    known = [run for run in runs(tuple(points)) if run]
    if not known:
        return _not(f"{NOT}: the kept series is empty", *because)
    fires = firings(points, bound)
    # What fired and ended before this began was of something else.
    fired = next((one for one in fires if one[2] >= began), None)
    first, last = known[0][0][0], known[-1][-1][0]
    if fired is None:
        text = (f"On the incident's own data, {_span(about, first, last)}, it would not have "
                "fired.")  # fmt: skip
        return Backtest(said=text, fires_at=None, earlier_s=None, because=because)
    since, fires_at, _ = fired
    told = _told(about, "On the incident's own data it", fires_at, detected, because)
    quiet, before = since - first, fires.index(fired)
    if before:
        more = f" It would have paged {count(before, 'time')} more before that, for nothing known."
    elif quiet <= timedelta(0):
        more = " It held from the first sample that was kept, so it may have fired before."
    else:
        more = f" In the {exactly(quiet)} of data before that it stayed silent."
    return Backtest(said=told.said + more, fires_at=told.fires_at, earlier_s=told.earlier_s,
                    because=because)  # fmt: skip


def firings(points: Sequence[Point], bound: Bound) -> list[tuple[datetime, datetime, datetime]]:
    """Every time that the rule fires: since when the bound held, when it fires (once it has held
    for `HOLDS`, sample by sample), and until when. Missing samples begin anew, as in Prometheus."""
    found: list[tuple[datetime, datetime, datetime]] = []
    for run in runs(tuple(points)):
        since: datetime | None = None
        for at, value in run:
            held, since = since, (since or at) if bound.holds(value) else None
            if since is None or at - since < HOLDS:
                continue
            if held is not None and found and found[-1][0] == utc(since):
                found[-1] = (*found[-1][:2], utc(at))
            else:
                found.append((utc(since), utc(at), utc(at)))
    return found


def _told(
    about: Material, how: str, fires_at: datetime, detected: datetime, because: tuple[int, ...]
) -> Backtest:
    earlier = detected - fires_at
    when = about.say(fires_at)
    if earlier > timedelta(0):
        said = f"{how} would have paged {_in_words(earlier)} earlier, at {when}."
    else:
        late = f"{_in_words(-earlier)} later than" if earlier else "no earlier than"
        said = f"{how} would have paged {late} it was detected, at {when}."
    return Backtest(said=said, fires_at=fires_at, earlier_s=earlier.total_seconds(),
                    because=because)  # fmt: skip


def _in_words(length: timedelta) -> str:
    """Whole minutes; seconds below one."""
    seconds = int(length.total_seconds())
    if seconds < 60:
        return count(seconds, "second")
    return count(seconds // 60, "minute") if seconds < 7200 else exactly(length)


def _span(about: Material, first: datetime, last: datetime) -> str:
    return f"from {about.say(first)} to {about.say(last)}"


def _not(why: str, *because: int) -> Backtest:
    return Backtest(said=f"{why[:1].upper()}{why[1:]}.", fires_at=None, earlier_s=None,
                    because=because)  # fmt: skip
