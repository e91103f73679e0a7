"""What every service of a scenario does at any moment: pure functions of the scenario and the time.

Times are seconds relative to the page. Nothing is stored; values are worked out when asked for.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

from opsbot.sandbox.noise import seed_of, unit
from opsbot.sandbox.scenario import Dependency, Scenario, Service, Signal
from opsbot.sandbox.scenario_rules import call_order
from opsbot.sandbox.steps import Integral, Steps, changed, combined, constant

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, math.inf)
"""Upper bounds in seconds, the Prometheus client libraries' default."""

CALL_TIMEOUT = 2.0
"""Seconds a caller waits for an answer before it gives up."""

SPREAD = 0.5
"""Standard deviation of the logarithm of the latency."""

MIB = 1024.0 * 1024.0


@dataclass(slots=True)
class ServiceSignals:
    """The signals of one service over time; see Signals for the derived ones."""

    service: Service
    received: Steps
    """Requests per second the service knows of."""
    dropped: Steps
    """Share of the calls to it that it loses without a trace."""
    error_share: Steps
    latency: Steps
    """Median seconds of a request."""
    memory_usage: Steps
    memory_limit: Steps
    """Bytes per container."""
    slow_share: Steps = field(default_factory=lambda: constant(0.0))
    """Share of requests that fail only after waiting CALL_TIMEOUT for somebody further down."""


