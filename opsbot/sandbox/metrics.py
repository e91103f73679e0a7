"""The metrics the sandbox services expose: which series exist, and their value at each scrape."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

from opsbot.sandbox.noise import ripple, seed_of
from opsbot.sandbox.scenario import Collector, Scenario
from opsbot.sandbox.series import SCRAPE_SECONDS, Matcher, Sample, Series
from opsbot.sandbox.signals import BUCKETS, Signals
from opsbot.sandbox.steps import HISTORY, Integral, Steps

_CODES = ("200", "404", "500")
_OUTCOMES = ("ok", "error", "timeout")


class MetricStore:
    """Every series of a scenario, anchored at the moment of the page (seconds since 1970)."""

    def __init__(
        self,
        scenario: Scenario,
        signals: Signals,
        anchor: float,
        now: Callable[[], float],
        interval: int = SCRAPE_SECONDS,
    ) -> None:
        self._scenario = scenario
        self._signals = signals
        self._anchor = anchor
        self._now = now
        self._interval = interval
        self._families: dict[str, list[Series]] = {}

    @property
    def interval(self) -> int:
        """Give the seconds between two scrapes."""
        return self._interval

    def scrapes(self) -> tuple[int, int]:
        """Give the first scrape in retention and the newest one."""
        first = math.ceil((self._anchor - HISTORY) / self._interval)
        return first, int(self._now() // self._interval)

    def names(self) -> tuple[str, ...]:
        """Give the metric names, sorted."""
        return tuple(sorted(self._builders()))

    def select(self, matchers: Sequence[Matcher]) -> list[Series]:
        """Give the series that fulfil every matcher."""
        names = [one for one in matchers if one.name == "__name__"]
        others = [one for one in matchers if one.name != "__name__"]
        return [
            series
            for name in self.names()
            if all(one.matches(name) for one in names)
            for series in self._family(name)
            if all(one.matches(series.labels.get(one.name, "")) for one in others)
        ]

    def _family(self, name: str) -> list[Series]:
        if name not in self._families:
            self._families[name] = list(self._builders()[name](name))
        return self._families[name]

    def _builders(self) -> dict[str, Callable[[str], Iterator[Series]]]:
        return {
            "container_cpu_usage_seconds_total": self._processor,
            "container_memory_working_set_bytes": self._memory_usage,
            "http_client_requests_total": self._calls,
            "http_request_duration_seconds_bucket": self._buckets,
            "http_request_duration_seconds_count": self._request_count,
            "http_request_duration_seconds_sum": self._latency_sum,
            "http_requests_total": self._requests,
            "kube_pod_container_resource_limits": self._memory_limit,
            "kube_pod_container_status_restarts_total": self._restarts,
            "up": self._up,
        }

    def _pods(self, *kind: str) -> Iterator[tuple[str, str, float, int]]:
        for service in self._scenario.services:
            for index, pod in enumerate(self._signals.pods(service.name)):
                # With a kind all pods of a service share their wobble, as they share its callers.
                seed = seed_of(self._scenario.seed, *((service.name, *kind) if kind else (pod,)))
                yield service.name, pod, self._signals.pod_weight(service.name, index), seed

    def _requests(self, name: str) -> Iterator[Series]:
        for service, pod, weight, seed in self._pods("requests"):
            for code in _CODES:
                labels = {"__name__": name, "service": service, "pod": pod, "code": code}
                total = self._signals.requests(service, code)
                own_seed = seed_of(seed, code) if code == "500" else seed
                yield Series(labels, self._counter(total, weight, own_seed))

    def _buckets(self, name: str) -> Iterator[Series]:
        for service, pod, weight, seed in self._pods("requests"):
            for upper in BUCKETS:
                bound = "+Inf" if math.isinf(upper) else f"{upper:g}"
                labels = {"__name__": name, "service": service, "pod": pod, "le": bound}
                total = self._signals.latency_bucket(service, upper)
                yield Series(labels, self._counter(total, weight, seed))

    def _request_count(self, name: str) -> Iterator[Series]:
        for service, pod, weight, seed in self._pods("requests"):
            labels = {"__name__": name, "service": service, "pod": pod}
            total = self._signals.latency_bucket(service, math.inf)
            yield Series(labels, self._counter(total, weight, seed))

    def _latency_sum(self, name: str) -> Iterator[Series]:
        for service, pod, weight, seed in self._pods("requests"):
            labels = {"__name__": name, "service": service, "pod": pod}
            total = self._signals.latency_sum(service)
            yield Series(labels, self._counter(total, weight, seed, whole=False))

    def _processor(self, name: str) -> Iterator[Series]:
        for service, pod, weight, seed in self._pods():
            labels = {"__name__": name, "service": service, "pod": pod}
            total = self._signals.processor(service)
            yield Series(labels, self._counter(total, weight, seed, whole=False))

    def _calls(self, name: str) -> Iterator[Series]:
        for service in self._scenario.services:
            for dependency in service.dependencies:
                peer = dependency.service
                for outcome in _OUTCOMES:
                    seed = seed_of(self._scenario.seed, service.name, peer, outcome)
                    labels = {
                        "__name__": name,
                        "service": service.name,
                        "peer": peer,
                        "outcome": outcome,
                    }
                    total = self._signals.calls(service.name, peer, outcome)
                    yield Series(labels, self._counter(total, 1.0, seed))

    def _memory_usage(self, name: str) -> Iterator[Series]:
        for service, pod, _, seed in self._pods():
            labels = {"__name__": name, "service": service, "pod": pod}
            yield Series(labels, self._working_set(service, seed))

    def _memory_limit(self, name: str) -> Iterator[Series]:
        for service, pod, _, _ in self._pods():
            labels = {
                "__name__": name,
                "service": service,
                "pod": pod,
                "resource": "memory",
                "unit": "byte",
            }
            yield Series(labels, self._gauge(self._signals.of(service).memory_limit))

    def _restarts(self, name: str) -> Iterator[Series]:
        for service, pod, _, seed in self._pods():
            labels = {"__name__": name, "service": service, "pod": pod}
            # A few containers restarted once, long ago, as in any cluster.
            yield Series(labels, _flat(1.0 if seed % 7 == 0 else 0.0))

    def _up(self, name: str) -> Iterator[Series]:
        for service, pod, _, seed in self._pods():
            address = f"10.42.{seed % 8}.{seed // 8 % 250 + 2}:8080"
            labels = {"__name__": name, "job": service, "instance": address, "pod": pod}
            yield Series(labels, _flat(1.0))
        for collector in self._scenario.collectors:
            labels = {"__name__": name, "job": collector.name, "instance": collector.node}
            yield Series(labels, self._alive(collector))

    def _offsets(self, first: int, last: int) -> Iterator[float]:
        for scrape in range(first, last + 1):
            yield scrape * self._interval - self._anchor

    def _counter(
        self, total: Integral, weight: float, seed: int, *, whole: bool = True
    ) -> Callable[[int, int], Sequence[Sample]]:
        def samples(first: int, last: int) -> Sequence[Sample]:
            count = last - first + 1
            start = (first - 1) * self._interval - self._anchor
            totals = total.grid(start, self._interval, count + 1)
            # A counter lags by a wandering part of a scrape interval: rates wobble, it never falls.
            values = [
                weight * (now - wobble * (now - before))
                for before, now, wobble in zip(
                    totals, totals[1:], ripple(seed, first, count), strict=False
                )
            ]
            return [float(int(value)) for value in values] if whole else values

        return samples

    def _working_set(self, service: str, seed: int) -> Callable[[int, int], Sequence[Sample]]:
        own = self._signals.of(service)

        def samples(first: int, last: int) -> Sequence[Sample]:
            wobbles = ripple(seed, first, last - first + 1)
            return [
                float(
                    int(
                        min(
                            own.memory_usage.at(x) * (0.985 + 0.03 * wobble),
                            own.memory_limit.at(x) * 0.9995,
                        )
                    )
                )
                for x, wobble in zip(self._offsets(first, last), wobbles, strict=True)
            ]

        return samples

    def _gauge(self, steps: Steps) -> Callable[[int, int], Sequence[Sample]]:
        return lambda first, last: [steps.at(x) for x in self._offsets(first, last)]

    def _alive(self, collector: Collector) -> Callable[[int, int], Sequence[Sample]]:
        died_at = math.inf if collector.died_at is None else collector.died_at
        return lambda first, last: [float(x < died_at) for x in self._offsets(first, last)]


def _flat(value: float) -> Callable[[int, int], Sequence[Sample]]:
    return lambda first, last: [value] * (last - first + 1)
