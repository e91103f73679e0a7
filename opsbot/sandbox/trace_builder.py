"""Turns one sampled request into spans by walking the call graph."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from opsbot.sandbox.noise import mixed, seed_of, weighted
from opsbot.sandbox.scenario import Dependency, Scenario, Service
from opsbot.sandbox.signals import CALL_TIMEOUT, SPREAD, Signals
from opsbot.sandbox.spans import Span

_OPERATIONS = (("GET", "list"), ("GET", "item"), ("POST", "create"), ("PUT", "update"))
_OWN_PART = 0.5
"""Part of a service's usual latency that it spends itself; calls come on top."""

_WIRE = 0.0006
"""Seconds between a client's and a server's clock reading of one call, each way."""

_MOST_SPANS = 60


@dataclass(slots=True)
class _Draft:
    """A trace being built: its spans so far and the next random draw."""

    trace_id: str
    seed: int
    draws: int = 0
    spans: list[Span] = field(default_factory=list[Span])

    def draw(self) -> float:
        self.draws += 1
        return (mixed(self.seed, self.draws) >> 11) / 9007199254740992.0

    def span_id(self) -> str:
        return f"{mixed(self.seed, 1_000_000 + len(self.spans)):016x}"


class TraceBuilder:
    """Builds the spans of single requests of a scenario."""

    def __init__(self, scenario: Scenario, signals: Signals, anchor: float) -> None:
        self._signals = signals
        self._anchor = anchor
        self._versions = {
            service.name: _versions(scenario, service) for service in scenario.services
        }

    def build(self, *, trace_id: str, service: str, began: float, failed: bool) -> list[Span]:
        """Give the spans of one request that entered at a service, the root first."""
        draft = _Draft(trace_id, seed_of(trace_id))
        self._serve(draft, service, began, None, failed=failed)
        return draft.spans

    def _serve(
        self, draft: _Draft, service: str, began: float, parent: str | None, *, failed: bool
    ) -> float:
        """Add the span of a service answering and all below it; give the moment it was done."""
        x = began - self._anchor
        own = self._signals.of(service)
        method, operation = _OPERATIONS[int(draft.draw() * len(_OPERATIONS))]
        span = self._span(draft, service, f"{method} /{service}/{operation}", "server", began)
        span.parent_id = parent
        span.attributes["http.request.method"] = method
        culprit = self._culprit(draft, service, x) if failed else None
        at = began + own.latency.at(x) * _OWN_PART * 0.5 * _lognormal(draft)
        for dependency in own.service.dependencies:
            is_culprit = culprit is not None and dependency.service == culprit.service
            if not is_culprit and not self._calls(draft, dependency):
                continue
            at = self._call(draft, service, dependency.service, at, span.span_id, failed=is_culprit)
            if is_culprit:
                break
        at += own.latency.at(x) * _OWN_PART * 0.5 * _lognormal(draft)
        _close(span, at, failed=failed)
        if failed and culprit is None:
            reason = self._signals.failure_reason(service, x)
            span.message = reason or "request failed"
            span.exception = ("RequestFailed", reason or f"{service} could not complete it")
        return at

    def _call(
        self, draft: _Draft, caller: str, peer: str, began: float, parent: str, *, failed: bool
    ) -> float:
        """Add the span of a call and, unless the callee lost it, what the callee did."""
        span = self._span(draft, caller, f"call {peer}", "client", began)
        span.parent_id = parent
        span.attributes["peer.service"] = peer
        timeout, error = self._signals.call_failure(peer, began - self._anchor)
        if failed and draft.draw() * (timeout + error) < timeout:
            ended = began + CALL_TIMEOUT + 0.002 * draft.draw()
            span.end = round(ended * 1e9)
            span.status = "error"
            span.message = f"no answer from {peer} within {CALL_TIMEOUT * 1000:.0f} ms"
            span.attributes["error.type"] = "timeout"
            return ended
        served = self._serve(draft, peer, began + _WIRE, span.span_id, failed=failed)
        ended = served + _WIRE
        span.end = round(ended * 1e9)
        span.attributes["http.response.status_code"] = 500 if failed else 200
        if failed:
            span.status = "error"
            span.attributes["error.type"] = "500"
        return ended

    def _culprit(self, draft: _Draft, service: str, x: float) -> Dependency | None:
        """Choose the dependency a failing request fails for; None when it is the service's own."""
        failing = self._signals.failing_dependencies(service, x)
        if failing:
            return weighted(failing, draft.draw())
        dependencies = self._signals.of(service).service.dependencies
        usual = [
            (
                dependency,
                dependency.share * self._signals.of(dependency.service).service.error_share,
            )
            for dependency in dependencies
        ]
        return weighted(usual, draft.draw()) if usual and draft.draw() < 0.4 else None

    def _calls(self, draft: _Draft, dependency: Dependency) -> bool:
        return draft.draw() < dependency.share and len(draft.spans) < _MOST_SPANS

    def _span(self, draft: _Draft, service: str, name: str, kind: str, began: float) -> Span:
        pods = self._signals.pods(service)
        start = round(began * 1e9)
        span = Span(
            trace_id=draft.trace_id,
            span_id=draft.span_id(),
            parent_id=None,
            service=service,
            pod=pods[int(draft.draw() * len(pods))],
            version=_version_at(self._versions[service], began - self._anchor),
            name=name,
            kind="server" if kind == "server" else "client",
            start=start,
            end=start,
        )
        draft.spans.append(span)
        return span


def _close(span: Span, ended: float, *, failed: bool) -> None:
    span.end = round(ended * 1e9)
    span.attributes["http.response.status_code"] = 500 if failed else 200
    if failed:
        span.status = "error"


def _lognormal(draft: _Draft) -> float:
    first, second = max(draft.draw(), 1e-12), draft.draw()
    normal = math.sqrt(-2.0 * math.log(first)) * math.cos(2.0 * math.pi * second)
    return math.exp(SPREAD * normal)


def _versions(scenario: Scenario, service: Service) -> tuple[tuple[float, str], ...]:
    deploys = sorted(
        (deploy for deploy in scenario.deploys if deploy.service == service.name),
        key=lambda deploy: deploy.at,
    )
    before = deploys[0].previous if deploys else "v1.0.0"
    return ((-math.inf, before), *((deploy.at + 30.0, deploy.version) for deploy in deploys))


def _version_at(versions: tuple[tuple[float, str], ...], x: float) -> str:
    return [version for since, version in versions if since <= x][-1]
