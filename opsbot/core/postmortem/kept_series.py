"""The series that were kept behind an incident's charts: what its own data said, then and now."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from opsbot.core import entry as e
from opsbot.core.points import entries_of
from opsbot.core.postmortem.material import Material
from opsbot.core.redaction import REDACTED
from opsbot.core.series import Exhibit, Point, Series, unpack


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


def kept_series(about: Material, service: str, name: str) -> tuple[Series | None, tuple[int, ...]]:
    """One quantity of one service over all that was kept of it, and the entries that hold it."""
    found = [
        (exhibit, seq)
        for exhibit, seq in kept_exhibits(about)
        if isinstance(exhibit, Series) and (exhibit.service, exhibit.name) == (service, name)
    ]
    if not found:
        return None, ()
    unit = found[-1][0].unit
    same = [one for one, _ in found if one.unit == unit]
    merged = replace(
        same[-1],
        points=_merged([one.points for one in same]),
        limits=_merged([one.limits for one in same]),
    )
    return merged, tuple(dict.fromkeys(seq for _, seq in found))


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
