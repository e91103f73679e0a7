"""The log lines of a scenario: which streams exist, and every line of each at any time, unstored.

The n-th line of a source stands where its running total of lines passes n: counting a day of lines
is two look-ups, and any stretch can be written out on its own.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from opsbot.sandbox.log_text import LineWriter, request_line, template_line
from opsbot.sandbox.noise import seed_of, unit
from opsbot.sandbox.scenario import LogTemplate, Scenario
from opsbot.sandbox.series import Matcher
from opsbot.sandbox.signals import Signals
from opsbot.sandbox.steps import Integral, changed, constant

INGESTION_DELAY = 1.0
"""Seconds until a line written by a service can be found."""

LEVELS = ("info", "warn", "error")


@dataclass(frozen=True, slots=True)
class Line:
    """One log line; `at` is seconds relative to the page."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class LineSource:
    """Lines of one kind: how many there are by when, and how the n-th reads."""

    total: Integral
    weight: float
    seed: int
    write: LineWriter

    def before(self, x: float) -> int:
        """Give the number of lines written before offset x."""
        reached = self.weight * self.total.upto(x)
        whole = math.floor(reached)
        return whole + (unit(self.seed, whole) < reached - whole)

    def times(self, start: float, end: float, *, backward: bool) -> Iterator[tuple[float, int]]:
        """Give (offset, number) of the lines in [start, end), newest first if backward."""
        numbers = range(self.before(start), self.before(end))
        for number in reversed(numbers) if backward else numbers:
            yield self.total.when((number + unit(self.seed, number)) / self.weight), number


@dataclass(frozen=True, slots=True)
class LogStream:
    """One Loki stream: its labels, what writes into it, and when its collector died."""

    labels: dict[str, str]
    sources: tuple[LineSource, ...]
    ends_at: float

    def before(self, x: float) -> int:
        """Give the number of lines before offset x, in seconds relative to the page."""
        reached = min(x, self.ends_at)
        return sum(source.before(reached) for source in self.sources)

    def count(self, start: float, end: float) -> int:
        """Give the number of lines in [start, end), seconds relative to the page."""
        return max(0, self.before(end) - self.before(start))

    def lines(self, start: float, end: float, *, backward: bool) -> Iterator[Line]:
        """Give the lines in [start, end), in order of time."""
        stop = min(end, self.ends_at)
        if stop <= start:
            return
        walks = [_walk(source, start, stop, backward=backward) for source in self.sources]
        merged = heapq.merge(*walks, key=_moment, reverse=backward)
        for at, number, source in merged:
            yield Line(at, source.write(at, number))


class LogStore:
    """Every stream of a scenario, up to now, as far as the collectors carried them."""

    def __init__(
        self, scenario: Scenario, signals: Signals, anchor: float, now: Callable[[], float]
    ) -> None:
        self.anchor_ns = round(anchor * 1_000_000) * 1000
        self._scenario = scenario
        self._signals = signals
        self._anchor = anchor
        self._now = now
        self._silent_from = math.inf
        self._streams: list[LogStream] | None = None

    def silence(self, since: float | None) -> None:
        """Lose every line written after an offset, as if all collectors died; None undoes it."""
        self._silent_from = math.inf if since is None else since

    @property
    def silent_from(self) -> float | None:
        """The offset from which lines are lost; None when none are."""
        return None if math.isinf(self._silent_from) else self._silent_from

    def select(self, matchers: Sequence[Matcher]) -> list[LogStream]:
        """Give the streams whose labels fulfil every matcher."""
        if self._streams is None:
            self._streams = list(self._all())
        return [
            stream
            for stream in self._streams
            if all(one.matches(stream.labels.get(one.name, "")) for one in matchers)
        ]

    def newest(self) -> float:
        """Give the offset up to which lines can be found."""
        return min(self._now() - self._anchor - INGESTION_DELAY, self._silent_from)

    def _all(self) -> Iterator[LogStream]:
        for service in self._scenario.services:
            collector = self._scenario.collector_of(service.name)
            died_at = collector.died_at if collector is not None else None
            for index, pod in enumerate(self._signals.pods(service.name)):
                for level in LEVELS:
                    sources = tuple(self._sources(service.name, index, level))
                    if sources:
                        labels = {
                            "service": service.name,
                            "pod": pod,
                            "level": level,
                            "node": collector.node if collector is not None else "unknown",
                        }
                        yield LogStream(labels, sources, math.inf if died_at is None else died_at)

    def _sources(self, service: str, index: int, level: str) -> Iterator[LineSource]:
        weight = self._signals.pod_weight(service, index)
        seed = seed_of(self._scenario.seed, "log", service, index, level)
        if level in ("info", "error"):
            total = self._signals.log_lines(service, level)
            write = request_line(self._signals, service, level, seed)
            yield LineSource(total, weight, seed, write)
        for number, template in enumerate(self._scenario.log_templates):
            if template.service == service and template.level == level:
                own = seed_of(seed, number)
                yield LineSource(
                    _template_total(template), weight, own, template_line(template, own)
                )


def _moment(found: tuple[float, int, LineSource]) -> float:
    return found[0]


def _walk(
    source: LineSource, start: float, end: float, *, backward: bool
) -> Iterator[tuple[float, int, LineSource]]:
    for at, number in source.times(start, end, backward=backward):
        yield at, number, source


def _template_total(template: LogTemplate) -> Integral:
    rate = changed(
        constant(0.0), start=template.start, end=template.end, ramp=0.0, to=template.rate
    )
    return Integral(rate)
