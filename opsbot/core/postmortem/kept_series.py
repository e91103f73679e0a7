"""The series that were kept behind an incident's charts: what its own data said, then and now."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from opsbot.core import entry as e
from opsbot.core.moment import EPOCH
from opsbot.core.points import entries_of
from opsbot.core.postmortem.material import Material
from opsbot.core.redaction import REDACTED
from opsbot.core.series import Exhibit, Point, Series, unpack

_NEVER = timedelta(days=36_525)
_ALIKE = 2  # times the finest spacing; below `series.HOLE`, from which on samples are missing


def exhibits_of(blob: bytes) -> Iterator[Exhibit]:
    """What a picture was drawn from, one exhibit a line; a line that cannot be read is none."""
    for line in blob.split(b"\n"):
        try:
            yield unpack(line)
        except ValueError:
            continue


def kept_exhibits(about: Material) -> list[tuple[Exhibit, int]]:
    """Every exhibit of the record whose blob is at hand, with the entry that named it."""
    return [
        (exhibit, entry.seq)
        for entry, body in entries_of(about.entries, e.Illustrated)
        if body.title != REDACTED and body.blob in about.background.blobs
        for exhibit in exhibits_of(about.background.blobs[body.blob])
    ]


def newest_exhibits(about: Material) -> list[Exhibit]:
    """What charts are drawn from: of each quantity of a service the series that reaches furthest,
    the last of several, whole as it was answered; and every request."""
    newest: dict[tuple[str, ...], Exhibit] = {}
    for exhibit, _ in kept_exhibits(about):
        if not isinstance(exhibit, Series):
            newest["", exhibit.trace_id] = exhibit
            continue
        key = (exhibit.service, exhibit.name, exhibit.unit)
        held = newest.get(key)
        if not isinstance(held, Series) or _reach(exhibit) >= _reach(held):
            newest[key] = exhibit
    return list(newest.values())


def _reach(series: Series) -> datetime:
    return max((at for at, _ in series.points), default=EPOCH)


def kept_series(about: Material, service: str, name: str) -> tuple[Series | None, tuple[int, ...]]:
    """One quantity of one service over all that was kept of it as finely, and the entries that
    hold it. A much coarser series, of a long incident, is left to its chart: beside finer samples
    its own would look as if some were missing between them."""
    found = [
        (exhibit, seq)
        for exhibit, seq in kept_exhibits(about)
        if isinstance(exhibit, Series) and (exhibit.service, exhibit.name) == (service, name)
    ]
    if not found:
        return None, ()
    unit = found[-1][0].unit
    same = [(one, seq) for one, seq in found if one.unit == unit]
    finest = min(spacing(one.points) for one, _ in same)
    alike = [(one, seq) for one, seq in same if spacing(one.points) <= finest * _ALIKE]
    merged = replace(
        alike[-1][0],
        points=_joined([one.points for one, _ in alike]),
        limits=_merged([one.limits for one, _ in alike]),
    )
    return merged, tuple(dict.fromkeys(seq for _, seq in alike))


def spacing(points: Sequence[Point]) -> timedelta:
    """The usual time between two samples; a century for fewer than two."""
    steps = [(after[0] - before[0]).total_seconds() for before, after in pairwise(points)]
    return timedelta(seconds=statistics.median(steps)) if steps else _NEVER


def _joined(many: Sequence[tuple[Point, ...]]) -> tuple[Point, ...]:
    """All points in time, of two answers for one stretch those of the first: samples twice as dense
    in some places would make the others look far apart."""
    found: list[Point] = []
    spans: list[tuple[datetime, datetime]] = []
    for points in many:
        found += [
            point for point in points if not any(low <= point[0] <= high for low, high in spans)
        ]
        spans += [(points[0][0], points[-1][0])] if points else []
    return tuple(sorted(found))


def _merged(many: Sequence[tuple[Point, ...]]) -> tuple[Point, ...]:
    return tuple(sorted({at: value for points in many for at, value in points}.items()))


def as_share(series: Series) -> tuple[Point, ...]:
    """A quantity that runs against a limit, as a share of the limit that held at that time."""
    if series.unit == "ratio":
        return series.points
    shares: list[Point] = []
    for at, value in series.points:
        limit = _limit_at(series, at)
        if limit and math.isfinite(limit) and math.isfinite(value):
            shares.append((at, value / limit))
    return tuple(shares)


def _limit_at(series: Series, at: datetime) -> float | None:
    held = [value for since, value in series.limits if since <= at]
    if held:
        return held[-1]
    return series.limits[0][1] if series.limits else series.limit
