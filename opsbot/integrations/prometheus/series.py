"""Series of samples as Prometheus answers them, and the plain statistics findings rest on."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from opsbot.integrations._backend import LookUpFailed
from opsbot.integrations._foreign_json import items, mapping, number, objects, text

SUSTAINED = 3
"""Samples in a row that make a departure one; fewer are noise."""

_LATEST = 253_402_300_799.0  # the end of year 9999
_HOLE = 3
"""Steps without a sample after which what follows is a new stretch."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One value at one moment (seconds since 1970); never NaN or infinite."""

    at: float
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """The samples of one label set, in time order."""

    labels: Mapping[str, str]
    samples: tuple[Sample, ...]

    def between(self, start: float, end: float) -> tuple[Sample, ...]:
        """The samples from `start` up to `end`, both inclusive."""
        return tuple(sample for sample in self.samples if start <= sample.at <= end)


def read_matrix(body: Mapping[str, Any]) -> tuple[Series, ...]:
    """The series of a query_range answer; raises LookUpFailed when it is none.

    NaN and infinite values (no traffic, empty histogram) are no samples. Native histograms, which
    come without `values`, are left out.
    """
    data = mapping(body.get("data"))
    if body.get("status") != "success" or data.get("resultType") != "matrix":
        raise LookUpFailed("Prometheus did not answer with a matrix; check url and query")
    return tuple(_series(entry) for entry in objects(data.get("result")))


def _series(entry: Mapping[str, Any]) -> Series:
    labels = {name: text(value) for name, value in mapping(entry.get("metric")).items()}
    return Series(labels=labels, samples=tuple(sorted(_samples(entry), key=lambda one: one.at)))


def _samples(entry: Mapping[str, Any]) -> Iterator[Sample]:
    for pair in items(entry.get("values")):
        match items(pair):
            case [at, value, *_]:
                moment, amount = number(at), number(value)
                if moment is not None and amount is not None and 0 <= moment < _LATEST:
                    yield Sample(moment, amount)
            case _:
                continue


def usual(samples: Sequence[Sample]) -> float | None:
    """The median, which a departure of less than half the time does not move."""
    return statistics.median(sample.value for sample in samples) if samples else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Samples in a row that depart from the usual; `is_open` while it lasts to the end."""

    samples: tuple[Sample, ...]
    is_open: bool

    @property
    def start(self) -> float:
        return self.samples[0].at

    @property
    def end(self) -> float:
        return self.samples[-1].at

    def level(self, *, low: bool = False) -> float:
        """How far it went: the median of its outer half, so that one spike does not count."""
        values = sorted((sample.value for sample in self.samples), reverse=low)
        return statistics.median(values[len(values) // 2 :])


def departure(
    series: Series, departs: Callable[[float], bool], *, step: float, since: float
) -> Stretch | None:
    """The weightiest sustained stretch of departing samples that reaches into the window.

    `since` is the window's start. One sample back to normal does not end a stretch; a hole in
    the data does. None when nothing departs for long enough.
    """
    found = [
        stretch
        for stretch in _stretches(series.samples, departs, step)
        if stretch.end >= since and len(stretch.samples) >= SUSTAINED
    ]
    return max(found, key=lambda one: (len(one.samples), one.end), default=None)


def _stretches(
    samples: Sequence[Sample], departs: Callable[[float], bool], step: float
) -> Iterator[Stretch]:
    run: list[Sample] = []
    calm = 0
    previous = samples[0].at if samples else 0.0
    for sample in samples:
        away = departs(sample.value)
        calm = 0 if away else calm + 1
        if run and (calm > 1 or sample.at - previous > _HOLE * step):
            yield Stretch(samples=tuple(run), is_open=False)
            run = []
        if away:
            run.append(sample)
        previous = sample.at
    if run:
        yield Stretch(samples=tuple(run), is_open=calm <= 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A value that went from one level to another and stayed there."""

    at: float
    before: float
    after: float


def level_changes(samples: Sequence[Sample]) -> tuple[Step, ...]:
    """Where a value that is set by people (a limit) changed; a single odd sample is no change."""
    levels: list[list[Sample]] = []
    for sample in samples:
        if levels and _same(levels[-1][0].value, sample.value):
            levels[-1].append(sample)
        else:
            levels.append([sample])
    if not levels:
        return ()
    kept = [level for level in levels[:-1] if len(level) > 1] + levels[-1:]
    return tuple(
        Step(at=after[0].at, before=before[0].value, after=after[0].value)
        for before, after in pairwise(kept)
        if not _same(before[0].value, after[0].value)
    )


def _same(one: float, other: float) -> bool:
    return abs(one - other) <= 0.005 * max(abs(one), abs(other))
