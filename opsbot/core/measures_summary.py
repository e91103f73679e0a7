"""Measures of many incidents together: median and 90th percentile, never a lone mean, each with
how many it is taken of and what was left out."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from opsbot.core.measures import Measure, Measures


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measure over many incidents. `median` and `p90` are None without any sample."""

    name: str
    title: str
    definition: str
    samples: int
    median: timedelta | None
    p90: timedelta | None  # nearest rank: nine of ten samples are at most this long
    estimated: int  # of the samples
    missing: int  # incidents that count and have no such time
    out_of_order: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The figures, how many incidents they are taken of, and why others were left out."""

    incidents: int
    excluded: tuple[tuple[str, int], ...]
    figures: tuple[Figure, ...]


def aggregate(many: Sequence[Measures]) -> Summary:
    """Median and 90th percentile of every measure over the incidents that count."""
    counted = [one for one in many if not one.excluded]
    why = Counter(one.excluded for one in many if one.excluded)
    names = dict.fromkeys(m.name for one in counted for m in one.measures)
    return Summary(
        incidents=len(counted),
        excluded=tuple(sorted(why.items())),
        figures=tuple(_figure([one[name] for one in counted]) for name in names),
    )


def _figure(measures: Sequence[Measure]) -> Figure:
    samples = sorted(m.value for m in measures if m.value is not None)
    first = measures[0]
    return Figure(
        name=first.name,
        title=first.title,
        definition=first.definition,
        samples=len(samples),
        median=_median(samples),
        p90=samples[math.ceil(len(samples) * 0.9) - 1] if samples else None,
        estimated=sum(m.estimated for m in measures if m.value is not None),
        missing=sum(m.value is None and not m.out_of_order for m in measures),
        out_of_order=sum(m.out_of_order for m in measures),
    )


def _median(ranked: Sequence[timedelta]) -> timedelta | None:
    if not ranked:
        return None
    middle = len(ranked) // 2
    return ranked[middle] if len(ranked) % 2 else (ranked[middle - 1] + ranked[middle]) / 2