class Signals:
    """All signals of one scenario."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self._by_name: dict[str, ServiceSignals] = {}
        for name in call_order(scenario):
            self._by_name[name] = self._service_signals(scenario.service(name))
        self._integrals: dict[tuple[object, ...], Integral] = {}

    def of(self, service: str) -> ServiceSignals:
        """Give the signals of a service; raises KeyError for an unknown one."""
        return self._by_name[service]

    def pods(self, service: str) -> tuple[str, ...]:
        """Give the names of the service's pods."""
        return tuple(f"{service}-{index}" for index in range(self.of(service).service.pods))

    def pod_weight(self, service: str, index: int) -> float:
        """Give the part of the service's requests that one pod serves."""
        count = self.of(service).service.pods
        parts = [0.95 + 0.1 * unit(seed_of(service, "pods"), pod) for pod in range(count)]
        return parts[index] / sum(parts)

    def requests(self, service: str, code: str) -> Integral:
        """Give the running total of answered requests with a status code (200, 404 or 500)."""
        return self._integral(("requests", service, code), lambda: self._requests(service, code))

    def latency_bucket(self, service: str, upper: float) -> Integral:
        """Give the running total of requests that took at most `upper` seconds."""
        return self._integral(("bucket", service, upper), lambda: self._bucket(service, upper))

    def latency_sum(self, service: str) -> Integral:
        """Give the running total of seconds spent on requests."""
        return self._integral(("sum", service), lambda: self._latency_sum(service))

    def calls(self, service: str, peer: str, outcome: str) -> Integral:
        """Give the running total of calls to a dependency that ended ok, in error or in timeout."""
        return self._integral(
            ("calls", service, peer, outcome), lambda: self._calls(service, peer, outcome)
        )

    def processor(self, service: str) -> Integral:
        """Give the running total of processor seconds of all pods."""
        return self._integral(("cpu", service), lambda: self._processor(service))

    def log_lines(self, service: str, level: str) -> Integral:
        """Give the running total of request-log lines of a level, all pods together."""
        return self._integral(("lines", service, level), lambda: self._line_rate(service, level))

    def call_failure(self, peer: str, x: float) -> tuple[float, float]:
        """Give the shares of calls to `peer` that end in (timeout, error) at offset x."""
        callee = self._by_name[peer]
        lost = callee.dropped.at(x)
        return lost, callee.error_share.at(x) * (1.0 - lost)

    def failing_dependencies(self, service: str, x: float) -> list[tuple[Dependency, float]]:
        """Give the dependencies that fail clearly more than usual at x, with how much they hurt."""
        failing: list[tuple[Dependency, float]] = []
        for dependency in self.of(service).service.dependencies:
            timeout, error = self.call_failure(dependency.service, x)
            usual = self.of(dependency.service).service.error_share
            if timeout > 0.005 or error > max(3 * usual, usual + 0.005):
                failing.append((dependency, dependency.share * (timeout + error)))
        return failing

    def failure_reason(self, service: str, x: float) -> str:
        """Give what a service's own failures say at x; empty when nothing special is wrong."""
        for effect in self.scenario.effects:
            over = effect.end is not None and x >= effect.end
            if effect.service == service and effect.reason and x >= effect.start and not over:
                return effect.reason
        return ""

    def _integral(self, key: tuple[object, ...], make: Callable[[], Steps]) -> Integral:
        found = self._integrals.get(key)
        if found is None:
            found = self._integrals[key] = Integral(make())
        return found

    def _requests(self, service: str, code: str) -> Steps:
        part = {"200": (0.985, -0.985), "404": (0.015, -0.015), "500": (0.0, 1.0)}[code]
        return combined(
            lambda rate, errors: rate * (part[0] + part[1] * errors),
            self.of(service).received,
            self.of(service).error_share,
        )

    def _bucket(self, service: str, upper: float) -> Steps:
        own = self.of(service)
        return combined(
            lambda rate, median, slow: rate * share_within(upper, median, slow),
            self.of(service).received,
            own.latency,
            own.slow_share,
        )

    def _latency_sum(self, service: str) -> Steps:
        own = self.of(service)
        return combined(
            lambda rate, median, slow: rate * mean_latency(median, slow),
            self.of(service).received,
            own.latency,
            own.slow_share,
        )

    def _calls(self, service: str, peer: str, outcome: str) -> Steps:
        share = next(
            dependency.share
            for dependency in self.of(service).service.dependencies
            if dependency.service == peer
        )
        callee = self.of(peer)

        def calls(rate: float, lost: float, errors: float) -> float:
            failed = (1.0 - lost) * errors
            outcomes = {"timeout": lost, "error": failed, "ok": 1.0 - lost - failed}
            return rate * share * outcomes[outcome]

        return combined(calls, self.of(service).received, callee.dropped, callee.error_share)

    def _processor(self, service: str) -> Steps:
        pods = self.of(service).service.pods
        usual = self.of(service).service.latency_ms / 1000.0
        return self.of(service).received.map(lambda rate: 0.02 * pods + 0.2 * rate * usual)

    def _line_rate(self, service: str, level: str) -> Steps:
        own = self.of(service)
        usual = own.service
        if level == "info":
            return self.of(service).received.map(lambda rate: usual.log_rate * rate / usual.rate)
        # One error line for many failures, as rate-limited loggers do; never above 2 a second.
        per_failure = min(1.0, 0.15 * usual.log_rate / (usual.rate * usual.error_share))
        return combined(
            lambda rate, errors: min(2.0, rate * errors * per_failure),
            self.of(service).received,
            own.error_share,
        )

    def _service_signals(self, service: Service) -> ServiceSignals:
        offered = self._timeline(service, "request_rate", service.rate)
        dropped = self._timeline(service, "dropped_calls", 0.0)
        signals = ServiceSignals(
            service=service,
            received=combined(lambda calls, lost: calls * (1.0 - lost), offered, dropped),
            dropped=dropped,
            error_share=self._timeline(service, "error_share", service.error_share),
            latency=self._timeline(service, "latency", service.latency_ms).map(
                lambda ms: ms / 1000.0
            ),
            memory_usage=self._timeline(service, "memory_usage", service.memory_usage_mib).map(
                lambda mib: mib * MIB
            ),
            memory_limit=self._timeline(service, "memory_limit", service.memory_limit_mib).map(
                lambda mib: mib * MIB
            ),
        )
        waiting = constant(0.0)
        for dependency in service.dependencies:
            callee = self._by_name[dependency.service]
            waiting = combined(max, waiting, combined(max, callee.dropped, callee.slow_share))
        signals.slow_share = combined(
            lambda errors, waits: max(0.0, errors - service.error_share) if waits > 0 else 0.0,
            signals.error_share,
            waiting,
        )
        return signals

    def _timeline(self, service: Service, signal: Signal, base: float) -> Steps:
        steps = constant(base)
        effects = [
            effect
            for effect in self.scenario.effects
            if effect.service == service.name and effect.signal == signal
        ]
        for effect in sorted(effects, key=lambda one: one.start):
            value = effect.value if effect.value is not None else base * (effect.factor or 0.0)
            steps = changed(
                steps, start=effect.start, end=effect.end, ramp=effect.ramp, to=value,
                settle=effect.settle,
            )  # fmt: skip
        return steps


@lru_cache(maxsize=4096)
def share_within(upper: float, median: float, slow: float) -> float:
    """Give the share of requests that take at most `upper` seconds."""
    if math.isinf(upper):
        return 1.0
    quick = 0.5 * (1.0 + math.erf(math.log(upper / median) / (SPREAD * math.sqrt(2.0))))
    return (1.0 - slow) * quick + (slow if upper >= CALL_TIMEOUT else 0.0)


def mean_latency(median: float, slow: float) -> float:
    """Give the mean seconds of a request."""
    return (1.0 - slow) * median * math.exp(SPREAD**2 / 2.0) + slow * CALL_TIMEOUT
