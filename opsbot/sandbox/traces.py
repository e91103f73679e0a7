"""The traces of a scenario, made from the call graph: a failing request contains the failing path.

A tail sampler keeps some ordinary requests and many more of the failing ones, as real ones do, so
error shares must come from metrics. A trace is made again whenever it is asked for: its id says
which request of which minute it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from opsbot.sandbox.noise import seed_of, unit
from opsbot.sandbox.scenario import Scenario
from opsbot.sandbox.signals import Signals
from opsbot.sandbox.spans import Span
from opsbot.sandbox.trace_builder import TraceBuilder

FLUSH_DELAY = 5.0
"""Seconds after its end until a trace can be found."""

_ORDINARY_KEPT = 1 / 900
_FAILING_KEPT = 1 / 60
_MOST_A_MINUTE = 60
_FAILING_BIT = 1 << 11
_MASK_48 = (1 << 48) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One sampled request: when it began (seconds since 1970), where, and whether it failed."""

    minute: int
    entry: int
    number: int
    began: float
    failed: bool


class TraceStore:
    """Every trace of a scenario that has been flushed by now."""

    def __init__(
        self, scenario: Scenario, signals: Signals, anchor: float, now: Callable[[], float]
    ) -> None:
        self.environment = scenario.environment
        self._signals = signals
        self._anchor = anchor
        self._now = now
        self._seed = seed_of(scenario.seed, "traces")
        self.services = tuple(sorted(service.name for service in scenario.services))
        """Every service takes part in some request, so each is named in some trace."""
        self._entries = tuple(
            service.name for service in scenario.services if not scenario.callers_of(service.name)
        )
        self._builder = TraceBuilder(scenario, signals, anchor)

    def newest(self) -> float:
        """Give the moment (seconds since 1970) up to which traces have been flushed."""
        return self._now() - FLUSH_DELAY

    def requests(self, start: float, end: float, *, only_failed: bool) -> Iterator[Request]:
        """Give the sampled requests that began in [start, end], newest minute first."""
        for minute in range(math.floor(end / 60), math.floor(start / 60) - 1, -1):
            for request in self._of_minute(minute, only_failed=only_failed):
                if start <= request.began <= end:
                    yield request

    def trace(self, request: Request) -> list[Span]:
        """Give the spans of a request, the root first; empty while it is not flushed."""
        spans = self._builder.build(
            trace_id=self._trace_id(request),
            service=self._entries[request.entry],
            began=request.began,
            failed=request.failed,
        )
        flushed = spans[0].end / 1e9 <= self.newest()
        return spans if flushed else []

    def find(self, trace_id: str) -> list[Span] | None:
        """Give the spans of the trace with this id in hex; None when there is no such trace."""
        number = int(trace_id, 16)
        packed = (number ^ (number >> 48)) & _MASK_48
        minute, entry, index = packed >> 18, packed >> 12 & 63, packed & 4095
        if entry >= len(self._entries) or not self._plausible(minute):
            return None
        for request in self._of_minute(minute, only_failed=False):
            same = (request.entry, request.number) == (entry, index)
            if same and int(self._trace_id(request), 16) == number:
                return self.trace(request) or None
        return None

    def _plausible(self, minute: int) -> bool:
        return abs(minute * 60 - self._anchor) < 40 * 24 * 3600

    def _trace_id(self, request: Request) -> str:
        packed = request.minute << 18 | request.entry << 12 | request.number
        high = (seed_of(self._seed, packed) << 16 | seed_of(packed, "low") & 0xFFFF) & (
            (1 << 80) - 1
        )
        return f"{high << 48 | (packed ^ (high & _MASK_48)):032x}"

    def _of_minute(self, minute: int, *, only_failed: bool) -> Iterator[Request]:
        for entry in range(len(self._entries)):
            yield from self._failing(minute, entry)
            if not only_failed:
                yield from self._ordinary(minute, entry)

    def _failing(self, minute: int, entry: int) -> Iterator[Request]:
        own = self._signals.of(self._entries[entry])

        def kept(at: float) -> float:
            x = at - self._anchor
            return own.received.at(x) * own.error_share.at(x) * 60.0 * _FAILING_KEPT

        busiest = max(kept(minute * 60.0 + second) for second in (0, 20, 40, 59.9))
        count = min(_MOST_A_MINUTE, math.ceil(busiest))
        seed = seed_of(self._seed, minute, entry, "failing")
        for index in range(count):
            began = minute * 60.0 + 60.0 * (index + unit(seed, 2 * index)) / count
            if unit(seed, 2 * index + 1) < kept(began) / max(busiest, count):
                number = index | _FAILING_BIT
                yield Request(minute=minute, entry=entry, number=number, began=began, failed=True)

    def _ordinary(self, minute: int, entry: int) -> Iterator[Request]:
        own = self._signals.of(self._entries[entry])
        rate = own.received.at(minute * 60.0 + 30.0 - self._anchor)
        count = max(2, min(_MOST_A_MINUTE, round(rate * 60.0 * _ORDINARY_KEPT)))
        seed = seed_of(self._seed, minute, entry, "ordinary")
        for index in range(count):
            began = minute * 60.0 + 60.0 * (index + unit(seed, index)) / count
            yield Request(minute=minute, entry=entry, number=index, began=began, failed=False)
